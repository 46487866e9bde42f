"""Rollouts on the real engine: each strategy forwards, back where a gate fails, and on from wherever one was stopped."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import yaml

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, release, service
from tests.engine.observer import Observer
from tests.engine.stage import STACK, Run, Stage, subsequence

REFUSED, BACK, BUSY = 2, 3, 5


def command(stage: Stage, *arguments: str) -> list[str]:
    where = ("--stack", STACK, "--project", str(stage.folder), "--yes", "--json")
    return [sys.executable, "-m", "operations", "rollout", "web", *where, *arguments]


def rollout(stage: Stage, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """A rollout for machines, which must end with this exit code; its events."""
    run = stage.run(*command(stage, *arguments), timeout_s=400)
    assert run.code == code, run.text
    return events(run)


def events(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.text.splitlines() if line.startswith("{")]


def steps(found: list[dict[str, Any]]) -> list[list[int]]:
    """The weights of each step, in the order of the config."""
    return [list(event["weights"].values()) for event in found if event["event"] == "step"]


def weights(stage: Stage) -> dict[str, int]:
    """What the last update left, by label."""
    return {one["label"]: one["weight"] for one in stage.outputs()["services"]["web"].values()}


def declared(stage: Stage) -> dict[str, int]:
    """What the config asks for, by version."""
    document = yaml.safe_load((stage.folder / f"Pulumi.{STACK}.yaml").read_text())
    releases = document["config"]["immutable:services"]["web"]["releases"]
    return {one["version"]: one.get("weight", 100) for one in releases}


@pytest.fixture
def live(stage: Stage) -> Stage:
    """1.4.2 has all of the traffic."""
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0), gate={"timeout_s": 8})})
    stage.up()
    return stage


NEW = ("--to", "1.5.0", "--image", GOOD_TOO)
CANARY = ("--strategy", "canary", "--steps", "10,50", "--bake", "1s")


def test_a_canary_gets_its_shares_one_after_the_other(live: Stage) -> None:
    with Observer(live.client("elbv2")) as seen:
        found = rollout(live, *NEW, *CANARY)
    assert steps(found) == [[90, 10], [50, 50], [0, 100], [100]]
    assert found[0]["event"] == "plan"
    assert found[-1]["outcome"] == "done"
    assert weights(live) == declared(live) == {"1.5.0": 100}
    assert len(live.groups()) == 1
    assert seen.lowest >= 2
    assert steps(rollout(live, *NEW, *CANARY)) == []


def test_a_release_that_is_never_healthy_gets_no_traffic_and_goes_if_it_shall(live: Stage) -> None:
    mark = live.mark()
    found = rollout(live, "--to", "1.5.1", "--image", NEVER_HEALTHY, *CANARY, code=BACK)
    assert [event["event"] for event in found if event["event"] in ("failed", "back")] == ["failed", "back"]
    assert "0 of 2 targets healthy" in next(event["text"] for event in found if event["event"] == "failed")
    assert weights(live) == declared(live) == {"1.4.2": 100, "1.5.1": 0}
    assert live.writes(mark).count("ModifyRule") == 1
    rollout(live, "--to", "1.5.1", "--strategy", "blue-green", "--on-failure", "remove", code=BACK)
    assert weights(live) == declared(live) == {"1.4.2": 100}
    assert len(live.groups()) == 1


def test_blue_green_keeps_what_served_before_as_a_standby_for_as_long_as_it_shall(live: Stage) -> None:
    mark = live.mark()
    found = rollout(live, *NEW, "--strategy", "blue-green", "--keep-previous", "1h")
    assert steps(found) == [[100, 0], [0, 100]]
    assert "stays as a standby until" in found[-1]["text"]
    assert subsequence(["CreateAutoScalingGroup", "ModifyRule"], live.writes(mark))
    assert weights(live) == {"1.4.2": 0, "1.5.0": 100}
    mark = live.mark()
    assert steps(rollout(live, "--to", "1.4.2", "--keep-previous", "1h")) == [[0, 100]]
    assert weights(live) == {"1.5.0": 0, "1.4.2": 100}
    assert [one for one in live.writes(mark) if one not in ("AddTags", "PutScalingPolicy")] == ["ModifyRule"]
    assert steps(rollout(live, "--to", "1.4.2", "--keep-previous", "1s")) == [[100]]
    assert len(live.groups()) == 1
