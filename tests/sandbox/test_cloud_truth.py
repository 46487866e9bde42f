"""The cloud does as AWS does, be it moto's merit or the sandbox's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from tests.sandbox import (
    cloud_truths_alarms,
    cloud_truths_bounds,
    cloud_truths_data,
    cloud_truths_images,
    cloud_truths_operations,
    cloud_truths_scaling,
    cloud_truths_suppression,
)
from tests.sandbox.cloud_truths import TRUTHS
from tests.sandbox.cloud_world import CERTIFICATE, World, refused, running_cloud

Truth = Callable[[World], None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as world:
        yield world


@pytest.mark.parametrize(
    "truth",
    [
        *TRUTHS,
        *cloud_truths_operations.TRUTHS,
        *cloud_truths_data.TRUTHS,
        *cloud_truths_images.TRUTHS,
        *cloud_truths_alarms.TRUTHS,
        *cloud_truths_bounds.TRUTHS,
        *cloud_truths_scaling.TRUTHS,
        *cloud_truths_suppression.TRUTHS,
    ],
    ids=lambda truth: truth.__name__,
)
def test_the_cloud_does_as_aws_does(world: World, truth: Truth) -> None:
    truth(world)


# What moto has by itself, and an update of a fleet depends on.


def test_a_target_group_that_a_rule_names_is_not_deleted(world: World) -> None:
    listener, targets = world.listener(), world.target_group()
    rule = world.rule(listener, targets)
    with refused("ResourceInUse"):
        world.elb.delete_target_group(TargetGroupArn=targets)
    world.elb.delete_rule(RuleArn=rule)
    world.elb.delete_target_group(TargetGroupArn=targets)


def test_a_taken_priority_is_refused(world: World) -> None:
    listener, targets = world.listener(), world.target_group()
    world.rule(listener, targets)
    with refused("PriorityInUse"):
        world.rule(listener, targets)
    moved = world.rule(listener, targets, priority=2)
    with refused("PriorityInUse"):
        world.elb.set_rule_priorities(RulePriorities=[{"RuleArn": moved, "Priority": 1}])


@pytest.mark.parametrize("name", ["web.1", "-web", "web-", "w" * 33])
def test_a_target_groups_name_keeps_to_the_rules(world: World, name: str) -> None:
    with pytest.raises(ClientError):
        world.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=world.vpc)


def test_instances_are_registered_in_every_target_group_as_they_come_and_go(world: World) -> None:
    both = [world.target_group(), world.target_group()]
    name = world.group(1, TargetGroupARNs=both)
    for size in (3, 2):
        world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=size)
        assert len(world.instances(name)) == size
        assert [{*world.health(each)} for each in both] == [{*world.instances(name)}] * 2


def test_groups_are_found_by_their_tags(world: World) -> None:
    tag = {"Key": "found-by", "Value": "tag", "PropagateAtLaunch": False}
    name = world.group(0, Tags=[tag])
    for wanted in ("tag:found-by", "tag"), ("tag-key", "found-by"), ("tag-value", "tag"):
        filters = [{"Name": wanted[0], "Values": [wanted[1]]}]
        groups = world.autoscaling.describe_auto_scaling_groups(Filters=filters)["AutoScalingGroups"]
        assert [each["AutoScalingGroupName"] for each in groups] == [name]


def test_rules_and_listeners_have_tags(world: World) -> None:
    listener = world.listener()
    rule = world.rule(listener, world.target_group())
    tags = [{"Key": "release", "Value": "web-1.5.0"}]
    world.elb.add_tags(ResourceArns=[listener, rule], Tags=tags)
    found = world.elb.describe_tags(ResourceArns=[listener, rule])["TagDescriptions"]
    assert [each["Tags"] for each in found] == [tags, tags]


def test_a_launch_template_is_deleted_although_a_group_has_it(world: World) -> None:
    template = world.template()
    world.group(1, template)
    world.ec2.delete_launch_template(LaunchTemplateId=template)
    with refused("InvalidLaunchTemplateId.NotFound"):
        world.ec2.describe_launch_template_versions(LaunchTemplateId=template)


def test_a_listener_takes_a_certificate_of_the_seed_and_no_other(world: World) -> None:
    world.listener(port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": CERTIFICATE}])
    with refused("CertificateNotFound"):
        world.listener(port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": CERTIFICATE[:-1] + "2"}])


def test_an_aws_managed_policy_can_be_attached(world: World) -> None:
    world.iam.create_role(RoleName="web", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    policy = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
    world.iam.attach_role_policy(RoleName="web", PolicyArn=policy)
    with refused("DeleteConflict"):
        world.iam.delete_role(RoleName="web")
