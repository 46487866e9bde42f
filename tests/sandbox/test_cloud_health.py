"""Target health: when it is checked, what the image's tags and orders make of it, and who leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sandbox import cloud
from tests.sandbox.cloud_world import GOOD, NEVER, SLOW, TURNING, UNAVAILABLE, World, forward, running_cloud

pytestmark = pytest.mark.slow

UNUSED = "unused Target.NotInUse"
FAILED = "unhealthy Target.FailedHealthChecks"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as world:
        yield world


def fleet(world: World, image: str) -> tuple[str, str]:
    """The name of a group of two instances and the ARN of its target group."""
    targets = world.target_group()
    return world.group(template=world.template(image), TargetGroupARNs=[targets]), targets


def eventually(world: World, targets: str, state: str, within_s: float = 3) -> None:
    """Wait until every target has the state."""
    deadline = time.monotonic() + within_s
    while world.states(targets) != {state}:
        assert time.monotonic() < deadline, world.health(targets)
        time.sleep(0.05)


def test_a_target_group_that_nothing_names_is_never_checked(world: World) -> None:
    _, targets = fleet(world, GOOD)
    world.listener()
    time.sleep(1)
    assert world.states(targets) == {UNUSED}


def test_health_checks_begin_when_a_rule_names_the_group_and_end_with_it(world: World) -> None:
    _, targets = fleet(world, GOOD)
    time.sleep(1)
    rule = world.rule(world.listener(), targets)
    assert world.states(targets) == {"initial Elb.RegistrationInProgress"}
    eventually(world, targets, "healthy")
    world.elb.delete_rule(RuleArn=rule)
    assert world.states(targets) == {UNUSED}


@pytest.mark.parametrize("place", ["default action", "single group", "second of several", "after a change"])
def test_wherever_a_load_balancer_names_a_group_it_is_in_use(world: World, place: str) -> None:
    _, targets = fleet(world, GOOD)
    single = {"Type": "forward", "TargetGroupArn": targets}
    listener = world.listener()
    if place == "default action":
        world.elb.modify_listener(ListenerArn=listener, DefaultActions=[forward(targets)])
    elif place == "single group":
        world.listener(DefaultActions=[single])
    else:
        rule = world.rule(listener, world.target_group(), *([targets] if place == "second of several" else []))
        if place == "after a change":
            world.elb.modify_rule(RuleArn=rule, Actions=[forward(world.target_group(), targets)])
    eventually(world, targets, "healthy")
    world.elb.modify_listener(ListenerArn=listener, DefaultActions=UNAVAILABLE)


def test_a_deleted_load_balancer_leaves_its_groups_unused(world: World) -> None:
    _, targets = fleet(world, GOOD)
    balancer = world.balancer()
    world.rule(world.listener(balancer), targets)
    world.elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert world.states(targets) == {UNUSED}


def test_tags_of_the_image_direct_health(world: World) -> None:
    listener = world.listener()
    (_, never), (_, turning), (_, slow) = (fleet(world, image) for image in (NEVER, TURNING, SLOW))
    world.rule(listener, never, turning, slow)
    assert world.states(never) == {FAILED}
    assert world.states(turning) == {"healthy"}
    assert world.states(slow) == {"initial Elb.RegistrationInProgress"}
    time.sleep(2)
    assert world.states(turning) == {FAILED}
    assert world.states(slow) == {"initial Elb.InitialHealthChecking"}


def test_health_can_be_ordered_for_an_image_and_for_an_instance(world: World) -> None:
    name, targets = fleet(world, GOOD)
    world.rule(world.listener(), targets)
    eventually(world, targets, "healthy")
    cloud.order_health(world.directory, image=GOOD, health="unhealthy")
    assert world.states(targets) == {FAILED}
    one, other = world.instances(name)
    cloud.order_health(world.directory, instance=one, health="healthy")
    assert world.health(targets) == {one: "healthy", other: FAILED}
    cloud.order_health(world.directory, image=GOOD, health="healthy")
    assert world.states(targets) == {"healthy"}


def test_an_order_for_what_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(cloud.CloudError, match="ami-00000000000000999: no such image or instance"):
        cloud.order_health(world.directory, image="ami-00000000000000999", health="unhealthy")


def test_new_instances_of_a_group_get_their_own_time(world: World) -> None:
    name, targets = fleet(world, GOOD)
    world.rule(world.listener(), targets)
    eventually(world, targets, "healthy")
    old = world.instances(name)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3)
    health = world.health(targets)
    assert [health.pop(each) for each in old] == ["healthy", "healthy"]
    assert [*health.values()] == ["initial Elb.RegistrationInProgress"]


def test_instances_that_ended_leave_and_their_replacements_come(world: World) -> None:
    name, targets = fleet(world, GOOD)
    world.rule(world.listener(), targets)
    gone = world.instances(name)[0]
    world.ec2.terminate_instances(InstanceIds=[gone])
    assert len(world.instances(name)) == 2
    assert {*world.health(targets)} == {*world.instances(name)}
    asked = world.elb.describe_target_health(TargetGroupArn=targets, Targets=[{"Id": gone}])
    assert asked["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered"
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, MaxSize=0, DesiredCapacity=0)
    assert world.health(targets) == {}


def test_a_target_that_is_deregistered_is_drained_for_its_delay(world: World) -> None:
    name, targets = fleet(world, GOOD)
    world.elb.modify_target_group_attributes(
        TargetGroupArn=targets, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}]
    )
    world.rule(world.listener(), targets)
    world.autoscaling.detach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=[targets])
    assert world.states(targets) == {"draining Target.DeregistrationInProgress"}
    time.sleep(1)
    assert world.health(targets) == {}


def test_a_named_target_is_answered_for_alone(world: World) -> None:
    name, targets = fleet(world, GOOD)
    one = world.instances(name)[0]
    asked = world.elb.describe_target_health(TargetGroupArn=targets, Targets=[{"Id": one}])
    assert [each["Target"]["Id"] for each in asked["TargetHealthDescriptions"]] == [one]
