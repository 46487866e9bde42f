"""Constant capacity: never less than was promised behind the weights, never more than the surge beside it, to the end.

What stands is worked out by the gate's own arithmetic (`components.capacity`), and not by the planner's.
"""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from components.capacity import carried, needs, of_release, rounded_up
from components.settings import Capacity
from operations.rollout.planner import Goal, Strategy, following, furthest, is_held, percent, states
from operations.rollout.room import NoRoomError, Room, Weights
from tests.components.fleets import fleet

goals = some.builds(
    Goal,
    release=some.just("new"),
    strategy=some.sampled_from((Strategy.REPLACE, Strategy.CANARY)),
    steps=some.lists(some.integers(1, 100), min_size=1, max_size=6, unique=True).map(sorted).map(tuple),
)
surges = some.one_of(some.integers(2, 40).map(str), some.integers(1, 100).map("{}%".format))


@some.composite
def capacities(draw: some.DrawFn) -> tuple[Capacity, int]:
    """Limits with a surge that two releases have room for, and how many serve."""
    least = draw(some.integers(4, 150))
    capacity = Capacity(min=least, max=10_000, surge=draw(surges))
    served = draw(some.integers(least, 300))
    assume(Room.of(capacity, served, {}).surge >= 2)
    return capacity, served


def walked(capacity: Capacity, sizes: dict[str, int], now: Weights, then: Weights) -> dict[str, int]:
    """The sizes after the update from `now` to `then`: the groups' limits first, then what the gate brings about.

    Before the rule moves, and after, all of the traffic is carried.
    """
    promised = carried(sizes, now)
    total = sum(then.values())
    minimum = {name: of_release(capacity, weight, total).min for name, weight in then.items()}
    fleets = [
        fleet(
            name,
            target_group=name,
            minimum=minimum.get(name, 1),
            maximum=capacity.max,
            desired=max(sizes.get(name, 0), minimum.get(name, 0)),
            weight=now.get(name, 0),
        )
        for name in {**sizes, **then}
    ]
    gains = {name for name in then if percent(then, name) > percent(now, name)}
    desired = {one.release: one.desired for one in fleets}
    wanted = {need.fleet.release: need.size for need in needs(fleets, then, carried(desired, now), 100)}
    after = {one.release: wanted[one.release] if one.release in gains else one.desired for one in fleets}
    for weights in (now, then):
        assert carried(after, weights) >= promised
    return after


@given(capacities(), goals)
def test_forwards_the_promise_is_kept_and_the_surge_and_it_ends(given_: tuple[Capacity, int], goal: Goal) -> None:
    capacity, served = given_
    now: Weights = {"old": 100}
    sizes = {"old": served}
    room = Room.of(capacity, served, sizes)
    limit = served + room.surge
    for state in states(now, goal, room):
        after = walked(capacity, sizes, now, state)
        assert sum(after.values()) <= limit
        assert percent(state, "new") > percent(now, "new") or not percent(state, "old")
        # From what stands now, the next command finds the same numbers.
        found = Room.of(capacity, carried(after, state), after)
        assert (found.promised, found.parts) == (served, room.parts)
        now, sizes = state, found.resting(state)
        assert carried(sizes, now) == served
    assert percent(now, "new") == 100
    assert sizes["new"] == served


@given(capacities(), goals, some.data())
def test_from_any_step_it_goes_back_within_the_same_limits(
    given_: tuple[Capacity, int], goal: Goal, data: some.DataObject
) -> None:
    capacity, served = given_
    before: Weights = {"old": 100}
    room = Room.of(capacity, served, {"old": served})
    way = [before, *states(before, goal, room)]
    reached = data.draw(some.integers(1, len(way) - 1))
    last, now = way[reached - 1], way[reached]
    sizes = walked(capacity, room.resting(last), last, now)
    target = {"old": 100, "new": 0}
    steps = 0
    while now != target:
        state = furthest(now, target, "new", Room.of(capacity, carried(sizes, now), sizes))
        assert percent(state, "new") < percent(now, "new")
        if not steps:  # What it lost last is still there: no instance boots for its way back.
            assert percent(state, "new") <= percent(last, "new")
        after = walked(capacity, sizes, now, state)
        assert sum(after.values()) <= served + room.surge
        sizes, now = room.resting(state), state
        steps += 1
    assert steps <= reached + 1


@given(
    some.dictionaries(some.sampled_from("abcd"), some.integers(0, 999), min_size=1).filter(
        lambda one: any(one.values())
    ),
    some.integers(4, 300),
    some.integers(1, 100),
    goals,
)
def test_from_any_weights_each_step_keeps_both_or_says_what_surge_it_takes(
    now: dict[str, int], least: int, surge: int, goal: Goal
) -> None:
    capacity = Capacity(min=least, max=10_000, surge=str(surge))
    sizes = Room.of(capacity, least, {}).resting(now)
    room = Room.of(capacity, carried(sizes, now), sizes)
    for _ in range(1000):
        try:
            state = following(now, goal, room.rested(now))
        except NoRoomError as error:
            takes = int(str(error).rpartition(" ")[2])
            assert takes > room.surge
            wider = Room.of(capacity.model_copy(update={"surge": str(takes)}), room.promised, room.resting(now))
            assert following(now, goal, wider)
            return
        if state is None:
            return
        after = walked(capacity, room.resting(now), now, state)
        assert sum(after.values()) <= room.promised + room.surge
        now = state
    pytest.fail("it does not end")


def test_a_large_fleet_moves_by_its_surge() -> None:
    capacity = Capacity(min=40, max=100, surge="10%")
    room = Room.of(capacity, 40, {"old": 40})
    found = list(states({"old": 100}, Goal("new", Strategy.CANARY, (5, 25, 50, 100)), room))
    assert [one["new"] for one in found] == [2, 6, 10, 14, 18, 20, 24, 28, 32, 36, 100, 100]
    assert [sum(room.rested(a).grown(a, b).values()) for a, b in zip([{"old": 100}, *found], found, strict=False)] == [
        42, 44, 44, 44, 44, 42, 44, 44, 44, 44, 44, 42,
    ]  # fmt: skip
    goal = Goal("new", Strategy.CANARY, (5, 25, 50, 100))
    assert [is_held(one, goal, room) for one in found].count(True) == 3
    assert [is_held(one, goal) for one in ({"old": 95, "new": 5}, {"old": 94, "new": 6})] == [True, False]


def test_shares_are_whole_instances_or_a_few_where_weights_are_not_fine_enough() -> None:
    for served, parts in ((7, 7), (999, 999), (1000, 500), (10_000, 910)):
        assert Room.of(Capacity(min=4, max=10_000, surge="2"), served, {}).parts == parts
        assert rounded_up(served, parts) * parts >= served


def test_a_surge_that_leaves_no_room_says_how_much_would() -> None:
    room = Room.of(Capacity(min=10, max=20, surge="1"), 10, {"old": 10})
    with pytest.raises(NoRoomError, match="a surge of 1 beside the 10 instances that serve is too small: it takes 2"):
        following({"old": 100}, Goal("new", Strategy.REPLACE), room)
