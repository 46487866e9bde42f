"""Load balancing: values and settings out of bounds, which moto takes, or refuses at the bound itself.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from sandbox.cloud.truth.replacing import around, by_name
from sandbox.cloud.truth.use import shares

_DELAY = "deregistration_delay.timeout_seconds"

#: Seconds from and to, both allowed.
_SECONDS = {
    "client_keep_alive.seconds": (60, 604800),
    "idle_timeout.timeout_seconds": (1, 4000),
    _DELAY: (0, 3600),
    "slow_start.duration_seconds": (0, 900),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
}

#: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html
_HEAVIEST = 999


def install() -> None:
    """Make the backend refuse what AWS refuses, and no more."""
    _bound_attributes()
    _spread_zones()

    # The page of the range names no error.
    @around(ELBv2Backend, "create_listener", "modify_listener", "create_rule", "modify_rule")
    def _weigh(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        actions: list[dict[str, Any]] = asked["actions"] or []
        for weight in (share.get("Weight", 1) for action in actions for share in shares(action)):
            if not 0 <= int(weight) <= _HEAVIEST:
                raise ELBClientError(
                    "ValidationError", f"The weight of a target group must be between 0 and {_HEAVIEST}, not {weight}"
                )
        return original(self, *arguments, **named)


def _bound_attributes() -> None:
    @around(ELBv2Backend, "modify_load_balancer_attributes")
    def _modify(original: Any, self: Any, arn: str, attrs: Mapping[str, Any]) -> Any:
        _check(attrs)
        return original(self, arn, attrs)

    @around(ELBv2Backend, "modify_target_group_attributes")
    def _modify_group(original: Any, self: Any, target_group_arn: str, attributes: Mapping[str, Any]) -> None:
        _check(attributes)
        delay = attributes.get(_DELAY)
        # moto's range ends before its last value.
        original(self, target_group_arn, {**attributes, _DELAY: "0"} if delay else attributes)
        if delay:
            self.target_groups[target_group_arn].attributes[_DELAY] = delay


def _check(attributes: Mapping[str, Any]) -> None:
    for key, (lowest, highest) in _SECONDS.items():
        value = attributes.get(key)
        if value and not (str(value).isdigit() and lowest <= int(value) <= highest):
            raise ELBClientError(
                "ValidationError", f"'{key}' value '{value}' must be between '{lowest}-{highest}' inclusive"
            )


def _spread_zones() -> None:
    # "You must specify subnets from at least two Availability Zones."
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    @around(ELBv2Backend, "create_load_balancer")
    def _create(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        asked = by_name(original, self, *arguments, **named)
        _check_zones(self, asked["loadbalancer_type"], asked["subnet_ids"], asked["subnet_mappings"])
        return original(self, *arguments, **named)

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html
    @around(ELBv2Backend, "set_subnets")
    def _set(original: Any, self: Any, arn: str, subnets: Any, subnet_mappings: Any) -> Any:
        if arn in self.load_balancers:
            _check_zones(self, self.load_balancers[arn].type, subnets, subnet_mappings)
        return original(self, arn, subnets, subnet_mappings)


def _check_zones(
    backend: Any, kind: str | None, ids: Sequence[str] | None, mappings: Sequence[Mapping[str, str]] | None
) -> None:
    wanted = [*(ids or []), *(each["SubnetId"] for each in mappings or [])]
    known = {each.id: each.availability_zone for each in backend.ec2_backend.describe_subnets()}
    if kind not in (None, "application") or not wanted or not known.keys() >= {*wanted}:
        return  # The other kinds may stand in one zone; moto refuses what doesn't exist.
    zones = [known[each] for each in wanted]
    if len({*zones}) < len(zones):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if len(zones) < 2:
        raise ELBClientError(
            "ValidationError", "At least two subnets in two different Availability Zones must be specified"
        )
