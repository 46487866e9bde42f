"""What AWS takes and refuses at its bounds, and whom it tells, where moto alone doesn't."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cloud_truths_scaling import LAUNCHING, TERMINATING, hooked
from tests.sandbox.cloud_world import GOOD, World, client, forward, refused


def a_target_group_drains_for_an_hour_and_no_longer(world: World) -> None:
    targets = world.target_group()

    def delay(seconds: int) -> None:
        asked = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}]
        world.elb.modify_target_group_attributes(TargetGroupArn=targets, Attributes=asked)

    delay(3600)
    told = world.elb.describe_target_group_attributes(TargetGroupArn=targets)["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "3600"} in told
    with refused("ValidationError"):
        delay(3601)


def a_balancers_times_have_their_bounds(world: World) -> None:
    balancer = world.balancer()
    for key, value in {"idle_timeout.timeout_seconds": 4001, "client_keep_alive.seconds": 59}.items():
        with refused("ValidationError"):
            asked = [{"Key": key, "Value": str(value)}]
            world.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=asked)


def a_weight_is_999_at_most(world: World) -> None:
    listener, targets = world.listener(), world.target_group()
    heavy: dict[str, Any] = forward(targets)
    heavy["ForwardConfig"]["TargetGroups"][0]["Weight"] = 999
    rule = world.rule(listener, targets)
    world.elb.modify_rule(RuleArn=rule, Actions=[heavy])
    heavy["ForwardConfig"]["TargetGroups"][0]["Weight"] = 1000
    for change in (
        lambda: world.elb.modify_rule(RuleArn=rule, Actions=[heavy]),
        lambda: world.elb.modify_listener(ListenerArn=listener, DefaultActions=[heavy]),
    ):
        with refused("ValidationError"):
            change()


def a_balancer_stands_in_two_zones(world: World) -> None:
    with refused("ValidationError"):
        world.elb.create_load_balancer(Name="of-one-zone", Subnets=world.subnets[:1])
    balancer = world.balancer()
    with refused("ValidationError"):
        world.elb.set_subnets(LoadBalancerArn=balancer, Subnets=world.subnets[:1])


def a_balancer_has_one_subnet_of_a_zone(world: World) -> None:
    first, other = world.ec2.describe_subnets(SubnetIds=world.subnets[:2])["Subnets"]
    zone = first["AvailabilityZone"]
    made = world.ec2.create_subnet(VpcId=world.vpc, CidrBlock="172.31.200.0/28", AvailabilityZone=zone)["Subnet"]
    with refused("InvalidConfigurationRequest"):
        subnets = [first["SubnetId"], made["SubnetId"], other["SubnetId"]]
        world.elb.create_load_balancer(Name="twice-in-a-zone", Subnets=subnets)
    world.ec2.delete_subnet(SubnetId=made["SubnetId"])


def a_default_rule_changes_and_goes_with_its_listener_only(world: World) -> None:
    listener = world.listener()
    (default,) = world.elb.describe_rules(ListenerArn=listener)["Rules"]
    with refused("OperationNotPermitted"):
        world.elb.delete_rule(RuleArn=default["RuleArn"])
    with refused("OperationNotPermitted"):
        world.elb.modify_rule(RuleArn=default["RuleArn"], Actions=[forward(world.target_group())])


def a_group_that_is_emptying_is_not_deleted(world: World) -> None:
    name = hooked(world, TERMINATING)
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0)
    with refused("ScalingActivityInProgress"):
        world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name)
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def a_group_that_honors_its_cooldown_waits_for_the_last_activity(world: World) -> None:
    name = world.group(1, DefaultCooldown=0)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2, HonorCooldown=True)
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, DefaultCooldown=300)
    with refused("ScalingActivityInProgress"):
        world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3, HonorCooldown=True)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3)


def a_network_goes_with_its_default_security_group_once_nothing_else_is_in_it(world: World) -> None:
    vpc = world.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = world.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    world.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    with refused("DependencyViolation"):
        world.ec2.delete_vpc(VpcId=vpc)
    world.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    group = world.ec2.create_security_group(GroupName="inside", Description="-", VpcId=vpc)["GroupId"]
    with refused("DependencyViolation"):
        world.ec2.delete_vpc(VpcId=vpc)
    world.ec2.delete_security_group(GroupId=group)
    world.ec2.delete_vpc(VpcId=vpc)
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    assert world.ec2.describe_security_groups(Filters=filters)["SecurityGroups"] == []


def a_profile_that_does_not_exist_is_refused_where_instances_start(world: World) -> None:
    profile = {"Name": "not-yet"}
    template = world.template(IamInstanceProfile=profile)  # AWS doesn't look at it here.
    with refused("ValidationError"):
        world.group(1, template, name="of-no-profile")
    launch: dict[str, Any] = {"MinCount": 1, "MaxCount": 1}
    for how in ({"LaunchTemplate": {"LaunchTemplateId": template}}, {"ImageId": GOOD, "IamInstanceProfile": profile}):
        with refused("InvalidParameterValue"):
            world.ec2.run_instances(**launch, **how)
    world.iam.create_instance_profile(InstanceProfileName="not-yet")
    world.group(1, template, name="of-a-profile")


def a_template_that_does_not_exist_is_said_not_to(world: World) -> None:
    with refused("InvalidLaunchTemplateId.NotFound"):
        world.ec2.describe_launch_templates(LaunchTemplateIds=["lt-0fffffffffffffff1"])
    with refused("ValidationError"):
        world.group(1, "lt-0fffffffffffffff1")


def what_iam_does_not_find_is_said_in_its_own_words(world: World) -> None:
    with pytest.raises(ClientError, match="The role with name none-such cannot be found"):
        world.iam.get_role(RoleName="none-such")
    with pytest.raises(ClientError, match="Instance Profile none-such cannot be found"):
        world.iam.get_instance_profile(InstanceProfileName="none-such")


def a_role_that_does_not_exist_is_not_assumed(world: World) -> None:
    with refused("AccessDenied"):
        client("sts", world.url).assume_role(RoleArn="arn:aws:iam::123456789012:role/none-such", RoleSessionName="look")


def a_hook_tells_its_topic_whom_it_holds(world: World) -> None:
    sns, sqs = (client(service, world.url) for service in ("sns", "sqs"))
    queue = sqs.create_queue(QueueName="hooks")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="hooks")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    name = world.group(0)
    asked = {"AutoScalingGroupName": name, "LifecycleHookName": "hook", "LifecycleTransition": LAUNCHING}
    with refused("ValidationError"):
        world.autoscaling.put_lifecycle_hook(**asked, NotificationTargetARN=f"{topic}-none-such", RoleARN="role")
    told = {"NotificationTargetARN": topic, "RoleARN": "role", "NotificationMetadata": "rehearsal"}
    world.autoscaling.put_lifecycle_hook(**asked, **told)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=1)
    (held,) = world.instances(name)
    test, message = (json.loads(each["Body"]) for each in _received(sqs, queue))
    assert test["Event"] == "autoscaling:TEST_NOTIFICATION"
    assert message.items() >= {**asked, "EC2InstanceId": held, "NotificationMetadata": "rehearsal"}.items()
    world.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=name,
        LifecycleHookName="hook",
        LifecycleActionToken=message["LifecycleActionToken"],
        LifecycleActionResult="CONTINUE",
    )
    assert [each["LifecycleState"] for each in world.described(name)["Instances"]] == ["InService"]


def _received(sqs: Any, queue: str) -> list[dict[str, Any]]:
    return sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])


TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each is not _received
]
