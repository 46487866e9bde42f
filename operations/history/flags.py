"""The flags of an update's command, of which the history has the names, not the values. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_TARGETING = ("target", "target-replace", "target-dependents", "exclude", "exclude-dependents")


def targeted(environment: Mapping[str, str]) -> bool | None:
    """Whether an update left a part of the stack alone; None where an older engine did not note the flags."""
    flags = {key.removeprefix("pulumi.flag.") for key in environment if key.startswith("pulumi.flag.")}
    return not flags.isdisjoint(_TARGETING) if flags else None
