"""Quotas: what is one too many is refused. moto has few of them.

The pages of the quotas are in `sandbox/cloud/quotas.py`; codes and words are those of the operations' own pages, and
where these name none a comment says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, RulesPerSecurityGroupLimitExceededError
from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response
from moto.servicequotas.models import ServiceQuotasBackend

from sandbox.cloud.quotas import Quotas
from sandbox.cloud.truth.replacing import around, by_name
from sandbox.cloud.truth.use import forwarded, named_by, rules


def install(quotas: Quotas) -> None:
    """Make the backends refuse what is beyond a quota."""
    _bound_groups(quotas)
    _bound_templates(quotas)
    _bound_security_groups(quotas)
    _bound_balancers(quotas)
    _bound_target_groups(quotas)
    _bound_actions(quotas)


def _bound_groups(quotas: Quotas) -> None:
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
    @around(AutoScalingBackend, "create_auto_scaling_group")
    def _create(original: Any, self: Any, name: str, **named: Any) -> Any:
        if name not in self.autoscaling_groups and len(self.autoscaling_groups) >= quotas.auto_scaling_groups:
            raise AutoscalingClientError(
                "LimitExceeded",
                "You have already reached a limit for your Amazon EC2 Auto Scaling resources (for example, Auto "
                "Scaling groups, launch configurations, or lifecycle hooks). For more information, see the "
                "DescribeAccountLimits API operation.",
            )
        return original(self, name, **named)

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAccountLimits.html
    def _tell(self: Any) -> ActionResult:
        backend = self.autoscaling_backend
        return ActionResult(
            {
                "MaxNumberOfAutoScalingGroups": quotas.auto_scaling_groups,
                "MaxNumberOfLaunchConfigurations": 200,
                "NumberOfAutoScalingGroups": len(backend.autoscaling_groups),
                "NumberOfLaunchConfigurations": len(backend.launch_configurations),
            }
        )

    AutoScalingResponse.describe_account_limits = _tell  # type: ignore[attr-defined]


def _bound_templates(quotas: Quotas) -> None:
    # The page of EC2's error codes names none for these.
    @around(EC2Backend, "create_launch_template")
    def _create(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        if len(self.launch_templates) >= quotas.launch_templates:
            raise EC2ClientError(
                "LaunchTemplateLimitExceeded",
                f"The maximum number of launch templates ({quotas.launch_templates}) has been reached.",
            )
        return original(self, *arguments, **named)

    @around(LaunchTemplate, "create_version")
    def _version(original: Any, self: Any, data: dict[str, Any], description: str) -> Any:
        if len(self.versions) >= quotas.versions_a_template:
            raise EC2ClientError(
                "LaunchTemplateVersionLimitExceeded",
                f"The maximum number of versions ({quotas.versions_a_template}) of launch template {self.id} has been "
                "reached.",
            )
        return original(self, data, description)

    # https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    @around(ServiceQuotasBackend, "get_service_quota")
    def _tell(original: Any, self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        if (service_code, quota_code) != ("ec2", "L-FB451C26"):
            return original(self, service_code, quota_code)
        told = {"ServiceCode": service_code, "QuotaCode": quota_code, "QuotaName": "Launch templates per Region"}
        return {**told, "Value": quotas.launch_templates}


def _bound_security_groups(quotas: Quotas) -> None:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    @around(EC2Backend, "create_security_group")
    def _create(original: Any, self: Any, name: str, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, name, *arguments, **named)
        made = sum(map(len, self.groups.values()))
        if made >= quotas.security_groups and not asked["is_default"]:
            vpc = asked["vpc_id"] or self.default_vpc.id
            raise EC2ClientError(
                "SecurityGroupLimitExceeded", f"The maximum number of security groups for VPC '{vpc}' has been reached."
            )
        return original(self, name, *arguments, **named)

    @around(EC2Backend, "run_instances")
    def _run(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        held: list[str] = by_name(original, self, *arguments, **named)["kwargs"].get("security_group_ids") or []
        if len({*held}) > quotas.security_groups_an_interface:
            raise EC2ClientError(
                "SecurityGroupsPerInterfaceLimitExceeded",
                "The maximum number of security groups per interface has been reached.",
            )
        return original(self, *arguments, **named)

    @around(EC2Backend, "_verify_group_will_respect_rule_count_limit")
    def _count(_original: Any, _self: Any, _group: Any, have: int, ranges: Any, sources: Any, **_: Any) -> None:
        if have + len(ranges or []) + len(sources or []) > quotas.rules_a_security_group:
            raise RulesPerSecurityGroupLimitExceededError


def _bound_balancers(quotas: Quotas) -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    @around(ELBv2Backend, "create_load_balancer")
    def _create(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        known = [*self.load_balancers.values()]
        kind = asked["loadbalancer_type"] or "application"
        alike = [each for each in known if each.type == kind and each.name != asked["name"]]
        if len(alike) >= quotas.load_balancers:
            raise ELBClientError(
                "TooManyLoadBalancers",
                "You've reached the limit on the number of load balancers for your Amazon Web Services account.",
            )
        return original(self, *arguments, **named)

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
    @around(ELBv2Backend, "create_listener")
    def _listen(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        balancer = _balancer(self, by_name(original, self, *arguments, **named))
        if balancer and len(balancer.listeners) >= quotas.listeners_a_balancer:
            raise ELBClientError(
                "TooManyListeners", "You've reached the limit on the number of listeners per load balancer."
            )
        return original(self, *arguments, **named)

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
    @around(ELBv2Backend, "create_rule")
    def _rule(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        balancer = _balancer(self, by_name(original, self, *arguments, **named))
        if balancer and sum(rule.priority != "default" for rule in rules(balancer)) >= quotas.rules_a_balancer:
            raise ELBClientError("TooManyRules", "You've reached the limit on the number of rules per load balancer.")
        return original(self, *arguments, **named)

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Limit.html
    @around(ELBV2Response, "describe_account_limits")
    def _tell(_original: Any, _self: Any) -> ActionResult:
        limits = {
            "application-load-balancers": quotas.load_balancers,
            "network-load-balancers": quotas.load_balancers,
            "listeners-per-application-load-balancer": quotas.listeners_a_balancer,
            "rules-per-application-load-balancer": quotas.rules_a_balancer,
            "target-groups": quotas.target_groups,
            "target-groups-per-action-on-application-load-balancer": quotas.target_groups_an_action,
            "target-groups-per-application-load-balancer": quotas.target_groups_a_balancer,
        }
        return ActionResult({"Limits": [{"Name": name, "Max": str(most)} for name, most in limits.items()]})


def _bound_target_groups(quotas: Quotas) -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    @around(ELBv2Backend, "create_target_group")
    def _create(original: Any, self: Any, name: str, **named: Any) -> Any:
        known = {each.name for each in self.target_groups.values()}
        if name not in known and len(known) >= quotas.target_groups:
            raise ELBClientError(
                "TooManyTargetGroups",
                "You've reached the limit on the number of target groups for your Amazon Web Services account.",
            )
        return original(self, name, **named)

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
    @around(ELBv2Backend, "register_targets")
    def _register(original: Any, self: Any, target_group_arn: str, instances: list[dict[str, Any]]) -> Any:
        group = self.target_groups.get(target_group_arn)
        if group and len({*group.targets, *(each["Id"] for each in instances)}) > quotas.targets_a_group:
            raise ELBClientError("TooManyTargets", "You've reached the limit on the number of targets.")
        return original(self, target_group_arn, instances)


def _bound_actions(quotas: Quotas) -> None:
    @around(ELBv2Backend, "create_listener", "modify_listener", "create_rule", "modify_rule")
    def _forward(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        if balancer := _balancer(self, asked):
            _check_groups(self, balancer, asked["actions"] or [], quotas)
        return original(self, *arguments, **named)


def _balancer(backend: Any, asked: dict[str, Any]) -> Any:
    """The load balancer that a call about a listener or a rule is about, by the ARN in it."""
    arn: str = next(asked[key] for key in ("load_balancer_arn", "listener_arn", "rule_arn", "arn") if asked.get(key))
    # …:listener-rule/app/NAME/ID/LISTENER/RULE
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    name = "/".join(rest.split("/")[:3]) if kind.startswith("listener") else rest
    return next((each for each in backend.load_balancers.values() if each.arn.endswith(f":loadbalancer/{name}")), None)


def _check_groups(backend: Any, balancer: Any, actions: Iterable[dict[str, Any]], quotas: Quotas) -> None:
    wanted = [forwarded(action) for action in actions]
    if any(len(groups) > quotas.target_groups_an_action for groups in wanted):
        # The page of limits doesn't name the error.
        raise ELBClientError(
            "InvalidLoadBalancerAction",
            f"A forward action can have at most {quotas.target_groups_an_action} target groups",
        )
    every = set[str]().union(*wanted)
    if len(named_by([balancer]) | every) > quotas.target_groups_a_balancer:
        raise ELBClientError(
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            "You've reached the limit on the number of unique target groups per load balancer across all listeners",
        )
    others = [each for each in backend.load_balancers.values() if each is not balancer]
    if taken := every & named_by(others):
        raise ELBClientError(
            "TargetGroupAssociationLimit",
            f"The following target groups cannot be associated with more than one load balancer: {', '.join(taken)}",
        )
