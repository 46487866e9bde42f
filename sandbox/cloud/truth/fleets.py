"""Groups keep their size: instances that leave, or whose health checks fail, are replaced, and what failed is retried.

Nothing happens by itself: whoever asks EC2, Auto Scaling or the load balancers first finds done what is due.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.ec2.models import ec2_backends
from moto.ec2.responses import EC2Response
from moto.elbv2.responses import ELBV2Response

from sandbox.cloud.orders import Orders
from sandbox.cloud.state import changes
from sandbox.cloud.truth import booting, instances, launching
from sandbox.cloud.truth.activities import begin, sentence
from sandbox.cloud.truth.instances import ACTIVE, OUT, SERVING, STOPPED
from sandbox.cloud.truth.launching import CapacityError, LaunchError, launch, leaving, wanted
from sandbox.cloud.truth.replacing import around

#: How soon a launch that failed is tried again; AWS doesn't say.
RETRY_S = 2.0
DIFFERENCE = "in response to a difference between desired and actual capacity"


class Keeper:
    """Brings groups to what they should be now."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def settle(self, group: Any, now: float) -> None:
        """Do all that is due in a group."""
        for state in list(group.instance_states):
            instances.advance(group, state, now)
        suspended = {process["ProcessName"] for process in group.suspended_processes}
        if "HealthCheck" not in suspended:
            _check(group, now)
        if not suspended & {"ReplaceUnhealthy", "Terminate"}:
            _remove_unhealthy(group, now)
        active = [state for state in group.instance_states if state.lifecycle_state in ACTIVE]
        missing = wanted(group) - len(active)
        if missing > 0 and "Launch" not in suspended and now - group.failed_at >= RETRY_S:
            self._launch(group, len(active), missing, now)
        elif missing < 0 and "Terminate" not in suspended:
            _shrink(group, active, -missing, now)

    def _launch(self, group: Any, have: int, missing: int, now: float) -> None:
        asked, group.asked = group.asked, ""
        for _ in range(missing):
            words = f"an instance was started {DIFFERENCE}, increasing the capacity from {have} to {have + missing}"
            if group.replacing:
                group.replacing -= 1
                words = "an instance was launched in response to an unhealthy instance needing to be replaced"
            cause = asked + sentence(now, words)
            changes.note()
            try:
                state = launch(group, self._orders)
            except LaunchError as error:
                if group.name not in group.autoscaling_backend.autoscaling_groups and not isinstance(
                    error, CapacityError
                ):
                    # AWS looks at the template before it makes the group.
                    reason = str(error).removesuffix(" Launching EC2 instance failed.")
                    raise ValidationError(f"You must use a valid fully-formed launch template. {reason}") from error
                group.failed_at = now
                begin(group, "Launching a new EC2 instance", cause, now).end(now, "Failed", str(error))
                continue
            instance = state.instance
            state.activity = begin(
                group,
                f"Launching a new EC2 instance: {instance.id}",
                cause,
                now,
                subnet=instance.subnet_id,
                zone=state.availability_zone,
                status="PreInService",
            )
            instances.begin(group, state, now)


def install(orders: Orders) -> None:
    """Let who asks find done what is due."""
    keeper = Keeper(orders)
    instances.install()
    launching.install()
    # It needs a keeper, and a keeper nothing of it.
    from sandbox.cloud.truth import resizing

    resizing.install(keeper)

    @around(EC2Response, "call_action")
    @around(AutoScalingResponse, "call_action")
    @around(ELBV2Response, "call_action")
    def _settle_first(original: Any, self: Any) -> Any:
        settle_all(keeper, self.current_account, self.region)
        return original(self)


def settle_all(keeper: Keeper, account: str, region: str) -> None:
    """Do all that is due in a region; that the services are not used there changes nothing."""
    ec2: Any = ec2_backends[account].get(region)
    autoscaling: Any = autoscaling_backends[account].get(region)
    if ec2 is None or not (ec2.reservations or (autoscaling and autoscaling.autoscaling_groups)):
        return
    now = time.time()
    booting.settle(ec2, now)
    for group in list(autoscaling.autoscaling_groups.values()) if autoscaling else ():
        keeper.settle(group, now)


def _check(group: Any, now: float) -> None:
    """EC2's health checks, and where the group wants them those of its target groups."""
    for state in group.instance_states:
        if state.lifecycle_state != SERVING or state.health_status.lower() != "healthy":
            continue
        if state.instance.state not in ("pending", "running"):
            _mark(state, STOPPED)
        elif group.health_check_type == "ELB" and now - state.in_service_at >= float(group.health_check_grace_period):
            backend = group.autoscaling_backend.elbv2_backend
            groups = [backend.target_groups[arn] for arn in group.target_group_arns if arn in backend.target_groups]
            target = {"Id": state.instance.id}
            if any(each.health_for(target, group.ec2_backend).status == "unhealthy" for each in groups):
                _mark(state, "an ELB system health check failure")


def _mark(state: Any, failure: str) -> None:
    changes.note()
    state.health_status, state.failure = "Unhealthy", failure


def _remove_unhealthy(group: Any, now: float) -> None:
    for state in list(group.instance_states):
        if state.lifecycle_state == SERVING and state.health_status.lower() != "healthy":
            cause = sentence(now, f"{OUT} {state.failure}")
            group.replacing += 1
            instances.end(group, state, cause, now)


def _shrink(group: Any, active: list[Any], count: int, now: float) -> None:
    gone = leaving(active, count)
    if not gone:
        return
    asked, group.asked = group.asked, ""
    words = f"an instance was taken out of service {DIFFERENCE}, shrinking the capacity from {len(active)} to "
    selected = [f"instance {state.instance.id} was selected for termination" for state in gone]
    parts = [f"{words}{len(active) - len(gone)}", *selected]
    cause = asked + "  ".join(sentence(now, part) for part in parts)
    for state in gone:
        instances.end(group, state, cause, now)
