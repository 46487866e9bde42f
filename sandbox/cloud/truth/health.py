"""Target health as AWS has it, directed by the image's tags and by order. moto's targets are healthy for ever.

AWS checks the targets of a group only while a listener or a rule of a load balancer names the group, a new target
needs its time, one that leaves is drained while the group is in use, and an instance that ended is gone.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.ec2.models import EC2Backend
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup, elbv2_backends

from sandbox.cloud.orders import Orders
from sandbox.cloud.seed import HEALTH, HEALTHY_AFTER, UNHEALTHY_AFTER
from sandbox.cloud.truth.images import tags
from sandbox.cloud.truth.replacing import around
from sandbox.cloud.truth.use import named_groups

DEFAULT_HEALTHY_AFTER_S = 2.0
REGISTERING_S = 1.0

Verdict = tuple[str, str | None, str | None]

HEALTHY: Verdict = ("healthy", None, None)
FAILED: Verdict = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
REGISTERING: Verdict = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING: Verdict = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING: Verdict = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
UNREGISTERED: Verdict = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
UNUSED: Verdict = (
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)

#: Whatever changes which target groups are in use.
_ROUTING = (
    "create_listener",
    "modify_listener",
    "delete_listener",
    "create_rule",
    "modify_rule",
    "delete_rule",
    "delete_load_balancer",
)


def install(orders: Orders) -> None:
    """Replace what moto says about targets."""

    @around(FakeTargetGroup, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.in_use_since, self.registered_at, self.deregistered_at = None, {}, {}

    @around(ELBv2Backend, *_ROUTING)
    def _note_use(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        answer = original(self, *arguments, **named)
        named_now = named_groups(self)
        for group in self.target_groups.values():
            group.in_use_since = (group.in_use_since or time.time()) if group.arn in named_now else None
        return answer

    @around(FakeTargetGroup, "register")
    def _register(original: Any, self: Any, targets: list[dict[str, Any]]) -> None:
        original(self, targets)
        for target in targets:
            # An Auto Scaling group registers all its instances again whenever one comes.
            self.registered_at.setdefault(target["Id"], time.time())
            self.deregistered_at.pop(target["Id"], None)

    @around(FakeTargetGroup, "deregister")
    def _deregister(original: Any, self: Any, targets: list[dict[str, Any]]) -> None:
        original(self, targets)
        for target in targets:
            self.registered_at.pop(target["Id"], None)
            self.deregistered_at[target["Id"]] = time.time()

    @around(EC2Backend, "terminate_instances")
    def _leave(original: Any, self: Any, instance_ids: list[str]) -> Any:
        answer = original(self, instance_ids)
        backend: Any = elbv2_backends[self.account_id][self.region_name]
        for group in backend.target_groups.values():
            for each in instance_ids:
                for known in (group.targets, group.registered_at, group.deregistered_at, group.deregistered_targets):
                    known.pop(each, None)
        return answer

    @around(FakeTargetGroup, "health_for")
    def _health_for(original: Any, self: Any, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
        answer = original(self, target, ec2_backend)
        if target["Id"] in self.targets:
            # What moto doesn't call healthy is a stopped instance.
            verdict = _judge(self, target["Id"], ec2_backend, orders) if answer.status == "healthy" else None
        else:
            verdict = DRAINING if target["Id"] in _draining(self) else UNREGISTERED
        if verdict:
            answer.status, answer.reason, answer.description = verdict
        return answer

    @around(ELBv2Backend, "describe_target_health")
    def _describe(original: Any, self: Any, target_group_arn: str, targets: list[dict[str, Any]]) -> Any:
        group = self.target_groups.get(target_group_arn)
        if group and not targets:
            # Asked for all, moto forgets those that drain; and none at all would mean all to it.
            targets = [*group.targets.values(), *_draining(group).values()]
            if not targets:
                return []
        return original(self, target_group_arn, targets)


def _judge(group: Any, target: str, ec2: Any, orders: Orders) -> Verdict:
    if group.in_use_since is None:
        return UNUSED
    instance = ec2.get_instance_by_id(target)
    told = tags(ec2, instance.image_id) if instance else {}
    ordered = orders.of(target, *([instance.image_id] if instance else []))
    age = time.time() - max(group.in_use_since, group.registered_at[target])
    if age < float(told.get(HEALTHY_AFTER, DEFAULT_HEALTHY_AFTER_S)):
        return REGISTERING if age < REGISTERING_S else CHECKING
    if ordered:
        return HEALTHY if ordered == "healthy" else FAILED
    if told.get(HEALTH) == "never" or age >= float(told.get(UNHEALTHY_AFTER, "inf")):
        return FAILED
    return HEALTHY


def _draining(group: Any) -> dict[str, Any]:
    """Targets that left while their group was in use and whose deregistration delay hasn't passed."""
    if group.in_use_since is None:
        return {}
    delay = float(group.attributes["deregistration_delay.timeout_seconds"])
    recent = {each for each, when in group.deregistered_at.items() if time.time() - when < delay}
    return {each: target for each, target in group.deregistered_targets.items() if each in recent}
