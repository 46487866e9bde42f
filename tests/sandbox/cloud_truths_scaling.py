"""What AWS does and moto alone doesn't, while a fleet scales or a call is repeated."""

from __future__ import annotations

import time
from typing import Any

from tests.sandbox.cloud_world import GOOD, World, refused

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"


def activities(world: World, name: str, **asked: Any) -> list[dict[str, Any]]:
    """A group's scaling activities, as AWS lists them."""
    return world.autoscaling.describe_scaling_activities(AutoScalingGroupName=name, **asked)["Activities"]


def lifecycle(world: World, name: str) -> list[str]:
    """The states of a group's instances."""
    return [each["LifecycleState"] for each in world.described(name)["Instances"]]


def hooked(world: World, transition: str, size: int = 1, timeout: int = 60, result: str = "CONTINUE") -> str:
    """The name of a group with a hook of the name `hook`."""
    hook = {
        "LifecycleHookName": "hook",
        "LifecycleTransition": transition,
        "HeartbeatTimeout": timeout,
        "DefaultResult": result,
    }
    return world.group(size, LifecycleHookSpecificationList=[hook])


def complete(world: World, name: str, instance: str, result: str = "CONTINUE") -> None:
    """Complete what the hook waits for."""
    world.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=name, LifecycleHookName="hook", InstanceId=instance, LifecycleActionResult=result
    )


# Calls that are repeated


def a_launch_that_is_repeated_with_its_token_is_the_first_one(world: World) -> None:
    asked: dict[str, Any] = {"ImageId": GOOD, "MinCount": 1, "MaxCount": 1, "ClientToken": "a-launch-and-no-other"}
    first, again = (world.ec2.run_instances(**asked)["Instances"][0]["InstanceId"] for _ in range(2))
    assert first == again
    with refused("IdempotentParameterMismatch"):
        world.ec2.run_instances(**{**asked, "MaxCount": 2})


def a_create_that_is_repeated_with_the_same_settings_is_the_first_one(world: World) -> None:
    balancer: dict[str, Any] = {"Name": "repeated", "Subnets": world.subnets[:2]}
    targets: dict[str, Any] = {"Name": "repeated", "Protocol": "HTTP", "Port": 80, "VpcId": world.vpc}
    arns = [world.elb.create_load_balancer(**balancer)["LoadBalancers"][0]["LoadBalancerArn"] for _ in range(2)]
    assert arns[0] == arns[1]
    assert world.listener(arns[0]) == world.listener(arns[0])
    arns = [world.elb.create_target_group(**targets)["TargetGroups"][0]["TargetGroupArn"] for _ in range(2)]
    assert arns[0] == arns[1]
    with refused("DuplicateTargetGroupName"):
        world.elb.create_target_group(**{**targets, "Port": 81})
    world.elb.modify_target_group(TargetGroupArn=arns[0], HealthCheckPath="/changed")
    with refused("DuplicateTargetGroupName"):
        world.elb.create_target_group(**targets)
    world.elb.delete_target_group(TargetGroupArn=arns[0])
    assert world.elb.create_target_group(**targets)["TargetGroups"][0]["TargetGroupArn"] != arns[0]


# Scaling activities


def every_launch_and_every_end_is_an_activity_with_its_cause(world: World) -> None:
    name = world.group(2)
    launched = activities(world, name)
    assert {each["Description"] for each in launched} == {
        f"Launching a new EC2 instance: {instance}" for instance in world.instances(name)
    }
    assert {(each["StatusCode"], each["Progress"]) for each in launched} == {("Successful", 100)}
    assert all(each["StartTime"] <= each["EndTime"] for each in launched)
    assert (
        "a user request created an AutoScalingGroup changing the desired capacity from 0 to 2." in launched[0]["Cause"]
    )
    assert launched[0]["Cause"].endswith(
        "an instance was started in response to a difference between desired and actual capacity, "
        "increasing the capacity from 0 to 2."
    )
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=1, DesiredCapacity=1)
    ended, *before = activities(world, name)
    assert [each["ActivityId"] for each in before] == [each["ActivityId"] for each in launched]
    instance = ended["Description"].removeprefix("Terminating EC2 instance: ")
    assert instance not in world.instances(name)
    for part in (
        "a user request update of AutoScalingGroup constraints to min: 1, max: 10, desired: 1 "
        "changing the desired capacity from 2 to 1.",
        "shrinking the capacity from 2 to 1.",
        f"instance {instance} was selected for termination.",
    ):
        assert part in ended["Cause"]


