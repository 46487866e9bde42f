"""What stands in the cloud with a stack's tags and is not in its state: an update was killed before it noted it.

The components put `TAG_STACK` on everything that takes tags. Where AWS can't search by tag (Elastic Load Balancing,
IAM) the tags of what may be ours are read; a scaling policy has none and is its group's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from components.digest import TAG_NAME, TAG_STACK

Client = Callable[[str], Any]
"""A boto3 client by the name of its service."""

Found = tuple[str, Mapping[str, str], str]
"""An id, its tags, and the group that it belongs to, if any."""


@dataclass(frozen=True)
class Orphan:
    """`type` and `id` are Pulumi's; `removal` is the AWS CLI's command that deletes it."""

    type: str
    id: str
    tags: Mapping[str, str]
    removal: str

    @property
    def name(self) -> str:
        """The logical name."""
        return self.tags[TAG_NAME]


@dataclass(frozen=True)
class _Kind:
    """A type: how those of a stack are found, and removed (`{id}`, and `{group}` that it belongs to)."""

    type: str
    find: Callable[[Client, str], Iterable[Found]]
    removal: str


def orphans(client: Client, owner: str, known: Collection[str]) -> list[Orphan]:
    """What carries the tags of the stack `owner` and has none of the `known` ids, in the order that removal takes."""
    return [
        Orphan(kind.type, id_, tags, f"aws {kind.removal.format(id=id_, group=group)}")
        for kind in _KINDS
        for id_, tags, group in kind.find(client, owner)
        if id_ not in known
    ]


def _ec2(operation: str, key: str, id_: str, egress: bool | None = None) -> Any:
    def find(client: Client, owner: str) -> Iterator[Found]:
        by_tag = [{"Name": f"tag:{TAG_STACK}", "Values": [owner]}]
        for one in _all(client("ec2"), operation, key, Filters=by_tag):
            if egress is None or one["IsEgress"] == egress:
                yield one[id_], _tags(one["Tags"]), one.get("GroupId", "")

    return find


def _groups(client: Client, owner: str) -> Iterator[Found]:
    by_tag = [{"Name": f"tag:{TAG_STACK}", "Values": [owner]}]
    for group in _all(client("autoscaling"), "describe_auto_scaling_groups", "AutoScalingGroups", Filters=by_tag):
        yield group["AutoScalingGroupName"], _tags(group["Tags"]), ""


def _policies(client: Client, owner: str) -> Iterator[Found]:
    for group, tags, _ in _groups(client, owner):
        found = _all(client("autoscaling"), "describe_policies", "ScalingPolicies", AutoScalingGroupName=group)
        yield from ((policy["PolicyName"], tags, group) for policy in found)


def _balancers(client: Client, owner: str) -> Iterator[Found]:
    found = _all(client("elbv2"), "describe_load_balancers", "LoadBalancers")
    yield from _ours(client, owner, (one["LoadBalancerArn"] for one in found))


def _target_groups(client: Client, owner: str) -> Iterator[Found]:
    found = _all(client("elbv2"), "describe_target_groups", "TargetGroups")
    yield from _ours(client, owner, (one["TargetGroupArn"] for one in found))


def _listeners(client: Client, owner: str) -> Iterator[Found]:
    yield from _ours(client, owner, _listener_arns(client, owner))


def _rules(client: Client, owner: str) -> Iterator[Found]:
    found = chain.from_iterable(
        _all(client("elbv2"), "describe_rules", "Rules", ListenerArn=arn) for arn in _listener_arns(client, owner)
    )
    yield from _ours(client, owner, (one["RuleArn"] for one in found if not one["IsDefault"]))


def _listener_arns(client: Client, owner: str) -> Iterator[str]:
    """Of the stack's balancers, whoever made them."""
    for balancer, *_ in _balancers(client, owner):
        found = _all(client("elbv2"), "describe_listeners", "Listeners", LoadBalancerArn=balancer)
        yield from (one["ListenerArn"] for one in found)


def _ours(client: Client, owner: str, arns: Iterable[str]) -> Iterator[Found]:
    listed = list(arns)
    for start in range(0, len(listed), 20):  # as many as DescribeTags takes
        for one in client("elbv2").describe_tags(ResourceArns=listed[start : start + 20])["TagDescriptions"]:
            tags = _tags(one["Tags"])
            if tags.get(TAG_STACK) == owner:
                yield one["ResourceArn"], tags, ""


def _iam(listing: str, name: str, details: str) -> Any:
    def find(client: Client, owner: str) -> Iterator[Found]:
        iam, kind = client("iam"), name.removesuffix("Name")
        for one in _all(iam, listing, f"{kind}s"):
            # A call each for its tags: only for names that are made from a prefix, as ours are.
            if re.search(r"-\d{18}[0-9a-f]{8}$", one[name]):
                tags = _tags(getattr(iam, details)(**{name: one[name]})[kind].get("Tags", ()))
                if tags.get(TAG_STACK) == owner:
                    yield one[name], tags, ""

    return find


_SG_RULES = ("describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId")
_KINDS = (
    _Kind("aws:lb/listenerRule:ListenerRule", _rules, "elbv2 delete-rule --rule-arn {id}"),
    _Kind("aws:lb/listener:Listener", _listeners, "elbv2 delete-listener --listener-arn {id}"),
    _Kind(
        "aws:autoscaling/policy:Policy",
        _policies,
        "autoscaling delete-policy --auto-scaling-group-name {group} --policy-name {id}",
    ),
    _Kind(
        "aws:autoscaling/group:Group",
        _groups,
        "autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name {id}",
    ),
    _Kind("aws:lb/targetGroup:TargetGroup", _target_groups, "elbv2 delete-target-group --target-group-arn {id}"),
    _Kind("aws:lb/loadBalancer:LoadBalancer", _balancers, "elbv2 delete-load-balancer --load-balancer-arn {id}"),
    _Kind(
        "aws:ec2/launchTemplate:LaunchTemplate",
        _ec2("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        "ec2 delete-launch-template --launch-template-id {id}",
    ),
    _Kind(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        _ec2(*_SG_RULES, egress=False),
        "ec2 revoke-security-group-ingress --group-id {group} --security-group-rule-ids {id}",
    ),
    _Kind(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        _ec2(*_SG_RULES, egress=True),
        "ec2 revoke-security-group-egress --group-id {group} --security-group-rule-ids {id}",
    ),
    _Kind(
        "aws:ec2/securityGroup:SecurityGroup",
        _ec2("describe_security_groups", "SecurityGroups", "GroupId"),
        "ec2 delete-security-group --group-id {id}",
    ),
    _Kind(
        "aws:iam/instanceProfile:InstanceProfile",
        _iam("list_instance_profiles", "InstanceProfileName", "get_instance_profile"),
        "iam delete-instance-profile --instance-profile-name {id}",
    ),
    _Kind(
        "aws:iam/role:Role",
        _iam("list_roles", "RoleName", "get_role"),
        "iam delete-role --role-name {id}",
    ),
)
TYPES = frozenset(kind.type for kind in _KINDS)
"""What can be looked for."""


def _all(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def _tags(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}
