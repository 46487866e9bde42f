"""A service stays up: judged by its users' health checks, spread, drained, watched, its traffic sent where it is."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyResource, Severity

from policies.kinds import GROUP, LISTENER_RULES, LISTENERS, TARGET_GROUPS
from policies.rule import Found, Rule, Stack, Subject, listed, members

_ALARMS = ("aws:cloudwatch/metricAlarm:MetricAlarm",)
_ROUTES = (*LISTENER_RULES, *LISTENERS)

_PRODUCTION = {
    "production": {
        "type": "array",
        "items": {"type": "string"},
        "default": ["prod", "prod-*", "*-prod", "production"],
        "description": "Names of the stacks that are production; * stands for anything.",
    }
}


def _balanced_health(subject: Subject) -> Found:
    behind = [name for name in ("targetGroupArns", "loadBalancers", "trafficSources") if _given(subject, name)]
    kind = str(subject.inputs.get("healthCheckType", "EC2"))
    if behind and "ELB" not in kind.split(","):
        yield f"healthCheckType is {kind} although it has {behind[0]}: a server that fails its users stays"


def _given(subject: Subject, name: str) -> bool:
    value = subject.inputs.get(name)
    return value is not None and len(value) > 0


def _spread(subject: Subject) -> Found:
    patterns = listed(subject.settings["production"])
    if not any(fnmatch.fnmatchcase(subject.stack, str(pattern)) for pattern in patterns):
        return
    zones, servers = subject.settings["zones"], subject.settings["servers"]
    places = listed(subject.inputs.get("vpcZoneIdentifiers")) or listed(subject.inputs.get("availabilityZones"))
    if len(places) < zones:
        yield f"it stands in {len(places)} subnet or zone, fewer than {zones:.0f}"
    size = subject.inputs.get("minSize", 0)
    if size < servers:
        yield f"minSize is {size:.0f}, fewer than {servers:.0f}"


def _drained(subject: Subject) -> Found:
    if subject.inputs.get("targetType") == "lambda":
        return
    delay, limit = subject.inputs.get("deregistrationDelay", 300), subject.settings["longest_s"]
    if int(delay) == 0:
        yield "deregistrationDelay is 0, so requests under way are cut off"
    elif int(delay) > limit:
        yield f"deregistrationDelay is {int(delay)} s, more than {limit:.0f} s"


def _some_weight(subject: Subject) -> Found:
    for path, groups in _forwards(subject.inputs):
        with subject.as_far_as_known():
            weights = [group.get("weight", 1) for group in groups]
            if weights and not any(weights):
                yield f"{path}: every weight is 0, so requests are answered with 503"


def _forwards(inputs: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    for name in ("actions", "defaultActions"):
        for index, action in enumerate(listed(inputs.get(name))):
            if (forward := action.get("forward")) is not None:
                yield f"{name}[{index}].forward", listed(forward.get("targetGroups"))


def _known_targets(stack: Stack) -> Iterator[tuple[str, str]]:
    """Target groups of a rule come from resources of the stack: a group by its ARN alone is none of its releases'."""
    for rule in stack.resources:
        if rule.resource_type not in _ROUTES:
            continue
        own = _depended(rule, TARGET_GROUPS)
        for path, groups in _forwards(_raw(rule.props)):
            weighted = [group for group in groups if group.get("weight", 1)]
            literal = [group["arn"] for group in weighted if group.get("arn") not in own and _is_arn(group.get("arn"))]
            for arn in literal:
                yield f"{path} gives weight to {arn}, which no release of this stack has", rule.urn


def _depended(resource: PolicyResource, kinds: tuple[str, ...]) -> set[str]:
    """ARNs of the resources of these types that it refers to."""
    every = [*resource.dependencies, *(one for found in resource.property_dependencies.values() for one in found)]
    return {str(_raw(one.props).get("arn")) for one in every if one.resource_type in kinds}


def _is_arn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("arn:")


def _watched(stack: Stack) -> Iterator[tuple[str, str]]:
    """Each group, or its target group, is named by an alarm."""
    watched: set[str] = set()
    for alarm in stack.resources:
        if alarm.resource_type in _ALARMS:
            every = [*alarm.dependencies, *(one for found in alarm.property_dependencies.values() for one in found)]
            watched |= {one.urn for one in every}
            watched |= {str(value) for value in members(_raw(alarm.props).get("dimensions")).values()}
    for group in stack.resources:
        if group.resource_type == GROUP:
            near = {group.urn, *(one.urn for one in group.dependencies if one.resource_type in TARGET_GROUPS)}
            if not watched & near and str(_raw(group.props).get("name")) not in watched:
                yield f"no alarm watches {group.name}", group.urn


def _raw(props: Mapping[str, Any]) -> Any:
    """The properties without the guard against unknown values, which are strings of their own there."""
    return _plain(props)


def _plain(value: Any) -> Any:
    target = value["__target"] if type(value).__name__ in ("_DictProxy", "_ListProxy") else value
    if isinstance(target, Mapping):
        return {key: _plain(item) for key, item in members(target).items()}
    if isinstance(target, list):
        return [_plain(item) for item in listed(target)]
    return target


RULES = (
    Rule(
        "health-of-users",
        "A group behind a balancer is judged by the balancer's health checks.",
        Severity.HIGH,
        "Set health_check_type='ELB'",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-checks-overview.html",
        (GROUP,),
        _balanced_health,
    ),
    Rule(
        "spread-in-production",
        "In production a group stands in several zones with several servers.",
        Severity.HIGH,
        "Give it subnets in more zones, and a higher min_size",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html",
        (GROUP,),
        _spread,
        settings={
            **_PRODUCTION,
            "zones": {"type": "number", "default": 2, "description": "The fewest subnets or zones."},
            "servers": {"type": "number", "default": 2, "description": "The lowest min_size."},
        },
    ),
    Rule(
        "drained",
        "A server that leaves may finish its requests, and not for ever.",
        Severity.MEDIUM,
        "Set deregistration_delay to what the longest request takes",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
        "edit-target-group-attributes.html#deregistration-delay",
        TARGET_GROUPS,
        _drained,
        settings={
            "longest_s": {"type": "number", "default": 3600, "description": "The longest drain time in seconds."}
        },
    ),
    Rule(
        "traffic-goes-somewhere",
        "A rule that forwards gives weight to something.",
        Severity.CRITICAL,
        "Give at least one target group a weight",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html",
        _ROUTES,
        _some_weight,
    ),
    Rule(
        "traffic-to-declared-releases",
        "Weight goes only to target groups that the stack declares.",
        Severity.HIGH,
        "Declare the release, or take its weight away",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html",
        (*_ROUTES, *TARGET_GROUPS),
        check_stack=_known_targets,
    ),
    Rule(
        "every-release-watched",
        "Every release has at least one alarm.",
        Severity.MEDIUM,
        "Add a metric alarm on the group or its target group",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
        (GROUP, *TARGET_GROUPS, *_ALARMS),
        check_stack=_watched,
        level=EnforcementLevel.ADVISORY,
    ),
)
