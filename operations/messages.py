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


def printed_errors(text: str) -> tuple[str, ...]:
    """Each error in what the engine printed, where it had no event to tell of it."""
    lines = [line.partition("error:")[2].strip() for line in text.splitlines() if "error:" in line]
    return tuple(dict.fromkeys(line for line in lines if line))


def first_error(text: str) -> str:
    """The engine's own error in what it printed, in one line."""
    return next((line.strip() for line in (*printed_errors(text), *text.splitlines())), "no reason given")


def plain(text: str) -> str:
    """Without the engine's marks for colours."""
    return re.sub(r"<\{%[^%]*%\}>", "", text)
