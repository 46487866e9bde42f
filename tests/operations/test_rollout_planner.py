"""The planner: for any releases and goal the weights sum to something, each step can be taken back, and it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from operations.rollout.planner import Goal, Strategy, back, following, percent, shared, states

NAMES = ("a", "b", "c", "d", "e")


@some.composite
def standing(draw: some.DrawFn) -> dict[str, int]:
    """One to five releases, of which at least one has weight."""
    names = draw(some.lists(some.sampled_from(NAMES), min_size=1, unique=True))
    weights = draw(
        some.lists(some.integers(0, 999), min_size=len(names), max_size=len(names)).filter(lambda found: sum(found) > 0)
    )
    return dict(zip(names, weights, strict=True))


goals = some.builds(
    Goal,
    release=some.sampled_from((*NAMES, "new")),
    strategy=some.sampled_from(Strategy),
    steps=some.lists(some.integers(1, 100), min_size=1, max_size=6, unique=True).map(sorted).map(tuple),
    keep=some.booleans(),
)


@given(standing(), goals)
def test_it_ends_at_the_goal_and_is_valid_at_each_step(now: dict[str, int], goal: Goal) -> None:
    found = list(states(now, goal))
    assert len(found) <= len(goal.steps) + 3
    for state in found:
        assert sum(state.values()) > 0
        assert all(0 <= weight <= 999 for weight in state.values())
    last = found[-1] if found else now
    assert percent(last, goal.release) == 100
    assert goal.keep or last.keys() == {goal.release}
    assert following(last, goal) is None


@given(standing(), goals)
def test_a_share_never_shrinks_on_the_way_and_nobody_goes_who_has_some(now: dict[str, int], goal: Goal) -> None:
    before = now
    for state in states(now, goal):
        assert percent(state, goal.release) >= percent(before, goal.release)
        gone = before.keys() - state.keys()
        assert all(before[name] == 0 for name in gone) or goal.strategy is Strategy.REPLACE
        before = state


@given(standing(), goals)
def test_after_a_kill_anywhere_the_rest_is_the_same(now: dict[str, int], goal: Goal) -> None:
    found = list(states(now, goal))
    for number, state in enumerate(found):
        assert list(states(state, goal)) == found[number + 1 :]


@given(standing(), goals, some.booleans())
def test_each_step_can_be_taken_back(now: dict[str, int], goal: Goal, remove: bool) -> None:
    others = {name: weight for name, weight in now.items() if name != goal.release}
    for state in states(now, goal):
        if not sum(others.values()):
            with pytest.raises(ValueError, match="had traffic"):
                back(state, now, goal.release, remove=remove)
            continue
        found = back(state, now, goal.release, remove=remove)
        assert {name: weight for name, weight in found.items() if weight} == {
            name: weight for name, weight in others.items() if weight
        }
        assert (goal.release in found) is not remove
        assert found.get(goal.release, 0) == 0


@given(standing(), some.integers(1, 100))
def test_what_is_shared_is_whole(now: dict[str, int], total: int) -> None:
    found = shared(now, total)
    assert sum(found.values()) == total
    for name, weight in now.items():
        assert abs(found[name] - total * weight / sum(now.values())) < 1


@pytest.mark.parametrize(
    ("goal", "wanted"),
    [
        (Goal("new", Strategy.REPLACE), [{"new": 100}]),
        (Goal("new", Strategy.REPLACE, keep=True), [{"a": 0, "new": 100}]),
        (Goal("new", Strategy.BLUE_GREEN), [{"a": 100, "new": 0}, {"a": 0, "new": 100}, {"new": 100}]),
        (
            Goal("new", Strategy.CANARY, (5, 25, 100)),
            [{"a": 95, "new": 5}, {"a": 75, "new": 25}, {"a": 0, "new": 100}, {"new": 100}],
        ),
    ],
    ids=["replace", "replace, kept", "blue-green", "canary"],
)
def test_the_steps_of_each_strategy(goal: Goal, wanted: list[dict[str, int]]) -> None:
    assert list(states({"a": 100}, goal)) == wanted
