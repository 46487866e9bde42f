"""Auto Scaling groups: what is sent, what is waited for, and how they go."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import cloud
from sandbox.provider.durations import duration_s, go_duration
from sandbox.provider.values import Values
from tests.sandbox.provider_client import RefusedError
from tests.sandbox.provider_world import GROUP, LISTENER, RULE, TARGET_GROUP, TEMPLATE, World

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("written", "seconds", "go"),
    [("0", 0, "0s"), ("10m", 600, "10m0s"), ("1h30m", 5400, "1h30m0s"), ("1.5s", 1.5, "1.5s")],
)
def test_durations_are_written_as_the_real_provider_writes_them(written: str, seconds: float, go: str) -> None:
    assert duration_s(written) == seconds
    assert go_duration(seconds) == go


@given(st.integers(0, 100_000))
def test_a_duration_reads_as_it_was_written(seconds: int) -> None:
    assert duration_s(go_duration(seconds)) == seconds


def sent(directory: Path, since: int, operation: str) -> list[Values]:
    """The parameters of the calls of one operation since then."""
    return [dict(call.parameters) for call in cloud.read_journal(directory)[since:] if call.operation == operation]


def test_an_update_of_sizes_sends_only_sizes(world: World, cloud_directory: Path) -> None:
    group = world.make(GROUP)
    mark = len(cloud.read_journal(cloud_directory))
    world.client.update(group, **{**world.inputs_of(GROUP), "maxSize": 5})
    (update,) = sent(cloud_directory, mark, "UpdateAutoScalingGroup")
    assert update == {"AutoScalingGroupName": group.id, "MaxSize": 5}


def test_a_creation_never_sends_a_desired_capacity_that_is_not_declared(world: World, cloud_directory: Path) -> None:
    mark = len(cloud.read_journal(cloud_directory))
    group = world.make(GROUP)
    (create,) = sent(cloud_directory, mark, "CreateAutoScalingGroup")
    assert "DesiredCapacity" not in create
    assert group.state["desiredCapacity"] == 1
    world.make(GROUP, "other", desiredCapacity=2)
    assert sent(cloud_directory, mark, "CreateAutoScalingGroup")[1]["DesiredCapacity"] == 2


def test_a_desired_capacity_that_scaling_chose_stays(world: World, boto: Any) -> None:
    group = world.make(GROUP)
    boto("autoscaling").set_desired_capacity(AutoScalingGroupName=group.id, DesiredCapacity=3)
    world.client.refresh(group)
    assert group.state["desiredCapacity"] == 3
    assert world.client.diff(group, world.inputs_of(GROUP)).detailed == {}


def test_tags_and_target_groups_of_a_group_change_by_their_own_calls(world: World, boto: Any) -> None:
    first, second = world.make(TARGET_GROUP), world.make(TARGET_GROUP, "other")

    def tag(key: str, value: str) -> Values:
        return {"key": key, "value": value, "propagateAtLaunch": False}

    group = world.make(GROUP, tags=[tag("a", "1"), tag("b", "2")], targetGroupArns=[first.id])
    new = {**world.inputs_of(GROUP), "tags": [tag("a", "9"), tag("c", "3")], "targetGroupArns": [second.id]}
    world.client.update(group, **new)
    (told,) = boto("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group.id])["AutoScalingGroups"]
    assert {one["Key"]: one["Value"] for one in told["Tags"]} == {"a": "9", "c": "3"}
    assert told["TargetGroupARNs"] == [second.id]
    world.client.refresh(group)
    assert world.client.diff(group, new).detailed == {}


def test_without_a_timeout_the_creation_does_not_wait(world: World) -> None:
    target = world.make(TARGET_GROUP)
    group = world.make(GROUP, targetGroupArns=[target.id], minElbCapacity=1, waitForCapacityTimeout="0")
    assert group.id


def test_a_creation_waits_for_instances_that_serve_and_fails_in_the_real_providers_words(
    world: World, reports: list[str]
) -> None:
    # No rule names the target group, so AWS never checks its health.
    target = world.make(TARGET_GROUP)
    with pytest.raises(RefusedError) as failed:
        world.make(GROUP, targetGroupArns=[target.id], waitForElbCapacity=1, waitForCapacityTimeout="1s")
    id_ = failed.value.partial.id
    missing = "want at least 1 healthy instance(s) registered to Load Balancer, have 0"
    assert str(failed.value) == (
        f"waiting for Auto Scaling Group ({id_}) capacity satisfied: timeout while waiting for state to become 'ok' "
        f"(last state: '{missing}', timeout: 1s)"
    )
    assert missing in reports
    world.made.append(world.client.import_(GROUP, "web", id_))


def test_a_creation_goes_on_once_enough_instances_serve(world: World) -> None:
    target = world.make(TARGET_GROUP)
    world.make(LISTENER)
    world.make(RULE)
    made = world.make(GROUP, targetGroupArns=[target.id], minElbCapacity=1, waitForCapacityTimeout="30s")
    assert made.state["targetGroupArns"] == [target.id]


def test_an_instance_counts_for_what_its_type_weighs(world: World, boto: Any) -> None:
    template = {"launchTemplateSpecification": {"launchTemplateId": world.one(TEMPLATE).id}}
    weighted = {"launchTemplate": {**template, "overrides": [{"instanceType": "c5.large", "weightedCapacity": "3"}]}}
    sizes: Values = {"minSize": 6, "maxSize": 12, "waitForCapacityTimeout": "5s"}
    group = world.make(GROUP, launchTemplate=None, mixedInstancesPolicy=weighted, **sizes)
    (told,) = boto("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group.id])["AutoScalingGroups"]
    assert [one["WeightedCapacity"] for one in told["Instances"]] == ["3", "3"]


def test_after_a_failed_wait_an_update_without_other_sizes_does_not_wait(world: World) -> None:
    group = world.make(GROUP)
    impossible = {**world.inputs_of(GROUP), "waitForElbCapacity": 9, "waitForCapacityTimeout": "1s"}
    world.client.update(group, **impossible)
    with pytest.raises(RefusedError, match=r"want exactly [29] healthy"):
        world.client.update(group, **{**impossible, "minSize": 2})
    world.client.refresh(group)
    assert group.state["minSize"] == 2


def test_a_delete_first_empties_the_group(world: World, boto: Any, cloud_directory: Path) -> None:
    group = world.make(GROUP, minSize=2)
    mark = len(cloud.read_journal(cloud_directory))
    world.client.delete(group)
    (update,) = sent(cloud_directory, mark, "UpdateAutoScalingGroup")
    assert update == {"AutoScalingGroupName": group.id, "MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0}
    (delete,) = sent(cloud_directory, mark, "DeleteAutoScalingGroup")
    assert delete.get("ForceDelete") in (False, None)


def test_a_forced_delete_does_not_wait_for_instances(world: World, cloud_directory: Path) -> None:
    group = world.make(GROUP, forceDelete=True)
    mark = len(cloud.read_journal(cloud_directory))
    world.client.delete(group)
    assert sent(cloud_directory, mark, "UpdateAutoScalingGroup") == []


def test_a_warm_pool_comes_changes_and_goes(world: World, boto: Any) -> None:
    group = world.make(GROUP, warmPool={"minSize": 1})
    assert group.state["warmPool"]["poolState"] == "Stopped"
    assert world.client.diff(group, {**world.inputs_of(GROUP), "warmPool": {"minSize": 1}}).detailed == {}
    world.client.update(group, **{**world.inputs_of(GROUP), "warmPool": {"minSize": 2}})
    told = boto("autoscaling").describe_warm_pool(AutoScalingGroupName=group.id)["WarmPoolConfiguration"]
    assert told["MinSize"] == 2
    world.client.update(group, **world.inputs_of(GROUP))
    assert "warmPool" not in group.state


def test_what_is_in_use_is_tried_again_until_it_is_free(world: World, reports: list[str]) -> None:
    target = world.make(TARGET_GROUP)
    world.make(LISTENER)
    rule = world.make(RULE)
    free = threading.Timer(1.0, lambda: world.client.delete(rule))
    free.start()
    world.client.delete(target)
    free.join()
    assert any("ResourceInUse" in line for line in reports)
    assert not world.client.refresh(target)


def test_a_template_version_is_what_the_group_launches_from(world: World, boto: Any) -> None:
    template = world.make(TEMPLATE)
    specification = {"launchTemplateId": template.id, "version": str(template.state["latestVersion"])}
    mixed = {
        "launchTemplate": {"launchTemplateSpecification": specification, "overrides": [{"instanceType": "t3.small"}]},
    }
    group = world.make(GROUP, launchTemplate=None, mixedInstancesPolicy=mixed)
    (told,) = boto("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group.id])["AutoScalingGroups"]
    found = told["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert (found["LaunchTemplateId"], found["Version"]) == (template.id, "1")
