"""User data in the forms that cloud-init takes, and what of it changes a machine that should have been ready.

https://cloudinit.readthedocs.io/en/latest/explanation/format.html
"""

from __future__ import annotations

import ast
import base64
import binascii
import email
import gzip
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import Any

import yaml

from policies.boot.installers import installs
from policies.boot.shell import SHELLS, commands, quoted
from policies.rule import listed, members

#: Keys of a cloud-config that install or upgrade whatever their value, unless it is false or empty.
_INSTALLING_KEYS = (
    "packages",
    "package_update",
    "package_upgrade",
    "apt_update",
    "apt_upgrade",
    "apt_sources",
    "yum_repos",
    "yum_repo_dir",
    "zypper",
    "apk_repos",
    "ansible",
    "chef",
    "puppet",
    "salt_minion",
    "mcollective",
    "snappy",
    "rh_subscription",
    "drivers",
)
#: Python's functions that run a command.
_RUNNING_CALLS = ("system", "popen", "run", "call", "check_call", "check_output", "Popen", "getoutput")
_TEXT_LIMIT = 80


def findings(user_data: str) -> Iterator[str]:
    """What the user data does at boot that belongs into the image, a phrase each; nothing if it only starts things.

    `user_data` is the text, or its base64 form, compressed or not. What can't be read is said, too.
    """
    text = text_of(user_data)
    if text is None:
        yield "it is compressed or binary in a way that can't be read"
        return
    yield from _part(text)


def text_of(given: str) -> str | None:
    """The plain text: user data may be base64 and gzip."""
    raw = given.encode()
    compact = "".join(given.split())
    if compact and len(compact) % 4 == 0 and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", compact):
        try:
            raw = base64.b64decode(compact, validate=True)
        except binascii.Error:
            raw = given.encode()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError):
            return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _part(text: str) -> Iterator[str]:
    first = text.lstrip("\ufeff").split("\n", 1)[0].strip()
    if re.match(r"(content-type|mime-version):", text, re.IGNORECASE):
        yield from _parts(email.message_from_string(text))
    elif first.startswith("## template:"):
        yield from _part(text.split("\n", 1)[1] if "\n" in text else "")
    elif first.startswith("#cloud-config-archive"):
        for entry in listed(_yaml(text)):
            yield from _part(entry if isinstance(entry, str) else str(members(entry).get("content", "")))
    elif first.startswith(("#cloud-config", "#cloud-config-jsonp")):
        yield from _cloud_config(text)
    elif first.startswith("#include"):
        yield f"it fetches more user data at boot ({_short(text.split(chr(10), 1)[-1])})"
    elif first.startswith("#cloud-boothook"):
        yield from _part(text.split("\n", 1)[1] if "\n" in text else "")
    elif first.startswith("#part-handler"):
        yield from _python(text)
    elif first.startswith("#!"):
        yield from _script(text, first)
    elif first.lower().startswith(("<powershell>", "<script>")):
        yield "it is a Windows script, which can't be checked"
    elif text.strip():
        # cloud-init ignores what it doesn't know; another agent may not.
        yield from (f"it runs `{_short(found)}`" for found in installs(commands(text)))


def _parts(message: Message) -> Iterator[str]:
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        text = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
        prefix = {"text/cloud-config": "#cloud-config\n", "text/x-shellscript": "#!/bin/sh\n"}.get(
            part.get_content_type(), ""
        )
        yield from _part(text if text.startswith("#") else prefix + text)


def _script(text: str, first: str) -> Iterator[str]:
    words = first.removeprefix("#!").split()
    names = [word.rpartition("/")[2] for word in words if not word.startswith("-")]
    interpreter = names[1] if names[:1] == ["env"] and len(names) > 1 else (names or [""])[0]
    if interpreter in SHELLS:
        yield from (f"it runs `{_short(found)}`" for found in installs(commands(text)))
    elif interpreter.startswith("python"):
        yield from _python(text)
    else:
        yield f"it is a script of {interpreter or 'nothing known'}, which can't be checked"


def _python(text: str) -> Iterator[str]:
    """The commands that a Python script starts, as far as they are literals."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        yield "it is Python that can't be parsed"
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _RUNNING_CALLS:
            line = _literal(node.args[0])
            yield from (f"it runs `{_short(found)}`" for found in installs(commands(line)))


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.List | ast.Tuple):
        words = [str(one.value) if isinstance(one, ast.Constant) else "" for one in node.elts]
        # `[sys.executable, "-m", "pip", …]`
        words[:1] = ["python"] if words[1:2] == ["-m"] and not words[0] else words[:1]
        return quoted(tuple(words))
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else " " for one in node.values)
    return ""


def _cloud_config(text: str) -> Iterator[str]:
    parsed = _yaml(text)
    if not isinstance(parsed, Mapping):
        yield "it is a cloud-config that can't be parsed"
        return
    config = members(parsed)
    for key in _INSTALLING_KEYS:
        if config.get(key):
            yield f"its cloud-config sets {key}"
    for key in ("apt", "snap"):
        if any(members(config.get(key)).get(one) for one in ("sources", "commands", "debconf_selections")):
            yield f"its cloud-config sets {key}"
    for key in ("runcmd", "bootcmd"):
        lines = [one if isinstance(one, str) else quoted(tuple(map(str, one or []))) for one in listed(config.get(key))]
        yield from (f"its {key} runs `{_short(found)}`" for found in installs(commands("\n".join(lines))))
    for entry in map(members, listed(config.get("write_files"))):
        content = str(entry.get("content") or "")
        if re.search("b64|base64", str(entry.get("encoding", ""))):
            content = text_of(content) or ""
        if content.startswith("#!"):
            yield from (f"the file {entry.get('path')} it writes: {found}" for found in _part(content))


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_LIMIT else line[: _TEXT_LIMIT - 1] + "…"
