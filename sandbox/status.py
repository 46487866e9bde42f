"""What stands in the cloud, read with boto3 as any client of it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3


@dataclass(frozen=True)
class Targets:
    """A target group, as its load balancer sees it."""

    name: str
    #: Share of the requests, 0 to 1, by what a listener rule asks of them ("path /*").
    traffic: Mapping[str, float]
    #: The state of each target ("initial", "healthy", "draining") by the id of its instance.
    health: Mapping[str, str]


@dataclass(frozen=True)
class Instance:
    """A member of an Auto Scaling group."""

    id: str
    zone: str
    lifecycle: str
    health: str


@dataclass(frozen=True)
class Group:
    """An Auto Scaling group with the target groups it is registered in."""

    name: str
    #: The value of its tag `release` or `…:release`, else of `Name`, else its own name.
    release: str
    minimum: int
    desired: int
    maximum: int
    instances: Sequence[Instance]
    targets: Sequence[Targets]


@dataclass(frozen=True)
class CloudStatus:
    """The load balancers' addresses and all groups of one region."""

    urls: Sequence[str]
    groups: Sequence[Group]

    @property
    def settled(self) -> bool:
        """No target waits for its first health check."""
        return not any("initial" in targets.health.values() for group in self.groups for targets in group.targets)


def read_status() -> CloudStatus:
    """What stands in the region and at the endpoint that the environment names."""
    session: Any = boto3.Session()
    elb, autoscaling = session.client("elbv2"), session.client("autoscaling")
    listeners = [
        (balancer, listener)
        for balancer in _all(elb, "describe_load_balancers", "LoadBalancers")
        for listener in _all(elb, "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"])
    ]
    rules = [
        rule
        for _, listener in listeners
        for rule in _all(elb, "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
    ]
    targets = {
        group["TargetGroupArn"]: Targets(
            group["TargetGroupName"], _traffic(rules, group["TargetGroupArn"]), _health(elb, group)
        )
        for group in _all(elb, "describe_target_groups", "TargetGroups")
    }
    groups = _all(autoscaling, "describe_auto_scaling_groups", "AutoScalingGroups")
    return CloudStatus(
        [_url(balancer, listener) for balancer, listener in listeners],
        sorted((_group(group, targets) for group in groups), key=lambda group: group.release),
    )


def _all(client: Any, operation: str, key: str, **arguments: str) -> list[dict[str, Any]]:
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[key]]


def _url(balancer: Mapping[str, Any], listener: Mapping[str, Any]) -> str:
    scheme, port = str(listener["Protocol"]).lower(), listener["Port"]
    standard = {"http": 80, "https": 443}.get(scheme) == port
    return f"{scheme}://{balancer['DNSName']}" + ("" if standard else f":{port}")


def _health(elb: Any, group: Mapping[str, Any]) -> dict[str, str]:
    answer = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    targets: list[Any] = answer["TargetHealthDescriptions"]
    return {target["Target"]["Id"]: target["TargetHealth"]["State"] for target in targets}


def _traffic(rules: Sequence[Mapping[str, Any]], target_group: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for rule in rules:
        weights = _weights(rule)
        if target_group in weights and (total := sum(weights.values())):
            shares[_asked(rule)] = weights[target_group] / total
    return shares


def _weights(rule: Mapping[str, Any]) -> dict[str, int]:
    """Weights by the ARN of a target group; an action that forwards to one group gives it no weight."""
    forwards: list[Any] = [
        group
        for action in rule["Actions"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups") or [action]
        if "TargetGroupArn" in group
    ]
    return {group["TargetGroupArn"]: group.get("Weight", 1) for group in forwards}


def _asked(rule: Mapping[str, Any]) -> str:
    """The conditions of a rule in a few words: `host shop.example.com, path /*`."""
    words: list[str] = []
    for condition in rule["Conditions"]:
        kind = str(condition["Field"]).removeprefix("http-").removesuffix("-pattern").removesuffix("-header")
        configs: list[Any] = [value for key, value in condition.items() if key.endswith("Config")]
        config = configs[0] if configs else condition
        name = f" {config['HttpHeaderName']}" if "HttpHeaderName" in config else ""
        words.append(f"{kind}{name} {' or '.join(config.get('Values', []))}")
    return ", ".join(words) or "everything else"


def _group(group: Mapping[str, Any], targets: Mapping[str, Targets]) -> Group:
    return Group(
        name=group["AutoScalingGroupName"],
        release=_label(group),
        minimum=group["MinSize"],
        desired=group["DesiredCapacity"],
        maximum=group["MaxSize"],
        instances=[
            Instance(i["InstanceId"], i["AvailabilityZone"], i["LifecycleState"], i["HealthStatus"])
            for i in group["Instances"]
        ],
        targets=[targets[arn] for arn in group.get("TargetGroupARNs", []) if arn in targets],
    )


def _label(group: Mapping[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in group.get("Tags", [])}
    release = next((v for k, v in tags.items() if k.rpartition(":")[2] == "release"), None)
    return str(release or tags.get("Name") or group["AutoScalingGroupName"])
