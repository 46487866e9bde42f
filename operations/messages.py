"""What the engine's events say, in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pulumi.automation import EngineEvent


def errors_of(events: Sequence[EngineEvent]) -> tuple[str, ...]:
    """Each error once; what only follows from the others is left out."""
    messages = [
        plain(event.diagnostic_event.message).strip()
        for event in events
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error"
    ]
    # What follows from the others says nothing of its own.
    told = [text for text in messages if not re.match(r"(preview|update) failed|Program exited with", text)]
    return tuple(dict.fromkeys(told))


def plain(text: str) -> str:
    """Without the engine's marks for colours."""
    return re.sub(r"<\{%[^%]*%\}>", "", text)
