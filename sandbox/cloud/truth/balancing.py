"""Load balancers, listeners and rules: refusals that AWS gives and moto doesn't."""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import (
    DuplicateListenerError,
    DuplicateLoadBalancerName,
    DuplicatePriorityError,
    ELBClientError,
    PriorityInUseError,
    RuleNotFoundError,
)
from moto.elbv2.models import (
    AvailabilityZone,
    ELBv2Backend,
    FakeAction,
    FakeLoadBalancer,
    FakeTargetGroup,
    elbv2_backends,
)

from sandbox.cloud.truth.replacing import around, by_name
from sandbox.cloud.truth.use import named_by, rules


def install() -> None:
    """Make the backend refuse what AWS refuses."""
    _refuse_duplicates()
    _order_rules()

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
    @around(ELBv2Backend, "delete_load_balancer")
    def _delete_load_balancer(original: Any, self: Any, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        if balancer and str(balancer.attrs["deletion_protection.enabled"]).lower() == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)

    # moto adds balancers to this list and takes none away: here it always says what is.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html
    def _load_balancer_arns(self: Any) -> list[str]:
        backend = elbv2_backends[self.account_id][self.region_name]
        return [each.arn for each in backend.load_balancers.values() if self.arn in named_by([each])]

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAddress.html
    def _zones(self: Any) -> list[AvailabilityZone]:
        zones = [AvailabilityZone(subnet) for subnet in self.subnets]
        for zone in zones:
            if mapped := self.mappings.get(zone.subnet_id):
                told: Any = zone
                told.load_balancer_addresses = [{key: one for key, one in mapped.items() if key != "SubnetId"}]
        return zones

    balancer: Any = FakeLoadBalancer
    balancer.availability_zones = property(_zones)
    balancer.mappings = {}

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
    @around(ELBv2Backend, "_validate_actions")
    def _validate(original: Any, self: Any, actions: list[FakeAction]) -> None:
        original(self, [action for action in actions if action.type != "jwt-validation"])

    target_group: Any = FakeTargetGroup
    target_group.load_balancer_arns = property(_load_balancer_arns, lambda _self, _value: None)


def _refuse_duplicates() -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    @around(ELBv2Backend, "create_load_balancer")
    def _create_load_balancer(original: Any, self: Any, name: str, *arguments: Any, **named: Any) -> Any:
        if any(each.name == name for each in self.load_balancers.values()):
            raise DuplicateLoadBalancerName()
        asked = by_name(original, self, name, *arguments, **named)
        balancer = _name_kind(self, original(self, name, *arguments, **named))
        mappings: list[dict[str, Any]] = asked["subnet_mappings"] or []
        balancer.mappings = {mapping["SubnetId"]: mapping for mapping in mappings}
        return balancer

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
    @around(ELBv2Backend, "create_listener")
    def _create_listener(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        balancer = self.load_balancers.get(asked["load_balancer_arn"])
        if balancer and any(str(each.port) == str(asked["port"]) for each in balancer.listeners.values()):
            raise DuplicateListenerError()
        if asked["protocol"] == "HTTPS" and not asked["certificate"]:
            raise ELBClientError("ValidationError", "A certificate must be specified for HTTPS listeners")
        return original(self, *arguments, **named)


def _name_kind(backend: Any, balancer: Any) -> Any:
    """Put the kind of balancer into its ARN, where moto calls each one an application's.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
    """
    if kind := {"network": "net", "gateway": "gwy"}.get(balancer.type):
        was, balancer.arn = balancer.arn, balancer.arn.replace("/app/", f"/{kind}/", 1)
        backend.load_balancers[balancer.arn] = backend.load_balancers.pop(was)
        backend.tagging_service.copy_tags(was, balancer.arn)
        backend.tagging_service.delete_all_tags_for_resource(was)
    return balancer


def _order_rules() -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteRule.html
    @around(ELBv2Backend, "delete_rule")
    def _delete_rule(original: Any, self: Any, arn: str) -> None:
        if arn not in _by_arn(self):
            raise RuleNotFoundError(f"One or more rules not found: {arn}")
        _refuse_default(self, arn, "deleted")
        original(self, arn)

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html
    @around(ELBv2Backend, "modify_rule")
    def _modify_rule(original: Any, self: Any, rule_arn: str, conditions: Any, actions: Any) -> Any:
        if rule_arn in _by_arn(self):
            _refuse_default(self, rule_arn, "modified")
        return original(self, rule_arn, conditions, actions)

    # Two rules may swap their priorities in one call; moto sees each as taken by the other.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html
    @around(ELBv2Backend, "set_rule_priorities")
    def _set_rule_priorities(_original: Any, self: Any, rule_priorities: list[dict[str, Any]]) -> list[Any]:
        wanted = {each["RuleArn"]: each["Priority"] for each in rule_priorities}
        found = _by_arn(self)
        if len({*wanted.values()}) < len(wanted):
            raise DuplicatePriorityError(", ".join(map(str, wanted.values())))
        if missing := wanted.keys() - found.keys():
            raise RuleNotFoundError(f"One or more rules not found: {', '.join(missing)}")
        listeners = {found[arn].listener_arn for arn in wanted}
        kept = [rule for arn, rule in found.items() if arn not in wanted and rule.listener_arn in listeners]
        if any(rule.priority in wanted.values() for rule in kept):
            raise PriorityInUseError()
        for arn, priority in wanted.items():
            found[arn].priority = priority
        return [found[arn] for arn in wanted]


def _refuse_default(backend: Any, arn: str, done: str) -> None:
    """The default rule changes and goes with its listener only."""
    if _by_arn(backend)[arn].priority == "default":
        raise ELBClientError("OperationNotPermitted", f"Default rule '{arn}' cannot be {done}")


def _by_arn(backend: Any) -> dict[str, Any]:
    return {rule.arn: rule for balancer in backend.load_balancers.values() for rule in rules(balancer)}
