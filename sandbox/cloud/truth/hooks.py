"""Lifecycle hooks hold an instance until somebody completes the action, or its time is over.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult
from moto.moto_api._internal import mock_random

from sandbox.cloud.truth import hook_messages
from sandbox.cloud.truth.replacing import around

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
CONTINUE, ABANDON = "CONTINUE", "ABANDON"


@dataclass
class Action:
    """What one hook waits for with one instance."""

    hook: str
    token: str
    heartbeat: float
    deadline: float
    limit: float
    default: str
    result: str | None = None
    completed: float = 0.0

    def outcome(self, now: float) -> tuple[str, float] | None:
        """How it ended, and when; None while it waits."""
        if self.result is not None:
            return self.result, self.completed
        return (self.default, self.deadline) if now >= self.deadline else None

    def beat(self, now: float) -> None:
        """Wait as long again, but not for ever."""
        self.deadline = min(now + self.heartbeat, self.limit)

    def complete(self, result: str, now: float) -> None:
        """End it."""
        self.result, self.completed = result, now

    def reason(self) -> str:
        """Why it came to nothing, in AWS's words."""
        why = "Heartbeat Timeout" if self.result is None else "Lifecycle Action Completed with ABANDON Result"
        return (
            f"Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {self.token} "
            f"was abandoned: {why}"
        )


def hold(group: Any, state: Any, transition: str, when: float) -> bool:
    """Let every hook of a transition begin to wait with an instance; False if there is none."""
    hooks = [
        hook
        for hook in group.autoscaling_backend.lifecycle_hooks.values()
        if hook.auto_scaling_group_name == group.name and hook.lifecycle_transition == transition
    ]
    state.actions = [
        Action(
            hook.name,
            str(mock_random.uuid4()),
            hook.heartbeat_timeout,
            when + hook.heartbeat_timeout,
            when + hook.global_timeout,
            hook.default_result,
        )
        for hook in hooks
    ]
    for hook, action in zip(hooks, state.actions, strict=True):
        hook_messages.tell(group, state.instance.id, hook, action.token, when)
    return bool(state.actions)


def outcome(state: Any, now: float) -> tuple[str, float] | None:
    """How an instance goes on, and since when: all its hooks let it, or one abandons it; None while it is held."""
    ends = [action.outcome(now) for action in state.actions]
    abandoned = [end for end in ends if end is not None and end[0] == ABANDON]
    if abandoned:
        return min(abandoned, key=lambda end: end[1])
    decided = [end for end in ends if end is not None]
    return max(decided, key=lambda end: end[1]) if len(decided) == len(ends) else None


def abandoned(state: Any, now: float) -> Action:
    """The action that abandoned an instance."""
    return next(action for action in state.actions if (action.outcome(now) or ("",))[0] == ABANDON)


def install() -> None:
    """Give Auto Scaling the calls that moto lacks, and hooks that come with their group."""

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html
    def _complete(self: Any) -> EmptyResult:
        result = self._get_param("LifecycleActionResult")
        if result not in (CONTINUE, ABANDON):
            raise ValidationError(f"Lifecycle Action Result must be one of [CONTINUE | ABANDON], not {result}")
        now = time.time()
        _action(self, now).complete(result, now)
        return EmptyResult()

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RecordLifecycleActionHeartbeat.html
    def _beat(self: Any) -> EmptyResult:
        now = time.time()
        _action(self, now).beat(now)
        return EmptyResult()

    responses: Any = AutoScalingResponse
    responses.complete_lifecycle_action, responses.record_lifecycle_action_heartbeat = _complete, _beat

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLifecycleHook.html
    @around(AutoScalingBackend, "delete_lifecycle_hook")
    def _delete(original: Any, self: Any, as_name: str, name: str) -> None:
        original(self, as_name, name)
        now = time.time()
        for state in self.autoscaling_groups[as_name].instance_states if as_name in self.autoscaling_groups else ():
            for action in state.actions:
                if action.hook == name and action.outcome(now) is None:
                    action.complete(ABANDON if state.lifecycle_state == "Pending:Wait" else CONTINUE, now)

    # moto drops the hooks that come with a group: they are there for its first instances.
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHookSpecification.html
    @around(AutoScalingResponse, "create_auto_scaling_group")
    def _create(original: Any, self: Any) -> Any:
        backend, name = self.autoscaling_backend, self._get_param("AutoScalingGroupName")
        if name in backend.autoscaling_groups:
            return original(self)  # It refuses the group.
        specified: list[dict[str, Any]] = self._get_param("LifecycleHookSpecificationList", [])
        for each in specified:
            hook = backend.create_lifecycle_hook(
                each["LifecycleHookName"],
                name,
                each["LifecycleTransition"],
                each.get("HeartbeatTimeout"),
                each.get("DefaultResult"),
            )
            hook.notification_target_arn = each.get("NotificationTargetARN")
            hook.notification_metadata, hook.role_arn = each.get("NotificationMetadata"), each.get("RoleARN")
            hook.global_timeout = min(172800, 100 * hook.heartbeat_timeout)
        try:
            return original(self)
        except Exception:
            for each in specified:
                backend.lifecycle_hooks.pop(f"{name}_{each['LifecycleHookName']}", None)
            raise


def _action(response: Any, now: float) -> Action:
    """The waiting action that a call names, by the instance or by its token."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    hook, instance, token = map(response._get_param, ("LifecycleHookName", "InstanceId", "LifecycleActionToken"))
    for state in group.instance_states:
        for action in state.actions if state.lifecycle_state.endswith(":Wait") else ():
            named = token == action.token if token else instance == state.instance.id
            if named and action.hook == hook and action.outcome(now) is None:
                return action
    which = f"token {token}" if token else f"instance ID {instance}"
    raise ValidationError(f"No active Lifecycle Action found with {which}")
