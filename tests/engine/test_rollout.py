"""Rollouts on the real engine: each strategy forwards, back where a gate fails, on from wherever one stopped."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.engine.catalogue import GOOD, GOOD_TOO, SLOW, release, service
from tests.engine.observer import Observer
from tests.engine.rollouts import BACK, BUSY, NEW, SHORT, STOPPED, command, declared, rollout, steps, weights, when
from tests.engine.stage import STACK, Stage, is_write, subsequence
from tests.engine.test_gates import alarm, traffic_rule

GONE = "ami-00000000000000099"


@pytest.fixture
def live(stage: Stage) -> Stage:
    """1.4.2 has all of the traffic."""
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0), gate={"timeout_s": 8})})
    stage.up()
    return stage


NOTES = ("AddTags", "PutScalingPolicy")
"""Writes that move nothing."""
CANARY = ("--strategy", "canary", "--steps", "10,50", "--bake", "1s")


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
    record_property(
        "rollout", ("canary", "nothing", "the new one at 100", f"{seen.lowest:g}", f"{seen.failed_s:.1f}", "")
    )
    assert steps(rollout(live, *NEW, *CANARY)) == []


def go_back(stage: Stage, version: str) -> tuple[list[str], float, int]:
    """Give a standby the traffic; the operations up to ModifyRule that wrote, how long it took, and how many calls."""
    mark, begun = stage.mark(), time.time()
    assert steps(rollout(stage, "--to", version, "--keep-previous", "1h")) == [[0, 100]]
    calls = stage.journal(mark)
    turned = next(number for number, call in enumerate(calls) if call.operation == "ModifyRule")
    writes = [call.operation for call in calls if is_write(call.operation) and call.operation not in NOTES]
    return writes, datetime.fromisoformat(calls[turned].time).timestamp() - begun, turned


def test_a_standby_has_the_traffic_back_by_one_update_of_the_rule_and_boots_only_what_it_lacks(
    live: Stage, record_property: Callable[[str, object], None]
) -> None:
    mark = live.mark()
    found = rollout(live, *NEW, "--strategy", "blue-green", "--keep-previous", "1h")
    assert steps(found) == [[100, 0], [0, 100]]
    assert "stays as a standby until" in found[-1]["text"]
    assert subsequence(["CreateAutoScalingGroup", "ModifyRule"], live.writes(mark))
    assert weights(live) == {"1.4.2": 0, "1.5.0": 100}
    writes, seconds, calls = go_back(live, "1.4.2")
    assert writes == ["ModifyRule"]
    record_property("back", ("held at capacity", "0", f"{seconds:.1f}", calls))
    assert weights(live) == {"1.5.0": 0, "1.4.2": 100}
    # What serves has grown since: the standby lacks what it grew by.
    serving = next(group for name, group in live.groups().items() if name.startswith("web-1.4.2-"))
    live.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=serving["AutoScalingGroupName"], DesiredCapacity=5
    )
    until_healthy(live, "web-1.4.2-", 5)
    writes, seconds, calls = go_back(live, "1.5.0")
    assert writes == ["SetDesiredCapacity", "ModifyRule"]
    assert sorted(group["DesiredCapacity"] for group in live.groups().values()) == [5, 5]
    record_property("back", ("3 of 5 instances short", "3", f"{seconds:.1f}", calls))
    assert steps(rollout(live, "--to", "1.5.0", "--keep-previous", "1s")) == [[100]]
    assert len(live.groups()) == 1


def test_capacity_moves_along_with_the_weight_and_never_past_the_surge(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    gate = {"alarms": ["web-5xx"], "timeout_s": 30}
    alarm(stage, "OK")
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0), capacity={"min": 4, "max": 9}, gate=gate)})
    stage.up("--skip-preview")
    asked = ("--image", GOOD_TOO, *SHORT[:-1], "4s", "--surge", "50%")
    planned = json.loads(stage.run(*command(stage, "--to", "1.5.0", *asked, "--plan")).text.splitlines()[0])
    assert [(one["carrying"], one["extra"]) for one in planned["steps"]] == [(6, 2), (4, 2), (4, 2)]
    with Observer(stage.client("elbv2"), stage.client("autoscaling")) as seen:
        when(stage, "ModifyRule", lambda: alarm(stage, "ALARM"), stage.mark())
        found = rollout(stage, "--to", "1.5.0", *asked, code=BACK)
        assert weights(stage) == declared(stage) == {"1.4.2": 100, "1.5.0": 0}
        record_property("rollout", surged("alarm under the first share", "1.4.2", seen, found[-1]["seconds"]))
        alarm(stage, "OK")
        found = rollout(stage, "--to", "1.5.0", *asked)
    assert steps(found) == [[2, 2], [0, 100], [100]]
    assert [event["instances"] for event in found if event["event"] == "shrink"] == [2]
    (group,) = stage.groups().values()
    assert (group["MinSize"], group["DesiredCapacity"], group["MaxSize"]) == (4, 4, 9)
    assert (seen.lowest, seen.most, seen.failed_s) == (4, 6, 0)
    record_property("rollout", surged("nothing", "the new one", seen))
    refused = stage.run(*command(stage, "--to", "1.6.0", "--image", GOOD, "--strategy", "blue-green"))
    assert (refused.code, "and a standby is all of it again" in " ".join(refused.text.split())) == (1, True), refused


def surged(fails: str, serves: str, seen: Observer, back: float | None = None) -> tuple[str, ...]:
    """A row of the table; 4 instances are promised, and 6 may stand."""
    lowest = f"{seen.lowest:g} (of 4; {seen.most} at most)"
    return ("canary, surge", fails, f"{serves} at 100", lowest, f"{seen.failed_s:.1f}", f"{back:.0f}" if back else "")


def until_healthy(stage: Stage, release: str, count: int) -> None:
    """Wait until a release has so many healthy targets."""
    elb = stage.client("elbv2")
    (arn,) = next(group["TargetGroupARNs"] for name, group in stage.groups().items() if name.startswith(release))
    deadline = time.monotonic() + 60
    while True:
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        if [one["TargetHealth"]["State"] for one in found].count("healthy") == count:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


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
