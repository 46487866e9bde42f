"""What stands in a stage's cloud, item by item, in words that don't depend on the ids which the cloud has assigned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from components.digest import TAG_NAME, TAG_STACK
from components.rules import TAG_WEIGHTS
from tests.engine.stage import STACK, Stage

_OWNER = f"immutable/{STACK}"
_PASSING = {"CreateTime", "CreatedTime", "CreateDate", "CreationDate", "Instances", "ResponseMetadata", "RoleLastUsed"}
"""When a thing was made, and what comes and goes in it by itself."""

_IDS = {
    "template": ("LaunchTemplateId", "LaunchTemplateName"),
    "security group": ("GroupId", "GroupName", "SecurityGroupArn"),
    "security group rule": ("SecurityGroupRuleId",),
    "group": ("AutoScalingGroupName", "AutoScalingGroupARN"),
    "balancer": ("LoadBalancerArn", "LoadBalancerName", "DNSName"),
    "listener": ("ListenerArn",),
    "rule": ("RuleArn",),
    "target group": ("TargetGroupArn", "TargetGroupName"),
    "role": ("RoleName", "RoleId", "Arn"),
    "profile": ("InstanceProfileName", "InstanceProfileId", "Arn"),
}

Item = tuple[str, str, Mapping[str, Any]]
"""Its kind, its logical name, and all that describes it."""


def inventory(stage: Stage) -> dict[str, str]:
    """By kind, logical name and path, every value of everything that carries the stack's tag."""
    items = [*_ec2(stage), *_autoscaling(stage), *_balancing(stage), *_iam(stage)]
    names = {item[key]: f"<{kind} {name}>" for kind, name, item in items for key in _IDS[kind] if key in item}
    return {
        f"{kind} {name}{path}": text for kind, name, item in items for path, text in _leaves("", _named(item, names))
    }


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is otherwise now, a line each."""
    return [
        f"{path}: {then.get(path, 'nothing')} → {now.get(path, 'nothing')}"
        for path in sorted({*then, *now})
        if then.get(path) != now.get(path)
    ]


def _ec2(stage: Stage) -> Iterator[Item]:
    ec2 = stage.client("ec2")
    ours = [{"Name": f"tag:{TAG_STACK}", "Values": [_OWNER]}]
    for template in ec2.describe_launch_templates(Filters=ours)["LaunchTemplates"]:
        versions = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
        yield _item("template", template, versions=versions["LaunchTemplateVersions"])
    for group in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]:
        # Its rules are items of their own.
        yield _item("security group", {key: one for key, one in group.items() if not key.startswith("IpPermissions")})
    for rule in ec2.describe_security_group_rules(Filters=ours)["SecurityGroupRules"]:
        yield _item("security group rule", rule)


def _autoscaling(stage: Stage) -> Iterator[Item]:
    client = stage.client("autoscaling")
    for group in client.describe_auto_scaling_groups()["AutoScalingGroups"]:
        policies = client.describe_policies(AutoScalingGroupName=group["AutoScalingGroupName"])["ScalingPolicies"]
        yield _item("group", group, policies=policies)


def _balancing(stage: Stage) -> Iterator[Item]:
    elb = stage.client("elbv2")

    def tagged(kind: str, arn: str, thing: Mapping[str, Any], **more: Any) -> Item:
        [found] = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return _item(kind, {**thing, "Tags": found["Tags"]}, **more)

    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        yield tagged("balancer", balancer["LoadBalancerArn"], balancer)
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            yield tagged("listener", listener["ListenerArn"], listener)
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                if not rule["IsDefault"]:
                    yield tagged("rule", rule["RuleArn"], rule)
    for group in elb.describe_target_groups()["TargetGroups"]:
        attributes = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
        yield tagged("target group", group["TargetGroupArn"], group, attributes=attributes)


def _iam(stage: Stage) -> Iterator[Item]:
    iam = stage.client("iam")
    for role in iam.list_roles()["Roles"]:
        tags = iam.list_role_tags(RoleName=role["RoleName"])["Tags"]
        attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        if any(tag["Key"] == TAG_STACK for tag in tags):
            yield _item("role", {**role, "Tags": tags}, attached=attached)
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        roles = [role["RoleName"] for role in profile["Roles"]]
        yield _item("profile", {**profile, "Roles": roles})


def _item(kind: str, thing: Mapping[str, Any], **more: Any) -> Item:
    tags = {tag["Key"]: tag["Value"] for tag in thing["Tags"]}
    # Since when the weights hold is another moment each time.
    tags.pop(TAG_WEIGHTS, None)
    return kind, tags[TAG_NAME], {**thing, **more, "Tags": tags}


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """A copy with names in the place of ids, and without what passes."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _named(one, names) for key, one in items if key not in _PASSING}
    if isinstance(value, list):
        return [_named(one, names) for one in cast("list[Any]", value)]
    text = str(value)
    for id_ in sorted(names, key=len, reverse=True):
        text = text.replace(id_, names[id_])
    return text


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            yield from _leaves(f"{path}.{key}", one)
    elif isinstance(value, list):
        # Sets, as far as AWS is concerned; what has an order says so in a value.
        for place, one in enumerate(sorted(cast("list[Any]", value), key=_order)):
            yield from _leaves(f"{path}[{place}]", one)
    else:
        yield path, value


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
