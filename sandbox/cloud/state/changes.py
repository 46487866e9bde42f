"""Whether a call, be it a read, changes what the cloud holds in a way that doesn't follow from the clock alone."""

from __future__ import annotations

_noted = False


def begin() -> None:
    """A call begins; one is made at a time."""
    global _noted  # noqa: PLW0603
    _noted = False


def note() -> None:
    """This call changes something: it is to be kept."""
    global _noted  # noqa: PLW0603
    _noted = True


def noted() -> bool:
    """Whether this call changed something."""
    return _noted
