"""Quotas: what stands, and what the next deploy adds to it, against what the account may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.digest import TAG_RELEASE
from components.layouts import plan
from components.settings import Settings
from operations.doctor.aws import SilentError, asked, client
from operations.doctor.finding import Finding, Machine, fail, ok, warn

_NEAR = 0.9
"""From here on it is worth a look."""


@dataclass(frozen=True)
class Additions:
    """What a deploy of the config would make beside what stands, while both stand."""

    fleets: int = 0
    target_groups: int = 0
    rules: int = 0


@dataclass(frozen=True)
class Quota:
    """`code` is Service Quotas' (service/code), by which it is raised; empty for one that can't be."""

    subject: str
    code: str
    default: int
    """As AWS documents it, for where no API tells the account's own."""
    limit: Callable[[Machine], int]
    standing: Callable[[Machine], int]
    adds: Callable[[Additions], int]


def quotas(machine: Machine) -> Iterator[Finding]:
    """Each, unless AWS can't be asked at all."""
    adds = additions(machine.declared.settings, _standing_releases(machine))
    for quota in QUOTAS:
        try:
            standing = quota.standing(machine)
        except SilentError as error:
            yield warn("quotas", f"not known: {error}", "See the finding about credentials first")
            return
        try:
            limit = quota.limit(machine)
        except (SilentError, KeyError):
            limit = None  # The right to ask for it is missing, say.
        yield judged(quota, limit, standing, quota.adds(adds))


def judged(quota: Quota, limit: int | None, standing: int, adds: int) -> Finding:
    """One, with AWS's own words for it."""
    may = quota.default if limit is None else limit
    more = f" and {adds} more with the next deploy" if adds else ""
    said = f"{standing} stand{more}, {may} may" + (" by default: the account's own isn't told" if limit is None else "")
    service, _, code = quota.code.partition("/")
    remedy = (
        f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} "
        f"--desired-value {2 * may}"
        if code
        else "It can't be raised: another stack, with a balancer of its own"
    )
    if standing + adds > may:
        return fail(quota.subject, said, remedy)
    return warn(quota.subject, said, remedy) if standing + adds >= _NEAR * may else ok(quota.subject, said)


def additions(settings: Settings | None, standing: Iterable[str]) -> Additions:
    """What the config's releases need that don't stand; old ones go only after the new ones are there."""
    known, fleets, served, services = set(standing), 0, 0, 0
    for name, service in settings.services.items() if settings else ():
        names = {plan(name, release).name: release for release in service.releases}
        new = [release for planned, release in names.items() if planned not in known]
        fleets += len(new)
        served += sum(release.port is not None for release in new)
        services += service.route is not None and len(new) == len(names)
    return Additions(fleets, served, served + services)  # a preview rule each, and a traffic rule for a new service


def _standing_releases(machine: Machine) -> list[str]:
    """Logical names of the releases whose groups the region has."""
    try:
        groups = _listed(machine, "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
    except SilentError:
        return []  # The quotas themselves tell.
    return [tag["Value"] for group in groups for tag in group["Tags"] if tag["Key"] == TAG_RELEASE]


def _listed(machine: Machine, service: str, operation: str, key: str, **asking: Any) -> list[Mapping[str, Any]]:
    paginator = client(machine, service).get_paginator(operation)
    with asked():
        return [one for page in paginator.paginate(**asking) for one in page[key]]


def _count(service: str, operation: str, key: str) -> Callable[[Machine], int]:
    return lambda machine: len(_listed(machine, service, operation, key))


def _of_fullest_balancer(machine: Machine) -> int:
    """Target groups of the balancer that has most."""
    groups = _listed(machine, "elbv2", "describe_target_groups", "TargetGroups")
    return max(Counter(arn for group in groups for arn in group["LoadBalancerArns"]).values(), default=0)


def _rules_of_fullest_balancer(machine: Machine) -> int:
    """Rules, but the listeners' defaults, of the balancer that has most."""
    balancers = _listed(machine, "elbv2", "describe_load_balancers", "LoadBalancers")
    return max(
        (_rules(machine, one["LoadBalancerArn"]) for one in balancers if one["Type"] == "application"), default=0
    )


def _rules(machine: Machine, balancer: str) -> int:
    listeners = _listed(machine, "elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer)
    rules = (_listed(machine, "elbv2", "describe_rules", "Rules", ListenerArn=one["ListenerArn"]) for one in listeners)
    return sum(not rule["IsDefault"] for listed in rules for rule in listed)


def _groups_limit(machine: Machine) -> int:
    aws = client(machine, "autoscaling")
    with asked():
        return aws.describe_account_limits()["MaxNumberOfAutoScalingGroups"]


def _templates_limit(machine: Machine) -> int:
    aws = client(machine, "service-quotas")
    with asked():
        return int(aws.get_service_quota(ServiceCode="ec2", QuotaCode="L-FB451C26")["Quota"]["Value"])


def _balancing_limit(name: str) -> Callable[[Machine], int]:
    def limit(machine: Machine) -> int:
        aws = client(machine, "elbv2")
        with asked():
            told = {one["Name"]: int(one["Max"]) for one in aws.describe_account_limits()["Limits"]}
        return told[name]

    return limit


#: Defaults: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html,
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html and
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
QUOTAS = (
    Quota(
        "Auto Scaling groups of the region",
        "autoscaling/L-CDE20ADC",
        500,
        _groups_limit,
        _count("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
        lambda adds: adds.fleets,
    ),
    Quota(
        "launch templates of the region",
        "ec2/L-FB451C26",
        5000,
        _templates_limit,
        _count("ec2", "describe_launch_templates", "LaunchTemplates"),
        lambda adds: adds.fleets,
    ),
    Quota(
        "target groups of the region",
        "elasticloadbalancing/L-B22855CB",
        3000,
        _balancing_limit("target-groups"),
        _count("elbv2", "describe_target_groups", "TargetGroups"),
        lambda adds: adds.target_groups,
    ),
    Quota(
        "target groups of a balancer",
        "",
        100,
        _balancing_limit("target-groups-per-application-load-balancer"),
        _of_fullest_balancer,
        lambda adds: adds.target_groups,
    ),
    Quota(
        "rules of a balancer",
        "elasticloadbalancing/L-7EED9B64",
        100,
        _balancing_limit("rules-per-application-load-balancer"),
        _rules_of_fullest_balancer,
        lambda adds: adds.rules,
    ),
)
