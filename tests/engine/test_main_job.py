"""The main job: a fleet comes up, is replaced without a moment below capacity, and goes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.engine.catalogue import GOOD, GOOD_TOO, SLOW, release, service
from tests.engine.deploy.page import PAGE, deployed, render
from tests.engine.observer import Observer
from tests.engine.stage import STACK, Stage, subsequence

PROMISED = 2
IN_PLACE = {
    "CreateLaunchTemplateVersion",
    "ModifyLaunchTemplate",
    "ModifyTargetGroup",
    "StartInstanceRefresh",
}
SIZES = {"AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity"}


def test_a_fleet_comes_up_and_a_second_up_changes_nothing(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", SLOW))})
    up = stage.start("up", "--yes", "--stack", STACK)
    states: list[str] = []
    while up.poll() is None:
        states += [state for state in dict.fromkeys(_target_states(stage)) if state not in states]
        time.sleep(0.2)
    assert up.returncode == 0, up.communicate()[0]
    assert states == ["initial", "healthy"]
    assert stage.outputs()["url"].startswith("http://")
    again = stage.up("--expect-no-changes")
    assert "unchanged" in again.text
    assert "warning" not in again.text
    assert (stage.home.pulumi_home / "logs").is_file()


def test_the_sdks_debug_messages_are_sent_when_the_environment_asks_for_them(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    assert "registration successful: ty=aws:autoscaling" not in stage.preview("--debug").text
    stage.environment["PULUMI_OPTION_DEBUG"] = "true"
    assert "registration successful: ty=aws:autoscaling" in stage.preview().text


def test_a_new_version_replaces_the_fleet_without_a_moment_below_capacity(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    stage.configure({"web": service(release("1.5.0", GOOD_TOO))})
    preview = stage.preview()
    assert "web: 1.4.2 at 100 % → 1.5.0 at 100 %" in preview.text, preview.text
    mark = stage.mark()
    with Observer(stage.client("elbv2")) as seen:
        stage.up()
    assert seen.lowest >= PROMISED
    calls = stage.journal(mark)
    order = [call.operation for call in calls]
    wanted = ["CreateRule", "CreateAutoScalingGroup", "DescribeTargetHealth", "ModifyRule"]
    assert subsequence([*wanted, "DeleteAutoScalingGroup", "DeleteRule"], order), order
    assert not IN_PLACE & set(order)
    assert all(set(call.parameters) <= SIZES for call in calls if call.operation == "UpdateAutoScalingGroup")


def test_the_observer_catches_traffic_that_moves_before_the_new_fleet_is_healthy(
    stage: Stage,
) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    main = stage.folder / "__main__.py"
    without_gate = "import components.hold\nasync def open_gate(*_): pass\n" + (
        "components.hold.Hold.until = open_gate\n"
    )
    main.write_text(without_gate + main.read_text().replace("from __future__", "# from"))
    stage.configure({"web": service(release("1.5.0", SLOW))})
    with Observer(stage.client("elbv2")) as seen:
        stage.up()
    assert seen.lowest < PROMISED


def test_a_new_release_gets_what_the_live_one_has_and_an_approved_plan_holds(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    _scale_live(stage, 4)
    stage.configure({"web": service(release("1.5.0", GOOD_TOO))})
    saved = stage.preview("--save-plan", "plan.json")
    assert saved.code == 0, saved.text
    _scale_live(stage, 6)
    mark = stage.mark()
    with Observer(stage.client("elbv2")) as seen:
        stage.up("--plan", "plan.json")
    assert seen.lowest >= 6
    (group,) = stage.groups().values()
    assert group["DesiredCapacity"] == 6
    assert subsequence(["SetDesiredCapacity", "ModifyRule"], stage.writes(mark))
    _scale_live(stage, 8)
    stage.up("--expect-no-changes")


def test_the_documentation_has_the_calls_of_a_deploy_in_their_order(stage: Stage) -> None:
    assert PAGE.read_text() == render(*deployed(stage)), "python -m tests.engine.deploy"


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param((release("1.4.2", GOOD), release("1.5.0", GOOD_TOO, weight=0)), id="as it stands"),
        pytest.param((release("1.5.0", GOOD_TOO),), id="in part"),
        pytest.param((release("1.6.0", GOOD),), id="something else"),
    ],
)
def test_destroy_empties_the_cloud_whatever_the_config_declares(stage: Stage, declared: tuple[Any, ...]) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD), release("1.5.0", GOOD_TOO, weight=0))})
    before = stage.mark()
    stage.up()
    stage.configure({"web": service(*declared)})
    gone = stage.pulumi("destroy", "--yes", "--run-program", "--stack", STACK)
    assert gone.code == 0, gone.text
    writes = stage.writes(before)
    for kind in {write.removeprefix("Create") for write in writes if write.startswith("Create")}:
        if kind not in {"Tags", "OrUpdateTags"}:
            assert writes.count(f"Create{kind}") == writes.count(f"Delete{kind}"), kind
    assert stage.groups() == {}
    assert stage.client("elbv2").describe_target_groups()["TargetGroups"] == []
    assert stage.client("ec2").describe_launch_templates()["LaunchTemplates"] == []


def test_refresh_names_what_was_changed_behind_pulumis_back_and_up_puts_it_right(
    stage: Stage,
) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    (group,) = stage.groups().values()
    scaling = stage.client("autoscaling")
    scaling.update_auto_scaling_group(AutoScalingGroupName=group["AutoScalingGroupName"], MaxSize=20)
    refresh = stage.pulumi("refresh", "--yes", "--stack", STACK, "--diff")
    assert "maxSize" in refresh.text, refresh.text
    stage.up()
    (group,) = stage.groups().values()
    assert group["MaxSize"] == 8


def _target_states(stage: Stage) -> list[str]:
    """As the AWS CLI, an independent witness, sees them."""
    groups = stage.run("aws", "elbv2", "describe-target-groups", "--output", "json")
    states: list[str] = []
    for group in json.loads(groups.text)["TargetGroups"]:
        arn = group["TargetGroupArn"]
        health = stage.run("aws", "elbv2", "describe-target-health", "--target-group-arn", arn)
        if health.code == 0:
            entries = json.loads(health.text)["TargetHealthDescriptions"]
            states += [entry["TargetHealth"]["State"] for entry in entries]
    return states


def _scale_live(stage: Stage, size: int) -> None:
    """Scale the only fleet by the AWS CLI and wait until its targets are healthy."""
    (group,) = stage.groups().values()
    name = group["AutoScalingGroupName"]
    done = stage.run(
        *("aws", "autoscaling", "set-desired-capacity"),
        *("--auto-scaling-group-name", name, "--desired-capacity", str(size)),
    )
    assert done.code == 0, done.text
    deadline = time.monotonic() + 30
    while _target_states(stage).count("healthy") < size:
        assert time.monotonic() < deadline, _target_states(stage)
