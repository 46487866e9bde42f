"""What the provider makes of AWS's faults: it asks as often as the real one, and tells what a lost answer leaves."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import cloud
from sandbox.provider.values import from_struct
from tests.sandbox.provider_client import Client, RefusedError, Resource
from tests.sandbox.provider_world import (
    ATTACHMENT,
    BALANCER,
    GROUP,
    LISTENER,
    PROFILE,
    ROLE,
    RULE,
    SECURITY_GROUP,
    TARGET_GROUP,
    TEMPLATE,
    World,
)

pytestmark = pytest.mark.slow

#: The real provider's default.
# https://registry.terraform.io/providers/hashicorp/aws/latest/docs#max_retries-1
ATTEMPTS = 25


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, cloud_directory: Path, cloud_url: str) -> Iterator[None]:
    """The pauses between attempts are not waited for; no order is left over."""
    monkeypatch.setattr("botocore.endpoint.time", types.SimpleNamespace(sleep=int))
    yield
    cloud.clear_faults(cloud_directory)


def asked(directory: Path, operation: str) -> list[str | None]:
    """The faults that calls of an operation met."""
    return [call.fault for call in cloud.read_journal(directory) if call.operation == operation]


@pytest.mark.parametrize("answer", ["throttle", "error", "timeout"])
def test_what_passes_is_waited_out(world: World, cloud_directory: Path, answer: Any) -> None:
    before = len(asked(cloud_directory, "CreateSecurityGroup"))
    cloud.order_fault(cloud_directory, "CreateSecurityGroup", answer, times=ATTEMPTS - 1)
    world.make(SECURITY_GROUP, f"after-{answer}")
    assert asked(cloud_directory, "CreateSecurityGroup")[before:] == [answer] * (ATTEMPTS - 1) + [None]


def test_what_does_not_pass_is_told(world: World, cloud_directory: Path) -> None:
    before = len(asked(cloud_directory, "CreateSecurityGroup"))
    cloud.order_fault(cloud_directory, "CreateSecurityGroup", "throttle")
    with pytest.raises(RefusedError, match="RequestLimitExceeded"):
        world.make(SECURITY_GROUP, "throttled")
    assert asked(cloud_directory, "CreateSecurityGroup")[before:] == ["throttle"] * ATTEMPTS


def test_a_program_may_say_how_often(address: str, cloud_directory: Path) -> None:
    before = len(asked(cloud_directory, "DescribeVpcs"))
    cloud.order_fault(cloud_directory, "DescribeVpcs", "error")
    with pytest.raises(RefusedError, match="InternalError"):
        Client(address, maxRetries="2").invoke("aws:ec2/getVpc:getVpc", default=True)
    assert asked(cloud_directory, "DescribeVpcs")[before:] == ["error"] * 2


def test_a_create_with_a_token_is_made_once_although_its_answer_is_lost(
    world: World, boto: Any, cloud_directory: Path
) -> None:
    before = len(asked(cloud_directory, "CreateLaunchTemplate"))
    cloud.order_fault(cloud_directory, "CreateLaunchTemplate", "lost", times=1)
    made = world.make(TEMPLATE, "answered-late", name="answered-late")
    assert asked(cloud_directory, "CreateLaunchTemplate")[before:] == ["lost", None]
    found = boto("ec2").describe_launch_templates(LaunchTemplateNames=["answered-late"])["LaunchTemplates"]
    assert [each["LaunchTemplateId"] for each in found] == [made.id]


def test_a_create_that_is_idempotent_is_made_once_although_its_answer_is_lost(
    world: World, boto: Any, cloud_directory: Path
) -> None:
    before = len(asked(cloud_directory, "CreateTargetGroup"))
    cloud.order_fault(cloud_directory, "CreateTargetGroup", "lost", times=1)
    made = world.make(TARGET_GROUP, "answered-late", name="answered-late")
    assert asked(cloud_directory, "CreateTargetGroup")[before:] == ["lost", None]
    found = boto("elbv2").describe_target_groups(Names=["answered-late"])["TargetGroups"]
    assert [each["TargetGroupArn"] for each in found] == [made.id]
    with pytest.raises(RefusedError, match=r"^ELBv2 Target Group \(answered-late\) already exists$"):
        world.make(TARGET_GROUP, "other", name="answered-late")


def test_a_group_that_finds_no_capacity_fails_with_its_activity(world: World, boto: Any, cloud_directory: Path) -> None:
    sizes: dict[str, Any] = {"minSize": 2, "maxSize": 2, "waitForCapacityTimeout": "10s"}
    cloud.order_fault(cloud_directory, "RunInstances", "capacity", times=1)
    with pytest.raises(RefusedError, match=r"scaling activity \(.*\): Failed: We currently do not have sufficient"):
        world.make(GROUP, "full", name="full", **sizes)
    boto("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="full", ForceDelete=True)
    cloud.order_fault(cloud_directory, "RunInstances", "capacity", times=1)
    group = world.make(GROUP, "full-at-first", **sizes, ignoreFailedScalingActivities=True)
    (found,) = boto("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group.id])["AutoScalingGroups"]
    assert len(found["Instances"]) == 2


def test_a_create_without_a_token_whose_answer_is_lost_is_refused_the_second_time(
    world: World, boto: Any, cloud_directory: Path
) -> None:
    cloud.order_fault(cloud_directory, "CreateSecurityGroup", "lost", times=1)
    with pytest.raises(RefusedError, match=r"InvalidGroup\.Duplicate"):
        world.make(SECURITY_GROUP, "lost", name="lost")
    filters = [{"Name": "group-name", "Values": ["lost"]}]
    (orphan,) = boto("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    boto("ec2").delete_security_group(GroupId=orphan["GroupId"])


#: The read that follows a creation, and how often it is asked before: whether the name is taken.
_PATIENT = {
    ROLE: ("GetRole", 0),
    PROFILE: ("GetInstanceProfile", 0),
    SECURITY_GROUP: ("DescribeSecurityGroups", 0),
    TARGET_GROUP: ("DescribeTargetGroups", 1),
    BALANCER: ("DescribeLoadBalancers", 1),
    RULE: ("DescribeRules", 0),
}


@pytest.mark.parametrize("token", _PATIENT, ids=lambda token: token.rpartition(":")[2])
def test_what_was_just_created_is_waited_for_where_the_real_provider_waits(
    world: World, cloud_directory: Path, token: str
) -> None:
    operation, before = _PATIENT[token]
    known = len(asked(cloud_directory, operation))
    cloud.order_fault(cloud_directory, operation, "stale", times=before + 2)
    made = world.make(token, "young", **({"priority": 41} if token == RULE else {}))
    assert asked(cloud_directory, operation)[known:][: before + 3] == ["stale"] * (before + 2) + [None]
    assert world.client.refresh(made)


def test_a_new_role_is_waited_for_by_the_profile_that_takes_it_and_by_nothing_else(
    world: World, cloud_directory: Path
) -> None:
    world.make(ROLE, "young")
    cloud.order_fault(cloud_directory, "AddRoleToInstanceProfile", "stale", times=2)
    profile = world.make(PROFILE, "young")
    assert world.client.refresh(profile)
    cloud.order_fault(cloud_directory, "AttachRolePolicy", "stale", times=1)
    with pytest.raises(RefusedError, match=r"NoSuchEntity: The role with name .* cannot be found"):
        world.make(ATTACHMENT)


def test_a_new_profile_is_waited_for_by_the_group_that_launches_with_it(world: World, cloud_directory: Path) -> None:
    world.make(ROLE, "young")
    profile = world.make(PROFILE, "young")
    world.make(TEMPLATE, "young", iamInstanceProfile={"arn": profile.state["arn"]})
    before = len(asked(cloud_directory, "CreateAutoScalingGroup"))
    cloud.order_fault(cloud_directory, "CreateAutoScalingGroup", "stale", of="iam", times=2)
    world.make(GROUP, "young")
    assert asked(cloud_directory, "CreateAutoScalingGroup")[before:] == ["stale", "stale", None]


@pytest.mark.parametrize(
    ("token", "operation"),
    [(TEMPLATE, "DescribeLaunchTemplates"), (LISTENER, "DescribeListeners")],
    ids=["LaunchTemplate", "Listener"],
)
def test_where_the_real_provider_does_not_wait_the_next_update_goes_on(
    world: World, cloud_directory: Path, token: str, operation: str
) -> None:
    inputs = world.inputs_of(token)  # What it hangs on is made by this.
    cloud.order_fault(cloud_directory, operation, "stale", times=2)
    with pytest.raises(RefusedError) as refused:
        world.client.create(token, "young", **inputs)
    partial = refused.value.partial
    cloud.clear_faults(cloud_directory)
    kept = Resource(token, "young", partial.id, from_struct(partial.inputs), from_struct(partial.properties))
    world.client.update(kept, **inputs)
    world.made.append(kept)
    assert world.client.refresh(kept)
