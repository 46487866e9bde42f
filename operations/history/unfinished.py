"""What happened after the newest entry and has none yet: an update that runs, or one that was killed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from operations.history.backend import Backend
from operations.history.entries import Entry
from operations.history.state import state_of
from operations.stack import Stack


@dataclass(frozen=True)
class Unfinished:
    """What an update did that has no entry. If nobody's update runs, it was killed."""

    stack: str
    locks: Sequence[str]
    """Who holds the stack's lock, since when."""
    changed: Sequence[str]
    """What was made or changed since the newest entry."""
    pending: Sequence[str]
    """What was begun, and nobody knows the end of."""

    def __str__(self) -> str:
        """In a sentence, with the way out."""
        held = f" {', '.join(self.locks)} holds the lock." if self.locks else ""
        done = ", ".join([*self.pending, *self.changed][:3]) or "nothing in the state yet"
        more = len(self.pending) + len(self.changed) - 3
        rest = f", {more} more" if more > 0 else ""
        return (
            f"An update without an entry runs, or was killed.{held} It changed: {done}{rest}. If nobody's update runs: "
            f"`pulumi cancel --yes --stack {self.stack}`, then `python -m operations recover --stack {self.stack}`"
        )


def unfinished(stack: Stack, backend: Backend, newest: Entry | None) -> Unfinished | None:
    """What there is of it; None where the newest entry is the last word.

    Raises:
        OperationError: the state can't be read.
    """
    since = (newest.ended or newest.started) if newest else datetime.min.replace(tzinfo=UTC)
    found = state_of(stack.deployment(), since, datetime.max.replace(tzinfo=UTC))
    told = Unfinished(stack.name, backend.locks(), found.unrecorded, found.pending)
    return told if told.locks or told.changed or told.pending else None
