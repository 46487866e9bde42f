"""What comes next on the way to one release with all of the traffic. Pure.

A state is the weight of each release by its logical name, in the order of the config; one step leads to the next, and
each state is one that an update can bring about by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from operations.rollout.room import NoRoomError, Room, Weights

WHOLE = 100
_NEAREST = 5
"""Of so many smallest steps the one that needs the least room is told, where there is none for any."""


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


def percent(weights: Weights, release: str) -> Fraction:
    """The share of the traffic that a release has, 0 to 100."""
    total = sum(weights.values())
    return Fraction(WHOLE * weights.get(release, 0), total) if total else Fraction()


def following(now: Weights, goal: Goal, room: Room | None = None) -> dict[str, int] | None:
    """The state after `now` on the way to the goal, as far as there is `room` for it; None where it is reached.

    Raises:
        NoRoomError: there is none for any step.
    """
    own, others = goal.release, {name: weight for name, weight in now.items() if name != goal.release}
    share = percent(now, own)
    if share < WHOLE:
        if goal.strategy is Strategy.BLUE_GREEN and own not in now:
            return {**now, own: 0}
        parts = room.parts if room else WHOLE
        asked = goal.steps if goal.strategy is Strategy.CANARY else ()
        steps = [room.step(step) if room else step for step in asked]
        wanted = next(step for step in (*steps, parts) if WHOLE * step > share * parts)
        if wanted < parts:
            aim = {**shared(others, parts - wanted), own: wanted}
        elif goal.strategy is Strategy.REPLACE and not goal.keep:
            aim = {own: WHOLE}
        else:
            aim = {**dict.fromkeys(others, 0), own: WHOLE}
        return furthest(now, aim, own, room) if room else aim
    return {own: WHOLE} if others and not goal.keep else None


def furthest(now: Weights, aim: Weights, release: str, room: Room) -> dict[str, int]:
    """The state nearest to `aim` that there is room for, on the way there from `now`; it is `release` that moves.

    Raises:
        NoRoomError: there is none for any step.
    """
    if not room.lacking(now, aim):
        return dict(aim)
    others = {name: weight for name, weight in aim.items() if name != release}
    if not sum(others.values()):
        others = {name: weight for name, weight in now.items() if name != release}
    start, end = (percent(one, release) * room.parts / WHOLE for one in (now, aim))
    between = range(ceil(end) - 1, floor(start), -1) if end > start else range(floor(end) + 1, ceil(start))

    def state(own: int) -> dict[str, int]:
        return {**shared(others, room.parts - own), release: own}

    for own in between:
        if room.may_have(release, own) and room.is_shared(found := state(own)) and not room.lacking(now, found):
            return found
    smallest = [found for found in map(state, between[-_NEAREST:]) if room.is_shared(found)]
    least = room.surge + min(room.lacking(now, found) for found in (*smallest, aim))
    raise NoRoomError(
        f"a surge of {room.surge} beside the {room.promised} instances that serve is too small: it takes {least}"
    )


def states(now: Weights, goal: Goal, room: Room | None = None) -> Iterator[dict[str, int]]:
    """All states from the one after `now` to the goal; each begins once the sizes rest.

    Raises:
        NoRoomError: there is none for some step.
    """
    state: Weights | None = now
    while (state := following(state, goal, room and room.rested(state))) is not None:
        yield state


def is_held(weights: Weights, goal: Goal, room: Room | None = None) -> bool:
    """Whether a canary has a share here that was asked for, and not one on the way to it, or all of the traffic."""
    share = percent(weights, goal.release)
    asked = (Fraction(WHOLE * room.step(one), room.parts) if room else one for one in goal.steps)
    return goal.strategy is Strategy.CANARY and share < WHOLE and share in asked


def is_on_the_way(found: Weights, start: Weights, release: str) -> bool:
    """Whether `found` has what others than `release` have at `start` in the same shares, as far as numbers allow."""
    others = {name: weight for name, weight in start.items() if name != release}
    rest = {name: weight for name, weight in found.items() if name != release}
    return rest == shared(others, sum(rest.values()))


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