def activities_come_in_pages_and_of_deleted_groups_when_asked(world: World) -> None:
    name = world.group(3)
    pages = world.autoscaling.get_paginator("describe_scaling_activities").paginate(
        AutoScalingGroupName=name, PaginationConfig={"PageSize": 2}
    )
    told = [[each["ActivityId"] for each in page["Activities"]] for page in pages]
    assert [len(page) for page in told] == [2, 1]
    assert [one for page in told for one in page] == [each["ActivityId"] for each in activities(world, name)]
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    with refused("ValidationError"):
        activities(world, name)
    assert len(activities(world, name, IncludeDeletedGroups=True)) == 6


def a_launch_that_fails_is_an_activity_that_says_why(world: World) -> None:
    image = world.ec2.create_image(InstanceId=world.instances(world.group(1))[0], Name="going")["ImageId"]
    name = world.group(1, world.template(image))
    world.ec2.deregister_image(ImageId=image)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    assert len(world.instances(name)) == 1
    failed = activities(world, name)[0]
    assert (failed["StatusCode"], failed["Progress"]) == ("Failed", 100)
    assert failed["StatusMessage"] == f"The image id '[{image}]' does not exist. Launching EC2 instance failed."
    assert failed["Description"] == f"Launching a new EC2 instance.  Status Reason: {failed['StatusMessage']}"
    assert world.described(name)["DesiredCapacity"] == 2


# Instances that leave, and their replacements


def an_instance_that_a_user_ended_failed_its_health_check(world: World) -> None:
    name = world.group(1)
    world.ec2.terminate_instances(InstanceIds=world.instances(name))
    told = activities(world, name)
    assert len(told) == 3
    launched, ended, _ = told
    assert ended["Cause"].endswith(
        "an instance was taken out of service in response to an EC2 health check indicating it has been "
        "terminated or stopped."
    )
    assert launched["Cause"].endswith(
        "an instance was launched in response to an unhealthy instance needing to be replaced."
    )


def a_stopped_instance_is_replaced(world: World) -> None:
    name = world.group(1)
    stopped = world.instances(name)
    world.ec2.stop_instances(InstanceIds=stopped)
    assert world.instances(name) != stopped
    assert len(world.instances(name)) == 1


def a_young_instance_is_not_marked_unhealthy_unless_told_so(world: World) -> None:
    name = world.group(1, HealthCheckGracePeriod=60)
    young = world.instances(name)
    world.autoscaling.set_instance_health(InstanceId=young[0], HealthStatus="Unhealthy")
    assert world.described(name)["Instances"][0]["HealthStatus"] == "Healthy"
    world.autoscaling.set_instance_health(InstanceId=young[0], HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    assert world.instances(name) != young
    assert activities(world, name)[1]["Cause"].endswith("in response to a user health-check.")


def suspended_processes_do_nothing_until_they_are_resumed(world: World) -> None:
    name = world.group(1)
    (first,) = world.instances(name)
    world.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch", "ReplaceUnhealthy"])
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    world.autoscaling.set_instance_health(InstanceId=first, HealthStatus="Unhealthy")
    assert world.instances(name) == [first]
    world.autoscaling.resume_processes(AutoScalingGroupName=name)
    assert len({*world.instances(name)} - {first}) == 2
    world.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Terminate"])
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=1)
    assert len(world.instances(name)) == 2
    world.autoscaling.resume_processes(AutoScalingGroupName=name, ScalingProcesses=["Terminate"])
    assert len(world.instances(name)) == 1


def an_instance_is_ended_through_its_group_with_or_without_a_replacement(world: World) -> None:
    name = world.group(1)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    one, other = world.instances(name)
    told = world.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=one, ShouldDecrementDesiredCapacity=True
    )["Activity"]
    assert told["Cause"].endswith("in response to a user request, shrinking the capacity from 2 to 1.")
    assert told["ActivityId"] in [each["ActivityId"] for each in activities(world, name)]
    with refused("ValidationError"):
        world.autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId=other, ShouldDecrementDesiredCapacity=True
        )
    world.autoscaling.terminate_instance_in_auto_scaling_group(InstanceId=other, ShouldDecrementDesiredCapacity=False)
    (third,) = world.instances(name)
    assert third not in (one, other)


# Lifecycle hooks


