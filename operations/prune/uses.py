"""What an account's own things name in a region, whoever made them: instances, groups, fleets, rules, parameters.

Whatever a description holds that looks like an id counts, so that a field which AWS adds tomorrow is seen too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from operations.prune.items import Reference
from operations.prune.stacks import named

Client = Callable[[str], Any]
"""A boto3 client by the name of its service."""

_OVER = ("terminated", "cancelled", "closed", "failed", "deleted", "deleted_terminating")
_TEMPLATE_NAME, _RESOLVED = "LaunchTemplateName", re.compile(r"resolve:ssm:([^\s\"]+)")


def uses(client: Client, templates: Iterable[Mapping[str, Any]]) -> Iterator[Reference]:
    """All of it. `templates` are descriptions of versions of launch templates that stay.

    Raises:
        ClientError: one of them can't be read.
    """
    for template in templates:
        by = f"launch template {template[_TEMPLATE_NAME]} ({template['LaunchTemplateId']})"
        yield from named_in(template["LaunchTemplateData"], by)
        yield from _resolved(client, template["LaunchTemplateData"], by)
    yield from launches(client)
    yield from _of_rules(client("elbv2"))
    yield from _of_parameters(client("ssm"))


def launches(client: Client) -> Iterator[Reference]:
    """What runs, and what launches more of it."""
    ec2, scaling = client("ec2"), client("autoscaling")
    for reservation in every(ec2, "describe_instances", "Reservations"):
        for one in reservation["Instances"]:
            if one["State"]["Name"] not in _OVER:
                yield from named_in(one, f"instance {one['InstanceId']}")
    for one in every(scaling, "describe_auto_scaling_groups", "AutoScalingGroups"):
        yield from named_in(one, f"group {one['AutoScalingGroupName']}")
    for one in every(scaling, "describe_launch_configurations", "LaunchConfigurations"):
        yield from named_in(one, f"launch configuration {one['LaunchConfigurationName']}")
    for one in every(ec2, "describe_fleets", "Fleets"):
        if one.get("FleetState") not in _OVER:
            yield from named_in(one, f"fleet {one['FleetId']}")
    for one in every(ec2, "describe_spot_fleet_requests", "SpotFleetRequestConfigs"):
        if one.get("SpotFleetRequestState") not in _OVER:
            yield from named_in(one, f"Spot fleet {one['SpotFleetRequestId']}")
    for one in every(ec2, "describe_spot_instance_requests", "SpotInstanceRequests"):
        if one.get("State") not in _OVER:
            yield from named_in(one, f"Spot request {one['SpotInstanceRequestId']}")


def every(client: Any, operation: str, key: str, **asked: Any) -> Iterator[Any]:
    """Every entry of every page."""
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page[key]


def named_in(described: Mapping[str, Any], by: str, but: str = "") -> Iterator[Reference]:
    """All that a description names, itself (`but`) left out."""
    yield from (one for one in named(json.dumps(described, default=str), by) if one.target != but)
    yield from (Reference(name, by) for name in dict.fromkeys(_template_names(described)))


def _template_names(described: Any) -> Iterator[str]:
    if isinstance(described, dict):
        for key, value in cast("dict[str, Any]", described).items():
            if key == _TEMPLATE_NAME:
                yield str(value)
            yield from _template_names(value)
    elif isinstance(described, list):
        for one in cast("list[Any]", described):
            yield from _template_names(one)


def _resolved(client: Client, template: Mapping[str, Any], by: str) -> Iterator[Reference]:
    """A template may name a parameter, with a version or a label, in the place of an image."""
    for name in _RESOLVED.findall(json.dumps(template, default=str)):
        found = client("ssm").get_parameters(Names=[name])["Parameters"]
        for one in found:
            yield from named(one["Value"], f"{by}, by parameter {name}")


def _of_rules(elb: Any) -> Iterator[Reference]:
    for balancer in every(elb, "describe_load_balancers", "LoadBalancers"):
        for listener in every(elb, "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]):
            yield from named_in(listener, f"a listener of {balancer['LoadBalancerName']}")
            for rule in every(elb, "describe_rules", "Rules", ListenerArn=listener["ListenerArn"]):
                yield from named_in(rule, f"a rule of {balancer['LoadBalancerName']}")


def _of_parameters(ssm: Any) -> Iterator[Reference]:
    """As they are now; an encrypted one isn't read."""
    plain = [{"Key": "Type", "Values": ["String", "StringList"]}]
    names = [one["Name"] for one in every(ssm, "describe_parameters", "Parameters", ParameterFilters=plain)]
    for start in range(0, len(names), _PARAMETERS):
        for one in ssm.get_parameters(Names=names[start : start + _PARAMETERS])["Parameters"]:
            yield from named(one["Value"], f"parameter {one['Name']}")


_PARAMETERS = 10
"""As many can be read at once."""
