"""The order of a deploy's steps, from the cloud's journal: polls folded, and what goes side by side in one order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.cloud import Call
from tests.engine.deploy.calls import LOOKS, STEPS

_PREVIEW = "X-Immutable-Release"
_EMPTIED = "DescribeAutoScalingGroups"


class UnknownCallError(Exception):
    """A call that the documentation has no row for."""


def steps(calls: Iterable[Call]) -> list[str]:
    """The steps among the calls, each once per place: in the order of the journal but for what goes side by side.

    Raises:
        UnknownCallError: a call has no row in the table of calls.
    """
    found: list[str] = []
    for call in calls:
        step = _step(call, found[-1] if found else None)
        if step is not None and not _repeats(step, found):
            found.append(step)
    return _settled(found)


def _step(call: Call, before: str | None) -> str | None:
    """The step that a call is, or None for one that only looks."""
    name = call.operation
    if name == "CreateRule":
        name += " (preview)" if _PREVIEW in str(call.parameters) else " (traffic)"
    # Who asks for groups waits only for one that is to be empty.
    looks = name == _EMPTIED and before not in {"UpdateAutoScalingGroup", _EMPTIED}
    if name in STEPS and not looks:
        return name
    if f"{call.service}:{call.operation}" in LOOKS:
        return None
    raise UnknownCallError(f"{call.service}:{call.operation} has no row in tests/engine/deploy/calls.py")


def _repeats(step: str, found: Sequence[str]) -> bool:
    """Whether it is the same step still: a poll, or one more resource of the same kind in the same chain."""
    return step in found if STEPS[step].chain else found[-1:] == [step]


def _settled(found: Sequence[str]) -> list[str]:
    """Of all the orders that differ only in what goes side by side, the one nearest to the table's."""
    places = list(STEPS)
    left, settled = list(found), list[str]()
    while left:
        free = [step for at, step in enumerate(left) if not any(_ordered(other, step) for other in left[:at])]
        first = min(free, key=places.index)
        settled.append(first)
        left.remove(first)
    return settled


def _ordered(one: str, other: str) -> bool:
    first, second = STEPS[one].chain, STEPS[other].chain
    return not first or not second or first == second
