"""Which target groups the listeners and rules of load balancers name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any


def shares(action: dict[str, Any]) -> list[dict[str, Any]]:
    """What an action, as the API has it, shares requests between: target groups with weights."""
    return action.get("ForwardConfig", {}).get("TargetGroups", [])


def forwarded(action: dict[str, Any]) -> set[str]:
    """ARNs of the target groups that an action, as the API has it, sends requests to."""
    single = {action["TargetGroupArn"]} if action.get("TargetGroupArn") else set[str]()
    return {entry["TargetGroupArn"] for entry in shares(action)} | single


def rules(balancer: Any) -> Iterator[Any]:
    """All rules of a load balancer, those that hold a listener's default action too."""
    for listener in balancer.listeners.values():
        yield from listener.rules.values()


def named_by(balancers: Iterable[Any]) -> set[str]:
    """ARNs of the target groups that any rule of these load balancers names."""
    actions: Sequence[Any] = [action for each in balancers for rule in rules(each) for action in rule.actions]
    return {arn for action in actions for arn in forwarded(action.data)}


def named_groups(backend: Any) -> set[str]:
    """ARNs of the target groups in use."""
    return named_by(backend.load_balancers.values())
