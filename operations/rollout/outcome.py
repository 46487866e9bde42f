"""How a rollout, or a step of it, ends."""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """How a rollout ended: the command's exit code."""

    DONE = 0
    """All of the traffic is on the release, or as far as it was asked for."""
    REFUSED = 2
    """Nothing was changed by this step, and traffic is where it was."""
    BACK = 3
    """A gate failed, and what served before the rollout serves again."""
    STUCK = 4
    """A gate failed, and so did taking the traffic back."""
    BUSY = 5
    """Another update of the stack runs, or ran in between."""
    STOPPED = 130
    """Somebody stopped it; the same command goes on."""


class StopError(Exception):
    """The rollout ends here, as the outcome says."""

    def __init__(self, outcome: Outcome, text: str, **more: float) -> None:
        super().__init__(text)
        self.outcome, self.more = outcome, more


class FailedError(Exception):
    """An update, or the quiet between two, failed; the message is the gate's."""
