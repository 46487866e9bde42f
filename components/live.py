"""What the cloud says at this moment: the fleets of a service, their targets' health, the weights of its rule.

Gates ask here and nowhere else. boto3 reads credentials and endpoints as the provider does (environment, profile,
instance role). Calls block: gates run them in a thread. Shapes are the AWS API's (Auto Scaling and ELBv2 references).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.digest import TAG_RELEASE, TAG_SERVICE, TAG_STACK
from components.rules import PREVIEW_HEADER


@dataclass(frozen=True)
class Target:
    """One instance of a fleet as the judge of its health sees it: the target group, or EC2 for a fleet without."""

    instance: str
    healthy: bool
    reason: str
    """State, and AWS's reason where it gives one, such as `unhealthy: Target.FailedHealthChecks`."""


@dataclass(frozen=True)
class Fleet:
    """One fleet now. Sizes are instances; `weight` is what traffic rules give it at this moment."""

    release: str
    group: str
    target_group: str | None
    minimum: int
    maximum: int
    desired: int
    targets: tuple[Target, ...]
    weight: int = 0

    @property
    def key(self) -> str:
        """What its share of the work is kept under: the target group, or the group of a fleet without one."""
        return self.target_group or self.group

    @property
    def healthy(self) -> int:
        """How many targets are healthy."""
        return sum(target.healthy for target in self.targets)


class Region:
    """Reads (and sets desired capacity) what a stack has in one region. Thread-safe, as boto3 clients are."""

    def __init__(self, name: str, stack: str, profile: str | None = None) -> None:
        self._name, self._stack, self._profile = name, stack, profile

    def fleets(self, service: str) -> list[Fleet]:
        """Every fleet of the service that stands, whether this program still declares it or not."""
        pages = self._client("autoscaling").get_paginator("describe_auto_scaling_groups")
        # Another stack of the account may have a service of the same name.
        wanted = {TAG_STACK: self._stack, TAG_SERVICE: service}
        found = pages.paginate(Filters=[{"Name": f"tag:{tag}", "Values": [value]} for tag, value in wanted.items()])
        groups = [group for page in found for group in page["AutoScalingGroups"]]
        arns = {group["TargetGroupARNs"][0] for group in groups if group.get("TargetGroupARNs")}
        weights = self._weights(arns) if arns else {}
        return [self._fleet(group, weights) for group in groups if group.get("Status") is None]

    def set_desired(self, group: str, size: int) -> None:
        """Ask for `size` instances, within the group's own limits."""
        self._client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=group, DesiredCapacity=size, HonorCooldown=False
        )

    def _fleet(self, group: Mapping[str, Any], weights: Mapping[str, int]) -> Fleet:
        target_group = next(iter(group.get("TargetGroupARNs") or ()), None)
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        return Fleet(
            release=tags.get(TAG_RELEASE, group["AutoScalingGroupName"]),
            group=group["AutoScalingGroupName"],
            target_group=target_group,
            minimum=group["MinSize"],
            maximum=group["MaxSize"],
            desired=group["DesiredCapacity"],
            targets=self._targets(target_group) if target_group else _instances(group),
            weight=weights.get(target_group or "", 0),
        )

    def _targets(self, target_group: str) -> tuple[Target, ...]:
        answer = self._client("elbv2").describe_target_health(TargetGroupArn=target_group)
        return tuple(
            _target(entry["Target"]["Id"], entry["TargetHealth"]) for entry in answer["TargetHealthDescriptions"]
        )

    def _weights(self, target_groups: set[str]) -> dict[str, int]:
        """What traffic rules give each target group; preview rules, known by their header, don't count."""
        elb = self._client("elbv2")
        described = elb.describe_target_groups(TargetGroupArns=sorted(target_groups))["TargetGroups"]
        balancers = {arn for group in described for arn in group["LoadBalancerArns"]}
        weights: dict[str, int] = {}
        for balancer in balancers:
            for page in elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer):
                for listener in page["Listeners"]:
                    for rules in elb.get_paginator("describe_rules").paginate(ListenerArn=listener["ListenerArn"]):
                        for rule in rules["Rules"]:
                            if not _is_preview(rule):
                                weights |= _rule_weights(rule, target_groups)
        return weights

    def _client(self, service: str) -> Any:
        # A client takes a tenth of a second and megabytes to make: many gates at once must not make one each.
        with _making:
            return _client(service, self._name, self._profile)


_making = threading.Lock()


@functools.lru_cache(maxsize=16)
def _client(service: str, region: str, profile: str | None) -> Any:
    # Imported on first use: a preview has no gates to ask, and boto3 costs it a third of a second.
    import boto3
    from botocore.config import Config

    config = Config(retries={"mode": "adaptive", "max_attempts": 10}, connect_timeout=10, read_timeout=30)
    session: Any = boto3.Session(profile_name=profile, region_name=region)
    return session.client(service, config=config)


def _instances(group: Mapping[str, Any]) -> tuple[Target, ...]:
    return tuple(
        Target(
            instance["InstanceId"],
            instance["LifecycleState"] == "InService" and instance["HealthStatus"].lower() == "healthy",
            f"{instance['LifecycleState']}, {instance['HealthStatus']}",
        )
        for instance in group["Instances"]
    )


def _target(instance: str, health: Mapping[str, str]) -> Target:
    reason = ": ".join(filter(None, (health["State"], health.get("Reason"))))
    return Target(instance, health["State"] == "healthy", reason)


def _is_preview(rule: Mapping[str, Any]) -> bool:
    return any(
        condition.get("HttpHeaderConfig", {}).get("HttpHeaderName") == PREVIEW_HEADER
        for condition in rule["Conditions"]
    )


def _rule_weights(rule: Mapping[str, Any], target_groups: set[str]) -> dict[str, int]:
    return {
        group["TargetGroupArn"]: group.get("Weight", 1)
        for action in rule["Actions"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ())
        if group["TargetGroupArn"] in target_groups
    }
