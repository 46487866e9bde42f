"""What comes next on the way to one release with all of the traffic. Pure.

A state is the weight of each release by its logical name, in the order of the config; one step leads to the next, and
each state is one that an update can bring about by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Weights = Mapping[str, int]

WHOLE = 100


class Strategy(StrEnum):
    """How a release gets its traffic."""

    REPLACE = "replace"
    """In one step."""
    BLUE_GREEN = "blue-green"
    """It stands without traffic first, then gets all of it."""
    CANARY = "canary"
    """It gets a share, and then greater ones."""


@dataclass(frozen=True)
class Goal:
    """All of the traffic to `release`; with `keep`, those before it stay as standbys."""

    release: str
    strategy: Strategy
    steps: Sequence[int] = (WHOLE,)
    """Percent of the traffic, of a canary's steps; the last is 100."""
    keep: bool = False


def percent(weights: Weights, release: str) -> float:
    """The share of the traffic that a release has, 0 to 100."""
    total = sum(weights.values())
    return WHOLE * weights.get(release, 0) / total if total else 0.0


def following(now: Weights, goal: Goal) -> dict[str, int] | None:
    """The state after `now` on the way to the goal; None where it is reached."""
    own, others = goal.release, {name: weight for name, weight in now.items() if name != goal.release}
    share = percent(now, own)
    if share < WHOLE:
        match goal.strategy:
            case Strategy.BLUE_GREEN if own not in now:
                return {**now, own: 0}
            case Strategy.CANARY:
                wanted = next(step for step in (*goal.steps, WHOLE) if step > share)
            case _:
                wanted = WHOLE
        if wanted < WHOLE:
            return {**shared(others, WHOLE - wanted), own: wanted}
        if goal.strategy is Strategy.REPLACE and not goal.keep:
            return {own: WHOLE}
        return {**dict.fromkeys(others, 0), own: WHOLE}
    return {own: WHOLE} if others and not goal.keep else None


def states(now: Weights, goal: Goal) -> Iterator[dict[str, int]]:
    """All states from the one after `now` to the goal."""
    state: Weights | None = now
    while (state := following(state, goal)) is not None:
        yield state


def back(now: Weights, before: Weights, release: str, *, remove: bool) -> dict[str, int]:
    """The state in which what had the traffic `before` has it again, and `release` none.

    Raises:
        ValueError: nothing but `release` had any.
    """
    returned = {name: weight for name, weight in before.items() if name != release}
    if not sum(returned.values()):
        raise ValueError(f"nothing but {release} had traffic")
    standing = {name: 0 for name in now if name not in before and name != release}
    return {**returned, **standing, **({} if remove else {release: 0})}


def shared(weights: Weights, total: int) -> dict[str, int]:
    """`total` among those that have weight, as they have it now, in whole numbers; who has little may get none."""
    whole = sum(weights.values())
    exact = {name: total * weight / whole if whole else 0.0 for name, weight in weights.items()}
    given = {name: int(part) for name, part in exact.items()}
    rest = sorted(exact, key=lambda name: given[name] - exact[name])
    for name in rest[: total - sum(given.values())]:
        given[name] += 1
    return given