def a_hook_holds_a_launch_until_it_is_completed(world: World) -> None:
    targets = world.target_group()
    name = hooked(world, LAUNCHING)
    world.autoscaling.attach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=[targets])
    (held,) = world.instances(name)
    assert lifecycle(world, name) == ["Pending:Wait"]
    assert world.health(targets) == {}
    assert activities(world, name)[0]["StatusCode"] == "MidLifecycleAction"
    with refused("ValidationError"):
        complete(world, name, "i-00000000000000000")
    complete(world, name, held)
    assert lifecycle(world, name) == ["InService"]
    assert {*world.health(targets)} == {held}
    assert activities(world, name)[0]["StatusCode"] == "Successful"


def a_hook_that_abandons_a_launch_ends_the_instance(world: World) -> None:
    name = hooked(world, LAUNCHING)
    (held,) = world.instances(name)
    complete(world, name, held, "ABANDON")
    assert held not in world.instances(name)
    assert lifecycle(world, name) == ["Pending:Wait"]
    (cancelled,) = [each for each in activities(world, name) if held in each["Description"]]
    assert cancelled["StatusCode"] == "Cancelled"
    assert "was abandoned: Lifecycle Action Completed with ABANDON Result" in cancelled["StatusMessage"]


def a_hook_holds_an_end_until_it_is_completed(world: World) -> None:
    name = hooked(world, TERMINATING)
    (held,) = world.instances(name)
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0)
    assert lifecycle(world, name) == ["Terminating:Wait"]
    (found,) = world.ec2.describe_instances(InstanceIds=[held])["Reservations"][0]["Instances"]
    assert found["State"]["Name"] == "running"
    complete(world, name, held)
    assert world.instances(name) == []


def a_hook_whose_time_is_over_does_its_default(world: World) -> None:
    name = hooked(world, LAUNCHING, timeout=1)
    assert lifecycle(world, name) == ["Pending:Wait"]
    for _ in range(3):
        time.sleep(0.5)
        world.autoscaling.record_lifecycle_action_heartbeat(
            AutoScalingGroupName=name, LifecycleHookName="hook", InstanceId=world.instances(name)[0]
        )
    assert lifecycle(world, name) == ["Pending:Wait"]
    time.sleep(1)
    assert lifecycle(world, name) == ["InService"]


def a_hook_that_is_deleted_lets_go(world: World) -> None:
    launching, terminating = hooked(world, LAUNCHING), hooked(world, TERMINATING)
    (held,) = world.instances(launching)
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=terminating, MinSize=0, DesiredCapacity=0)
    assert (lifecycle(world, launching), lifecycle(world, terminating)) == (["Pending:Wait"], ["Terminating:Wait"])
    for name in (launching, terminating):
        world.autoscaling.delete_lifecycle_hook(AutoScalingGroupName=name, LifecycleHookName="hook")
    assert lifecycle(world, launching) == ["InService"]
    assert held not in world.instances(launching)
    assert world.instances(terminating) == []


# Instances that users change, or set apart


def an_instance_has_the_profile_of_its_template(world: World) -> None:
    world.iam.create_instance_profile(InstanceProfileName="of-a-template")
    template = world.template(IamInstanceProfile={"Name": "of-a-template"})
    (instance,) = world.instances(world.group(1, template))
    (told,) = world.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert told["IamInstanceProfile"]["Arn"].endswith(":instance-profile/of-a-template")


def an_instance_in_standby_is_no_target_until_it_is_back(world: World) -> None:
    targets = world.target_group()
    name = world.group(1, TargetGroupARNs=[targets])
    (instance,) = world.instances(name)
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0)
    world.autoscaling.enter_standby(
        AutoScalingGroupName=name, InstanceIds=[instance], ShouldDecrementDesiredCapacity=True
    )
    assert instance not in world.health(targets)
    world.autoscaling.exit_standby(AutoScalingGroupName=name, InstanceIds=[instance])
    assert instance in world.health(targets)


def an_instance_that_is_detached_is_no_target(world: World) -> None:
    targets = world.target_group()
    name = world.group(1, TargetGroupARNs=[targets])
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0)
    world.autoscaling.detach_instances(
        AutoScalingGroupName=name, InstanceIds=world.instances(name), ShouldDecrementDesiredCapacity=True
    )
    assert world.health(targets) == {}


_BUILDERS = (activities, lifecycle, hooked, complete)

TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each not in _BUILDERS
]
