"""What the cloud says at this moment: the fleets of a service, their targets' health, the weights of its rule.

Gates ask AWS here and nowhere else. boto3 reads credentials and endpoints as the provider does (environment, profile,
instance role). Calls block: gates run them in a thread. Shapes are the AWS API's (Auto Scaling and ELBv2 references).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.digest import TAG_RELEASE, TAG_SERVICE, TAG_STACK
from components.rules import PREVIEW_HEADER, TAG_WEIGHTS
from components.sources.cloudwatch import Series


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
    created: datetime
    weight: int = 0
    rule: str | None = None
    """ARN of the traffic rule that gives it weight."""
    balancer: str | None = None
    """ARN of the balancer that its target group belongs to."""
    standing: int = 0
    """Instances that the group has, those that boot or leave among them."""

    @property
    def key(self) -> str:
        """What its share of the work is kept under: the target group, or the group of a fleet without one."""
        return self.target_group or self.group

    @property
    def healthy(self) -> int:
        """How many targets are healthy."""
        return sum(target.healthy for target in self.targets)


@dataclass(frozen=True)
class _Served:
    """What serves a target group."""

    weight: int = 0
    rule: str | None = None
    balancer: str | None = None


class Region:
    """Reads (and sets desired capacity) what a stack has in one region. Thread-safe, as boto3 clients are."""

    def __init__(self, name: str | None, stack: str, profile: str | None = None) -> None:
        self._name, self._stack, self._profile = name, stack, profile

    def fleets(self, service: str) -> list[Fleet]:
        """Every fleet of the service that stands, whether this program still declares it or not."""
        pages = self._client("autoscaling").get_paginator("describe_auto_scaling_groups")
        # Another stack of the account may have a service of the same name.
        wanted = {TAG_STACK: self._stack, TAG_SERVICE: service}
        found = pages.paginate(Filters=[{"Name": f"tag:{tag}", "Values": [value]} for tag, value in wanted.items()])
        groups = [group for page in found for group in page["AutoScalingGroups"]]
        arns = {group["TargetGroupARNs"][0] for group in groups if group.get("TargetGroupARNs")}
        served = self._served(arns) if arns else {}
        return [self._fleet(group, served) for group in groups if group.get("Status") is None]

    def set_desired(self, group: str, size: int) -> None:
        """Ask for `size` instances, within the group's own limits."""
        self._client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=group, DesiredCapacity=size, HonorCooldown=False
        )

    def boots(self, group: str) -> list[float]:
        """How long each of the group's newest instances took from its launch until it was in service, in seconds."""
        found = self._client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group, MaxRecords=20)
        return [
            (one["EndTime"] - one["StartTime"]).total_seconds()
            for one in found["Activities"]
            if one["StatusCode"] == "Successful" and one["Description"].startswith("Launching")
        ]

    def alarms(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        """The CloudWatch alarms of these names that there are, metric and composite ones."""
        pages = self._client("cloudwatch").get_paginator("describe_alarms")
        asked = pages.paginate(AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return [alarm for page in asked for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page.get(kind, ())]

    def readings(self, series: Sequence[Series], start: datetime, end: datetime) -> list[dict[datetime, float]]:
        """The values of each series by the start of their period, in CloudWatch's own periods."""
        longest = max(one.period_s for one in series)
        # From the start of a period on, or CloudWatch would shift all of them.
        start = datetime.fromtimestamp(int(start.timestamp()) // longest * longest, UTC)
        queries = [_metric_query(f"q{index}", one) for index, one in enumerate(series)]
        found: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in queries}
        pages = self._client("cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
            for result in page["MetricDataResults"]:
                times = (when.astimezone(UTC) for when in result["Timestamps"])
                found[result["Id"]] |= zip(times, result["Values"], strict=True)
        return list(found.values())

    def address(self, balancer: str) -> str:
        """The URL under which a balancer without a certificate is reached."""
        [found] = self._client("elbv2").describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"]
        return f"http://{found['DNSName']}"

    def weights_tag(self, rule: str) -> str | None:
        """What the rule's tag tells of since when its weights hold (`components.weights`)."""
        [found] = self._client("elbv2").describe_tags(ResourceArns=[rule])["TagDescriptions"]
        return next((tag["Value"] for tag in found["Tags"] if tag["Key"] == TAG_WEIGHTS), None)

    def tag_weights(self, rule: str, value: str) -> None:
        """Write that tag."""
        self._client("elbv2").add_tags(ResourceArns=[rule], Tags=[{"Key": TAG_WEIGHTS, "Value": value}])

    def _fleet(self, group: Mapping[str, Any], served: Mapping[str, _Served]) -> Fleet:
        target_group = next(iter(group.get("TargetGroupARNs") or ()), None)
        by = served.get(target_group or "", _Served())
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        return Fleet(
            release=tags.get(TAG_RELEASE, group["AutoScalingGroupName"]),
            group=group["AutoScalingGroupName"],
            target_group=target_group,
            minimum=group["MinSize"],
            maximum=group["MaxSize"],
            desired=group["DesiredCapacity"],
            targets=self._targets(target_group) if target_group else _instances(group),
            weight=by.weight,
            rule=by.rule,
            balancer=by.balancer,
            created=group["CreatedTime"],
            standing=len(group["Instances"]),
        )

    def _targets(self, target_group: str) -> tuple[Target, ...]:
        answer = self._client("elbv2").describe_target_health(TargetGroupArn=target_group)
        return tuple(
            _target(entry["Target"]["Id"], entry["TargetHealth"]) for entry in answer["TargetHealthDescriptions"]
        )

    def _served(self, target_groups: set[str]) -> dict[str, _Served]:
        """Who serves each target group, and with what weight; preview rules, known by their header, don't count."""
        elb = self._client("elbv2")
        described = elb.describe_target_groups(TargetGroupArns=sorted(target_groups))["TargetGroups"]
        served = {
            group["TargetGroupArn"]: _Served(balancer=next(iter(group["LoadBalancerArns"]), None))
            for group in described
        }
        for balancer in {one.balancer for one in served.values() if one.balancer}:
            for page in elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer):
                for listener in page["Listeners"]:
                    for rules in elb.get_paginator("describe_rules").paginate(ListenerArn=listener["ListenerArn"]):
                        for rule in rules["Rules"]:
                            if not _is_preview(rule):
                                for arn, weight in _rule_weights(rule, target_groups).items():
                                    served[arn] = _Served(weight, rule["RuleArn"], balancer)
        return served

    def _client(self, service: str) -> Any:
        # A client takes a tenth of a second and megabytes to make: many gates at once must not make one each.
        with _making:
            return _client(service, self._name, self._profile)


_making = threading.Lock()


@functools.lru_cache(maxsize=16)
def _client(service: str, region: str | None, profile: str | None) -> Any:
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


def _metric_query(name: str, series: Series) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in series.dimensions]
    metric = {"Namespace": series.namespace, "MetricName": series.name, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": series.period_s, "Stat": series.statistic}}


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
