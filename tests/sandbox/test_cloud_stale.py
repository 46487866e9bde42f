"""Eventual consistency on order: what was created a moment ago isn't found, then it is."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import cloud
from tests.sandbox.cloud_world import GOOD, World, client, error_of, refused, running_cloud

pytestmark = pytest.mark.slow

_names = (f"young-{number}" for number in itertools.count(1))
_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("home") / "cloud") as world:
        yield world


@pytest.fixture
def world(own: World) -> Iterator[World]:
    yield own
    cloud.clear_faults(own.directory)


def stale(world: World, operation: str, **order: Any) -> None:
    cloud.order_fault(world.directory, operation, "stale", **order)


def role(world: World) -> str:
    name = next(_names)
    world.iam.create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)
    return name


def profile(world: World) -> str:
    name = next(_names)
    world.iam.create_instance_profile(InstanceProfileName=name)
    return name


#: What is created, the call that doesn't know it, and what that answers.
_YOUNG: list[tuple[Callable[[World], str], str, Callable[[World, str], Any], str]] = [
    (role, "GetRole", lambda world, name: world.iam.get_role(RoleName=name), "NoSuchEntity"),
    (
        profile,
        "GetInstanceProfile",
        lambda world, name: world.iam.get_instance_profile(InstanceProfileName=name),
        "NoSuchEntity",
    ),
    (
        lambda world: world.template(),
        "DescribeLaunchTemplates",
        lambda world, id_: world.ec2.describe_launch_templates(LaunchTemplateIds=[id_]),
        "InvalidLaunchTemplateId.NotFound",
    ),
    (
        lambda world: world.target_group(),
        "DescribeTargetGroups",
        lambda world, arn: world.elb.describe_target_groups(TargetGroupArns=[arn]),
        "TargetGroupNotFound",
    ),
    (
        lambda world: world.balancer(),
        "DescribeLoadBalancers",
        lambda world, arn: world.elb.describe_load_balancers(LoadBalancerArns=[arn]),
        "LoadBalancerNotFound",
    ),
    (
        lambda world: world.security_group(),
        "DescribeSecurityGroups",
        lambda world, id_: world.ec2.describe_security_groups(GroupIds=[id_]),
        "InvalidGroup.NotFound",
    ),
]


@pytest.mark.parametrize(("make", "operation", "ask", "code"), _YOUNG, ids=[each[1] for each in _YOUNG])
def test_what_was_just_created_is_not_found_for_so_many_calls(
    world: World, make: Callable[[World], str], operation: str, ask: Callable[[World, str], Any], code: str
) -> None:
    stale(world, operation, times=2)
    young = make(world)
    for _ in range(2):
        with refused(code):
            ask(world, young)
        assert cloud.read_journal(world.directory)[-1].fault == "stale"
    ask(world, young)
    assert cloud.faults(world.directory) == []


def test_what_is_old_enough_is_found(world: World) -> None:
    old, began = role(world), time.time()
    stale(world, "GetRole", age=1)
    with refused("NoSuchEntity"):
        world.iam.get_role(RoleName=old)
    time.sleep(max(0.0, began + 1.1 - time.time()))
    young = role(world)
    assert world.iam.get_role(RoleName=old)["Role"]["RoleName"] == old
    with refused("NoSuchEntity"):
        world.iam.get_role(RoleName=young)


def test_a_call_refers_to_what_it_does_not_know_yet(world: World) -> None:
    stale(world, "CreateAutoScalingGroup", times=1)
    stale(world, "RunInstances", times=1)
    stale(world, "AttachRolePolicy", times=1)
    name = profile(world)
    template = world.template(IamInstanceProfile={"Name": name})
    with pytest.raises(ClientError, match="does not exist") as caught:
        world.group(1, template)  # The template is young, too.
    assert error_of(caught.value)["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="Invalid IAM Instance Profile name") as caught:
        world.ec2.run_instances(ImageId=GOOD, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": name})
    assert error_of(caught.value)["Code"] == "InvalidParameterValue"
    about = {"RoleName": role(world), "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    with refused("NoSuchEntity"):
        world.iam.attach_role_policy(**about)
    world.iam.attach_role_policy(**about)
    assert len(world.instances(world.group(1, template))) == 1


def test_what_is_hidden_changes_nothing_and_its_name_stays_taken(world: World) -> None:
    name = world.group(1)
    order = [each["AutoScalingGroupName"] for each in _groups(world)]
    stale(world, "DescribeAutoScalingGroups", times=1)
    assert name not in [each["AutoScalingGroupName"] for each in _groups(world)]
    assert [each["AutoScalingGroupName"] for each in _groups(world)] == order
    template = world.template()
    time.sleep(0.3)
    stale(world, "CreateAutoScalingGroup", age=0.25)
    name = world.group(1, template)
    with refused("AlreadyExists"):
        world.group(1, template, name=name)


def test_the_same_seed_makes_the_same_calls_stale(world: World) -> None:
    def met() -> list[bool]:
        cloud.clear_faults(world.directory)
        stale(world, "GetRole", probability=0.5, seed=7)
        name = role(world)
        before = len(cloud.read_journal(world.directory))
        for _ in range(12):
            with contextlib.suppress(ClientError):
                world.iam.get_role(RoleName=name)
        return [call.status != 200 for call in cloud.read_journal(world.directory)[before:]]

    first = met()
    assert first == met()
    assert {*first} == {True, False}


def test_a_young_thing_is_young_after_a_restart(world: World) -> None:
    stale(world, "GetRole")
    name = role(world)
    cloud.stop(world.directory)
    again = client("iam", cloud.start(world.directory))
    with refused("NoSuchEntity"):
        again.get_role(RoleName=name)
    cloud.clear_faults(world.directory)
    assert again.get_role(RoleName=name)


def test_only_calls_that_may_be_stale_are(world: World) -> None:
    with pytest.raises(cloud.CloudError, match="PutObject: only calls of ec2, autoscaling, elbv2, iam can be stale"):
        stale(world, "PutObject")


def _groups(world: World) -> list[dict[str, Any]]:
    return world.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
