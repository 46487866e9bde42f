"""The page: the template with its style, its scripts and its data in it, so that the file needs nothing beside it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent
_SCRIPTS = ("data.js", "chart.js", "details.js", "page.js")


def page(data: dict[str, Any]) -> str:
    """The whole file.

    What comes from a history may hold anything: it is in the page as data that no parser of HTML sees the end of, the
    scripts write it as text, and the page's own policy runs no script but these.
    """
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = "".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    templates = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    return templates.get_template("page.html.j2").render(
        data=data, style=style, script=script, style_hash=_hash(style), script_hash=_hash(script)
    )


def _hash(text: str) -> str:
    """As a content security policy names what may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
