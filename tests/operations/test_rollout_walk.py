"""A rollout that is killed after any of its effects: the same command goes on to the same end, capacity held.

The planner, the situation, the config file and the walk are the real ones; the engine and AWS are a small model, which
asserts after each effect that what serves carries what was promised, and that no more than the surge stands beside it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as some

from operations.errors import OperationError
from operations.rollout.candidate import Wanted
from operations.rollout.forecast import forecast
from operations.rollout.outcome import Outcome
from operations.rollout.planner import Strategy
from tests.components.builders import service_entry
from tests.operations.rollout_runs import command, entry, limited, rollout, standing
from tests.operations.rollout_world import SERVICE, KilledError, World

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
        assert sizes["1.4.2"] == size if asked.surge else sizes["1.4.2"] >= size


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
    derandomize="DRILL" not in os.environ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    asked(),
    some.integers(4, 12),
    some.sampled_from(["", "", "unhealthy", "hold", "retire"]),
    some.lists(some.integers(1, 70), max_size=3).map(tuple),
)
@example(wanted(surge="50%", remove=True), 10, "retire", (33,)).via("killed while the traffic was taken back")
@example(wanted(Strategy.CANARY, steps=(26, 39, 88, 94), hold_s=1, surge="2", remove=True), 7, "retire", (57,)).via(
    "killed between a raised minimum and the traffic"
)
@example(wanted(Strategy.CANARY, steps=(2, 3, 6), hold_s=1), 6, "retire", (6, 4, 1)).via(
    "killed between the lock and the recovery"
)
@example(wanted(Strategy.CANARY, steps=(26, 66), hold_s=1, surge="3", remove=True), 12, "hold", (65, 25)).via(
    "killed twice, and more stand than is enough"
)
@example(wanted(Strategy.CANARY, steps=(6, 18, 78, 86), hold_s=1, remove=True), 11, "retire", (52, 16, 54)).via(
    "killed twice while the traffic was taken back"
)
@example(wanted(surge="2"), 4, "retire", (6, 15, 11)).via("killed again after the next config is written")
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
    every = 1 if name in ("replace", "surge") or "DRILL" in os.environ else 3
    for moment in range(1, len(effects) + 1, every):
        walked(EVERY[name], 6, kills=(moment,))


def test_where_a_killed_update_moved_the_traffic_to_is_the_first_state_of_the_plan(tmp_path: Path) -> None:
    asked = EVERY["replace"]
    effects = walked(asked, 6, "retire")
    moment = len(effects) - effects[::-1].index("rule")
    with standing(tmp_path, {"min": 4, "max": 40}, 6, OLD) as world:
        world.bad, world.kills = "retire", {moment}
        with pytest.raises(KilledError):
            command(world, asked).run(lambda _: True)
        world.is_dead = False
        (old, new), weights = world.rule, [*world.rule.values()]
        assert (weights, [one["label"] for one in world.outputs.values()]) == ([100, 0], ["1.5.0"])
        assert command(world, asked).ready().states() == [{old: 100, new: 0}, {new: 100}]


def test_a_share_that_is_held_is_held_on_after_a_kill() -> None:
    effects = walked(EVERY["canary"], 6)
    assert effects.count("held") == 1
    moment = effects.index("held") + 1
    assert walked(EVERY["canary"], 6, kills=(moment,)).count("held") == 2
    assert walked(EVERY["canary"], 6, kills=(moment - 1,)).count("held") == 1


def test_a_large_fleet_that_turns_bad_gives_its_traffic_back_step_by_step(tmp_path: Path) -> None:
    with standing(tmp_path, {"min": 4, "max": 40}, 12, OLD) as world:
        limited(world, "25%")
        world.bad = "hold"
        asked = wanted(Strategy.CANARY, steps=(75,), hold_s=1, surge="25%")
        assert rollout(world, asked) is Outcome.BACK
        assert left(world) == {"1.4.2": 100, "1.5.0": 0}
        forwards, backwards = (part.count("rule") for part in cut(world.effects, "held"))
        assert (forwards, backwards) == (3, 3)
        after = cut(world.effects, "held")[1]
        # What it lost last is still there.
        assert after.index("rule") < next(number for number, one in enumerate(after) if one.startswith("desired"))


def cut(effects: list[str], at: str) -> tuple[list[str], list[str]]:
    return effects[: effects.index(at)], effects[effects.index(at) :]


def test_what_cannot_be_removed_yet_is_no_traffic_that_could_not_be_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with standing(tmp_path, {"min": 4, "max": 40}, 4, OLD) as world:
        world.bad = "ringing"
        asked = wanted(Strategy.CANARY, steps=(50,), hold_s=1, remove=True)
        assert rollout(world, asked, as_json=True) is Outcome.BACK
        assert {name.split("-")[1]: weight for name, weight in world.rule.items()} == {"1.4.2": 100}
        assert declared(world) == {"1.4.2": 100}
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["text"] == (
            "web: back to 1.4.2 at 100 %, 1.5.0 at 0 %, 0 s after the gate failed; 1.5.0 could not be removed: alarm "
            "web-5xx is in ALARM. The config no longer asks for it: `pulumi up --stack dev` tries again"
        )
        world.bad = ""
        assert rollout(world, wanted()) is Outcome.DONE


def test_before_each_step_somebody_may_say_no_and_go_on_later(tmp_path: Path) -> None:
    with standing(tmp_path, {"min": 4, "max": 40}, 4, OLD) as world:
        asked = list[str]()

        def once(step: str) -> bool:
            asked.append(step)
            return len(asked) == 1

        assert rollout(world, wanted(Strategy.BLUE_GREEN), approve=once) is Outcome.STOPPED
        assert asked == [
            "web: 1.4.2 at 100 % → 1.4.2 at 100 %, 1.5.0 at 0 %",
            "web: 1.4.2 at 100 %, 1.5.0 at 0 % → 1.4.2 at 0 %, 1.5.0 at 100 %",
        ]
        assert left(world) == {"1.4.2": 100, "1.5.0": 0}
        assert rollout(world, wanted(Strategy.BLUE_GREEN)) is Outcome.DONE


def test_what_is_asked_of_another_service_is_not_carried_along(tmp_path: Path) -> None:
    with standing(tmp_path, {"min": 4, "max": 40}, 4, OLD) as world:
        api = service_entry(releases=[entry("2.1.0")], route={"priority": 7, "paths": ["/api/*"]})
        document = yaml.safe_load(world.path.read_text())
        document["config"]["immutable:services"]["api"] = api
        world.path.write_text(yaml.safe_dump(document))
        world.others = {"api": {"api-2.0.0-0a": {"label": "2.0.0", "weight": 100}}}
        with pytest.raises(OperationError) as refused:
            rollout(world, wanted())
        assert str(refused.value) == (
            "Pulumi.dev.yaml also asks for api at 2.1.0 at 100 %, and the last update left 2.0.0 at 100 %. A rollout "
            "moves one service: run `pulumi up --stack dev` first, or take that edit back"
        )
        assert world.effects == []


@pytest.mark.parametrize("more", [{"strategy": Strategy.BLUE_GREEN}, {"keep_s": 60}], ids=["blue-green", "kept"])
def test_a_standby_is_more_than_a_surge(tmp_path: Path, more: dict[str, Any]) -> None:
    with standing(tmp_path, {"min": 4, "max": 40}, 4, OLD) as world:
        with pytest.raises(OperationError) as refused:
            rollout(world, wanted(surge="2", **more))
        assert str(refused.value) == (
            "Of web no more than capacity.surge (2) may stand beside what serves, and a standby is all of it again: "
            "use replace or canary, without --keep-previous, or take capacity.surge out of the config"
        )


def test_a_surge_without_room_for_any_step_says_how_much_has(tmp_path: Path) -> None:
    with (
        standing(tmp_path, {"min": 4, "max": 40}, 8, OLD) as world,
        pytest.raises(OperationError, match=r"a surge of 1 beside the 8 .* it takes 2\. Give so much with --surge"),
    ):
        rollout(world, wanted(surge="1"))


def test_the_plan_tells_of_capacity_and_of_time(tmp_path: Path) -> None:
    old = entry("1.4.2", drain_s=60, health={"interval_s": 5, "timeout_s": 2, "healthy_threshold": 3})
    with standing(tmp_path, {"min": 4, "max": 90}, 40, old) as world:
        asked = wanted(Strategy.CANARY, steps=(5, 50), hold_s=600)

        def planned(asked: Wanted) -> list[tuple[int, int, int]]:
            ready = command(world, asked).ready()
            return [(one.carrying, one.extra, one.at_least_s) for one in forecast(ready, asked.hold_s, boot_s=90)]

        assert planned(asked) == [(44, 4, 700), (61, 21, 700), (42, 42, 100), (42, 42, 60)]
        assert planned(dataclasses.replace(asked, surge="25%")) == [
            (42, 2, 700),
            (50, 10, 160),  # What the share before does without is drained first.
            (48, 8, 760),
            (50, 10, 160),
            (40, 10, 160),
            (40, 10, 60),
        ]
        assert planned(wanted()) == [(40, 40, 160)]
