"""What users ask of a group's size and of its instances.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult

from sandbox.cloud.truth import instances
from sandbox.cloud.truth.activities import begin, sentence
from sandbox.cloud.truth.fleets import Keeper
from sandbox.cloud.truth.replacing import around


def install(keeper: Keeper) -> None:
    """Let the keeper do what moto does in its own way."""
    _resize(keeper)
    _end_instances(keeper)

    # moto registers whatever a group holds.
    @around(AutoScalingBackend, "update_attached_target_groups")
    def _register(_original: Any, self: Any, group_name: str) -> None:
        instances.register(self.autoscaling_groups[group_name], time.time())

    @around(AutoScalingBackend, "attach_instances")
    def _attach(original: Any, self: Any, group_name: str, instance_ids: list[str]) -> None:
        original(self, group_name, instance_ids)
        group, now = self.autoscaling_groups[group_name], time.time()
        for state in group.instance_states:
            if state.instance.id in instance_ids:
                state.in_service_at = now
                named = state.instance.id
                cause = sentence(now, f"an instance was attached in response to a user request: {named}")
                begin(group, f"Attaching an existing EC2 instance: {named}", cause, now).end(now)

    # moto leaves its target groups an instance that its group has given up, or set apart.
    @around(AutoScalingBackend, "detach_instances", "enter_standby_instances")
    def _set_apart(original: Any, self: Any, group_name: str, instance_ids: list[str], should_decrement: bool) -> Any:
        group = self.autoscaling_groups[group_name]
        for state in group.instance_states:
            if state.instance.id in instance_ids:
                instances.deregister(group, state.instance)
        return original(self, group_name, instance_ids, should_decrement)

    @around(AutoScalingBackend, "exit_standby_instances")
    def _return(original: Any, self: Any, group_name: str, instance_ids: list[str]) -> Any:
        told = original(self, group_name, instance_ids)
        instances.register(self.autoscaling_groups[group_name], time.time())
        return told


def _resize(keeper: Keeper) -> None:
    @around(FakeAutoScalingGroup, "set_desired_capacity")
    def _scale(_original: Any, self: Any, new_capacity: int | None) -> None:
        now, backend = time.time(), self.autoscaling_backend
        known = self.name in backend.autoscaling_groups
        before = self.desired_capacity if known else 0
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity
        if self.desired_capacity != before:
            change = f"changing the desired capacity from {before} to {self.desired_capacity}"
            self.asked, self.failed_at = sentence(now, f"{_request(self, known)} {change}") + "  ", 0.0
        keeper.settle(self, now)
        if known:
            backend.update_attached_elbs(self.name)

    # moto compares the sizes with the instances there are, not with those desired.
    @around(FakeAutoScalingGroup, "update")
    def _update(original: Any, self: Any, **named: Any) -> None:
        low, high = (getattr(self, size) if named[size] is None else named[size] for size in ("min_size", "max_size"))
        if named["desired_capacity"] is None:
            named["desired_capacity"] = max(low, min(high, self.desired_capacity))
        self.updating = True
        try:
            original(self, **named)
        finally:
            self.updating = False

    @around(AutoScalingBackend, "delete_auto_scaling_group")
    def _delete(original: Any, self: Any, group_name: str) -> None:
        if group_name in self.autoscaling_groups:
            instances.leave(self.autoscaling_groups[group_name], time.time())
        original(self, group_name)


def _end_instances(keeper: Keeper) -> None:
    # An instance that a user ended fails EC2's health check.
    @around(AutoScalingBackend, "notify_terminate_instances")
    def _replace(_original: Any, self: Any, _instance_ids: list[str]) -> None:
        now = time.time()
        for group in self.autoscaling_groups.values():
            keeper.settle(group, now)
            self.update_attached_elbs(group.name)

    @around(AutoScalingResponse, "set_instance_health")
    def _mark(original: Any, self: Any) -> Any:
        group, state = _found(self.autoscaling_backend, self._get_param("InstanceId"))
        now = time.time()
        respected = self._get_bool_param("ShouldRespectGracePeriod", True)
        if respected and now - state.in_service_at < float(group.health_check_grace_period):
            return EmptyResult()
        answer = original(self)
        keeper.settle(group, now)
        return answer

    @around(AutoScalingBackend, "terminate_instance")
    def _terminate(_original: Any, self: Any, instance_id: str, should_decrement: bool) -> Any:
        group, state = _found(self, instance_id)
        words, now = f"instance {instance_id} was taken out of service in response to a user request", time.time()
        if should_decrement:
            if group.desired_capacity <= group.min_size:
                raise ValidationError(
                    f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without "
                    "replacement will violate group's min size constraint. Either set "
                    "shouldDecrementDesiredCapacity flag to false or lower group's min size."
                )
            words += f", shrinking the capacity from {group.desired_capacity} to {group.desired_capacity - 1}"
            group.desired_capacity -= 1
        activity = instances.end(group, state, sentence(now, words), now)
        keeper.settle(group, now)
        return activity


def _request(group: Any, known: bool) -> str:
    """Who asked for another size, in AWS's words."""
    if not known:
        return "a user request created an AutoScalingGroup"
    if group.updating:
        sizes = f"min: {group.min_size}, max: {group.max_size}, desired: {group.desired_capacity}"
        return f"a user request update of AutoScalingGroup constraints to {sizes}"
    return "a user request explicitly set group desired capacity"


def _found(backend: Any, instance_id: str) -> tuple[Any, Any]:
    """An instance of a group, and the group."""
    for group in backend.autoscaling_groups.values():
        for state in group.instance_states:
            if state.instance.id == instance_id:
                return group, state
    raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
