"""A rollout that is killed after any of its effects: the same command goes on to the same end, capacity held.

The planner, the situation, the config file and the walk are the real ones; the engine and AWS are a small model, which
asserts after each effect that what serves carries what was promised, and that no more than the surge stands beside it.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from operations.rollout.candidate import Wanted
from operations.rollout.outcome import Outcome
from operations.rollout.planner import Strategy
from tests.operations.rollout_world import SERVICE, World, entry, limited, rollout, standing

OLD, NEW = entry("1.4.2"), entry("1.5.0")
SHARES = some.lists(some.integers(1, 100), min_size=1, max_size=4, unique=True).map(sorted).map(tuple)


def wanted(strategy: Strategy = Strategy.REPLACE, **more: Any) -> Wanted:
    asked = Wanted(SERVICE, "1.5.0", strategy, (100,), image=NEW["image"])
    return dataclasses.replace(asked, **more)


@some.composite
def asked(draw: some.DrawFn) -> Wanted:
    """Any that may be asked for together."""
    surge = draw(some.sampled_from([None, "2", "3", "50%"]))
    strategies = [Strategy.REPLACE, Strategy.CANARY] if surge else list(Strategy)
    strategy = draw(some.sampled_from(strategies))
    return wanted(
        strategy,
        steps=draw(SHARES) if strategy is Strategy.CANARY else (100,),
        hold_s=1 if strategy is Strategy.CANARY else 0,
        keep_s=None if surge else draw(some.sampled_from([None, 3600])),
        remove=draw(some.booleans()),
        surge=surge,
    )


def declared(world: World) -> dict[str, int]:
    releases = yaml.safe_load(world.path.read_text())["config"]["immutable:services"][SERVICE]["releases"]
    return {one["version"]: one.get("weight", 100) for one in releases}


def left(world: World) -> dict[str, int]:
    """The weights by version, which outputs, rule and config agree on; the groups are theirs, and nobody's lock."""
    outputs = {name: one["weight"] for name, one in world.outputs.items()}
    assert world.rule == outputs
    assert world.groups.keys() == outputs.keys()
    assert not world.is_locked
    found = {one["label"]: one["weight"] for one in world.outputs.values()}
    assert declared(world) == found
    return found


def ends(asked: Wanted, world: World, size: int, outcome: Outcome) -> None:
    """As it would have, had nobody killed it."""
    found = left(world)
    sizes = {name.split("-")[1]: group.desired for name, group in world.groups.items()}
    if outcome is Outcome.DONE:
        assert {name: weight for name, weight in found.items() if weight} == {"1.5.0": 100}
        assert ("1.4.2" in found) == (asked.keep_s is not None)
        assert sizes["1.5.0"] == size if asked.surge else sizes["1.5.0"] >= size
    else:
        assert {name: weight for name, weight in found.items() if weight} == {"1.4.2": 100}
        assert ("1.5.0" in found) != asked.remove
        assert not asked.surge or sizes == ({"1.4.2": size} if asked.remove else {"1.4.2": size, "1.5.0": 2})


def walked(asked: Wanted, size: int, bad: str = "", kills: tuple[int, ...] = ()) -> list[str]:
    """Roll out in a world of its own; the effects it had."""
    with (
        tempfile.TemporaryDirectory() as folder,
        standing(Path(folder), {"min": 4, "max": 40}, size, OLD) as world,
    ):
        if asked.surge:
            limited(world, asked.surge)
        world.bad = bad
        outcome = rollout(world, asked, kills)
        fails = bool(bad) and not (bad == "hold" and "held" not in world.effects)
        fails = fails and not (bad == "retire" and asked.keep_s is not None)
        assert outcome is (Outcome.BACK if fails else Outcome.DONE)
        ends(asked, world, size, outcome)
        return world.effects


@settings(
    max_examples=int(os.environ.get("DRILL", "1")) * 25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    asked(),
    some.integers(4, 12),
    some.sampled_from(["", "", "unhealthy", "hold", "retire"]),
    some.lists(some.integers(1, 70), max_size=3).map(tuple),
)
def test_whatever_is_asked_and_whenever_it_is_killed_the_end_is_the_same(
    asked: Wanted, size: int, bad: str, kills: tuple[int, ...]
) -> None:
    walked(asked, size, bad, kills)


EVERY = {
    "replace": wanted(),
    "blue-green": wanted(Strategy.BLUE_GREEN),
    "canary": wanted(Strategy.CANARY, steps=(50,), hold_s=1),
    "surge": wanted(Strategy.CANARY, steps=(50,), hold_s=1, surge="3"),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_kill_after_each_single_effect_leaves_the_way_on(name: str) -> None:
    effects = walked(EVERY[name], 6)
    for moment in range(1, len(effects) + 1):
        walked(EVERY[name], 6, kills=(moment,))
