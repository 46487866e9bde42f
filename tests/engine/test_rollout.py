"""Rollouts on the real engine: each strategy forwards, back where a gate fails, on from wherever one stopped."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, SLOW, release, service
from tests.engine.observer import Observer
from tests.engine.stage import STACK, Run, Stage, subsequence
from tests.engine.test_gates import alarm, traffic_rule

BACK, BUSY, STOPPED = 3, 5, 130
GONE = "ami-00000000000000099"


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
SHORT = ("--strategy", "canary", "--steps", "50", "--bake", "1s")


def test_a_canary_gets_its_shares_one_after_the_other(
    live: Stage, record_property: Callable[[str, object], None]
) -> None:
    with Observer(live.client("elbv2")) as seen:
        found = rollout(live, *NEW, *CANARY)
    assert steps(found) == [[90, 10], [50, 50], [0, 100], [100]]
    assert found[0]["event"] == "plan"
    assert found[-1]["outcome"] == "done"
    assert weights(live) == declared(live) == {"1.5.0": 100}
    assert len(live.groups()) == 1
    assert seen.lowest >= 2
    record_property("rollout", ("canary", "nothing", "1.5.0 at 100", f"{seen.lowest:g}", f"{seen.failed_s:.1f}", ""))
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


def when(stage: Stage, operation: str, do: Callable[[], object], since: int) -> threading.Thread:
    """Do something as soon as the cloud has had a call."""

    def wait() -> None:
        while operation not in stage.writes(since):
            time.sleep(0.1)
        do()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True)
class Scenario:
    """A rollout, what goes wrong with it, and how it ends."""

    strategy: str
    fails: str = ""
    ends: dict[str, int] = field(default_factory=lambda: {"1.5.0": 100})
    gate: dict[str, Any] = field(default_factory=dict[str, Any])
    image: str = GOOD_TOO

    @property
    def code(self) -> int:
        return BACK if self.fails else 0


STAYS = {"1.4.2": 100, "1.5.0": 0}
RINGS = {"alarms": ["web-5xx"], "bake_s": 4, "timeout_s": 30}
REFUSES = {"command": ["sh", "-c", "case $RELEASE in web-1.5.0-*) exit 7;; esac"], "timeout_s": 20}
SCENARIOS = [
    Scenario("replace"),
    Scenario("blue-green"),
    Scenario("replace", "health", STAYS, image=NEVER_HEALTHY),
    Scenario("blue-green", "health", STAYS, image=NEVER_HEALTHY),
    Scenario("canary", "command", STAYS, REFUSES),
    Scenario("canary", "alarm under the first share", STAYS, RINGS),
    Scenario("replace", "alarm under traffic", STAYS, RINGS),
    Scenario("blue-green", "alarm under traffic", STAYS, RINGS),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.strategy}-{one.fails or 'forwards'}")
def test_every_strategy_ends_well_whichever_gate_fails(
    stage: Stage, scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    alarm(stage, "OK")
    old = release("1.4.2", GOOD, drain_s=0)
    stage.configure({"web": service(old, gate={"timeout_s": 8, **scenario.gate})})
    stage.up()
    mark = stage.mark()
    if "alarm" in scenario.fails:
        when(stage, "ModifyRule", lambda: alarm(stage, "ALARM"), mark)
    asked = ["--to", "1.5.0", "--image", scenario.image, "--strategy", scenario.strategy]
    if scenario.strategy == "canary":
        asked += ["--steps", "20,50", "--bake", "8s"]
    with Observer(stage.client("elbv2")) as seen:
        found = rollout(stage, *asked, code=scenario.code)
    assert weights(stage) == declared(stage) == scenario.ends
    assert seen.lowest >= 2
    last = found[-1]
    names = (scenario.strategy, scenario.fails or "nothing", ", ".join(f"{k} at {v}" for k, v in scenario.ends.items()))
    back = last.get("seconds")
    record_property(
        "rollout", (*names, f"{seen.lowest:g}", f"{seen.failed_s:.1f}", "" if back is None else f"{back:.0f}")
    )
    assert seen.failed_s == 0
    if scenario.fails:
        assert {"alarm": "web-5xx is in ALARM", "health": "0 of 2 targets healthy", "command": "ended with 7"}[
            scenario.fails.split()[0]
        ] in next(event["text"] for event in found if event["event"] == "failed")


def test_what_is_not_as_it_should_be_is_refused_before_anything_is_touched(live: Stage) -> None:
    mark = live.mark()

    def refused(*arguments: str, code: int = 1) -> str:
        run = live.run(*command(live, *arguments))
        assert run.code == code, run.text
        assert "Traceback" not in run.text, run.text
        return " ".join(run.text.split())

    assert "No config of web knows 1.5.0: name its content with --image" in refused("--to", "1.5.0")
    assert "Image ami-00000000000000099 of 1.5.0 is not there" in refused("--to", "1.5.0", "--image", GONE)
    assert "stands with another content" in refused("--to", "1.4.2", "--image", GOOD_TOO)
    assert "is no semantic version" in refused("--to", "newest", "--image", GOOD_TOO)
    assert "rising percentages" in refused(*NEW, "--strategy", "canary", "--steps", "50,5", code=2)
    live.configure({"web": service(release("1.4.2", SLOW), gate={"timeout_s": 8})})
    assert "asks for 1.4.2 at 100 %, and the last update left" in refused(*NEW)
    live.configure({"web": service(release("1.4.2", GOOD, drain_s=0), gate={"timeout_s": 8})})
    assert live.writes(mark) == []
    # Someone else rolls out from this folder: a lock on the project's file, as the command itself takes it.
    with (live.folder / "Pulumi.yaml").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "Another rollout runs" in refused(*NEW)
    rollout(live, *NEW, "--strategy", "blue-green", "--keep-previous", "1h")
    _turn_by_hand(live, 70, 30)
    mark = live.mark()
    assert "Somebody changed the weights of web by hand: the listener has 1." in refused("--to", "1.4.2")
    assert live.writes(mark) == []


def _turn_by_hand(stage: Stage, *weights: int) -> None:
    rule = traffic_rule(stage)
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    turned = [{**group, "Weight": weight} for group, weight in zip(groups, weights, strict=True)]
    stage.client("elbv2").modify_rule(
        RuleArn=rule["RuleArn"], Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": turned}}]
    )


@pytest.mark.parametrize("operation", ["CreateAutoScalingGroup", "ModifyRule", "DeleteAutoScalingGroup"])
def test_killed_at_any_moment_the_same_command_goes_on(live: Stage, operation: str) -> None:
    mark = live.mark()
    with Observer(live.client("elbv2")) as seen:
        process = subprocess.Popen(
            command(live, *NEW, *SHORT), cwd=live.folder, env=live.environment, start_new_session=True
        )
        when(live, operation, lambda: os.killpg(process.pid, signal.SIGKILL), mark).join(120)
        assert process.wait(30) == -signal.SIGKILL
        found = rollout(live, *NEW, *SHORT)
    assert "recover" in [event["event"] for event in found], found
    assert weights(live) == declared(live) == {"1.5.0": 100}
    assert len(live.groups()) == 1
    assert seen.lowest >= 2
    orphans = live.run(sys.executable, "-m", "operations", "orphans", "--stack", STACK, "--json")
    assert json.loads(orphans.text) == []


def test_what_grows_in_the_middle_of_a_step_is_matched_by_the_next(live: Stage) -> None:
    mark, client = live.mark(), live.client("autoscaling")
    (name,) = (group["AutoScalingGroupName"] for group in live.groups().values())

    def grow() -> None:
        client.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=6)

    when(live, "ModifyRule", grow, mark)
    with Observer(live.client("elbv2")) as seen:
        rollout(live, *NEW, "--strategy", "canary", "--steps", "10,50", "--bake", "3s")
    (group,) = live.groups().values()
    assert group["DesiredCapacity"] >= 6
    assert seen.samples[-1].capacity >= 6


def test_a_rollout_that_is_stopped_by_hand_goes_on(live: Stage) -> None:
    mark = live.mark()
    process = subprocess.Popen(
        command(live, "--to", "1.5.0", "--image", SLOW),
        cwd=live.folder,
        env=live.environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    when(live, "CreateAutoScalingGroup", lambda: os.killpg(process.pid, signal.SIGINT), mark).join(120)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == STOPPED, told
    assert json.loads(told.splitlines()[-1])["outcome"] == "stopped"
    assert weights(live) == {"1.4.2": 100}
    live.configure({"web": service(release("1.4.2", GOOD, drain_s=0), gate={"timeout_s": 60})})
    rollout(live, "--to", "1.5.0", "--image", SLOW)
    assert weights(live) == {"1.5.0": 100}


def test_two_at_once_are_told_of_each_other(live: Stage) -> None:
    mark = live.mark()
    first = live.folder / f"Pulumi.{STACK}.yaml"
    before = first.read_text()
    releases = release("1.4.2", GOOD, drain_s=0), release("1.6.0", GOOD_TOO)
    live.configure({"web": service(*releases, gate={"command": ["sleep", "30"], "timeout_s": 60})})
    other = live.start("up", "--yes", "--skip-preview", "--stack", STACK)
    when(live, "CreateAutoScalingGroup", lambda: first.write_text(before), mark).join(60)
    found = rollout(live, *NEW, code=BUSY)
    assert "Another update of the stack runs" in found[-1]["text"]
    assert other.wait(120) == 0
    assert {group.split("-")[1] for group in live.groups()} == {"1.4.2", "1.6.0"}
    refused = live.run(*command(live, *NEW))
    assert (refused.code, "the last update left 1.4.2 at 50 %, 1.6.0 at 50 %" in refused.text) == (1, True), refused
