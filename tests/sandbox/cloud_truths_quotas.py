"""Quotas, in a cloud whose seed has lowered them to `QUOTAS`; each truth finds an empty cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.cloud_world import GOOD, UNAVAILABLE, World, refused

QUOTAS = {
    "auto_scaling_groups": 2,
    "launch_templates": 3,
    "versions_a_template": 2,
    "load_balancers": 2,
    "listeners_a_balancer": 2,
    "rules_a_balancer": 4,
    "target_groups": 6,
    "target_groups_an_action": 2,
    "target_groups_a_balancer": 3,
    "targets_a_group": 2,
    "security_groups": 4,
    "security_groups_an_interface": 2,
    "rules_a_security_group": 3,
}


def _one_too_many(make: Callable[[], object], count: int, code: str) -> None:
    for _ in range(count):
        make()
    with refused(code):
        make()


def a_third_group_is_one_too_many_until_one_goes(world: World) -> None:
    template = world.template()
    names = [world.group(0, template) for _ in range(2)]
    with refused("LimitExceeded"):
        world.group(0, template)
    told = world.autoscaling.describe_account_limits()
    assert (told["MaxNumberOfAutoScalingGroups"], told["NumberOfAutoScalingGroups"]) == (2, 2)
    world.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=names[0])
    world.group(0, template)


def a_fourth_template_is_one_too_many(world: World) -> None:
    _one_too_many(world.template, 3, "LaunchTemplateLimitExceeded")


def a_third_version_of_a_template_is_one_too_many(world: World) -> None:
    template, data = world.template(), {"ImageId": GOOD}
    world.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    with refused("LaunchTemplateVersionLimitExceeded"):
        world.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)


def a_third_balancer_is_one_too_many_and_another_type_is_not(world: World) -> None:
    _one_too_many(world.balancer, 2, "TooManyLoadBalancers")
    world.balancer(Type="network")


def a_third_listener_is_one_too_many(world: World) -> None:
    balancer, ports = world.balancer(), iter(range(80, 90))
    _one_too_many(lambda: world.listener(balancer, next(ports)), 2, "TooManyListeners")


def a_fifth_rule_is_one_too_many_on_all_listeners_together(world: World) -> None:
    balancer, priorities = world.balancer(), iter(range(1, 10))
    one, two = world.listener(balancer, 80), world.listener(balancer, 81)

    def rule(listener: str) -> None:
        about: dict[str, Any] = {"Conditions": [{"Field": "path-pattern", "Values": ["/*"]}], "Actions": UNAVAILABLE}
        world.elb.create_rule(ListenerArn=listener, Priority=next(priorities), **about)

    for _ in range(3):
        rule(one)
    _one_too_many(lambda: rule(two), 1, "TooManyRules")


def a_seventh_target_group_is_one_too_many(world: World) -> None:
    _one_too_many(world.target_group, 6, "TooManyTargetGroups")
    limits = {each["Name"]: each["Max"] for each in world.elb.describe_account_limits()["Limits"]}
    assert limits["target-groups"] == "6"


def a_third_target_group_of_an_action_is_one_too_many(world: World) -> None:
    groups = [world.target_group() for _ in range(3)]
    listener = world.listener()
    world.rule(listener, *groups[:2])
    with refused("InvalidLoadBalancerAction"):
        world.rule(listener, *groups, priority=2)


def a_fourth_target_group_of_a_balancer_is_one_too_many(world: World) -> None:
    groups = [world.target_group() for _ in range(4)]
    listener = world.listener()
    for priority in range(3):
        world.rule(listener, groups[priority], priority=priority + 1)
    with refused("TooManyUniqueTargetGroupsPerLoadBalancer"):
        world.rule(listener, groups[3], priority=4)


def a_third_target_is_one_too_many(world: World) -> None:
    targets = world.target_group(TargetType="ip")
    ids = [{"Id": f"172.31.0.{number}"} for number in range(10, 13)]
    world.elb.register_targets(TargetGroupArn=targets, Targets=ids[:2])
    with refused("TooManyTargets"):
        world.elb.register_targets(TargetGroupArn=targets, Targets=ids[2:])


def a_fifth_security_group_is_one_too_many(world: World) -> None:
    _one_too_many(world.security_group, 3, "SecurityGroupLimitExceeded")  # The default one counts.


def a_third_security_group_of_an_instance_is_one_too_many(world: World) -> None:
    groups = [world.security_group() for _ in range(3)]
    launch: dict[str, Any] = {"ImageId": GOOD, "MinCount": 1, "MaxCount": 1}
    world.ec2.run_instances(**launch, SecurityGroupIds=groups[:2])
    with refused("SecurityGroupsPerInterfaceLimitExceeded"):
        world.ec2.run_instances(**launch, SecurityGroupIds=groups)


def a_fourth_rule_of_a_security_group_is_one_too_many(world: World) -> None:
    group, ports = world.security_group(), iter(range(80, 90))

    def allow() -> None:
        port = next(ports)
        ranges = [{"CidrIp": "10.0.0.0/8"}]
        asked: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
        world.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[asked])

    _one_too_many(allow, 3, "RulesPerSecurityGroupLimitExceeded")


TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each is not _one_too_many
]
