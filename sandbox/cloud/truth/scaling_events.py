"""Scheduled actions and lifecycle hooks: settings that moto forgets or makes up, and refusals that it doesn't give.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.moto_api._internal import mock_random

from sandbox.cloud.truth import hook_messages
from sandbox.cloud.truth.replacing import around, by_name

_DAYS_2 = 172800


def install() -> None:
    """Make the backend keep what AWS keeps."""
    _keep_actions()
    _keep_hooks()

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html
    @around(AutoScalingBackend, "delete_auto_scaling_group")
    def _delete(original: Any, self: Any, group_name: str, *arguments: Any, **named: Any) -> None:
        original(self, group_name, *arguments, **named)
        for held in (self.scheduled_actions, self.lifecycle_hooks):
            for key in [key for key, one in held.items() if one.auto_scaling_group_name == group_name]:
                del held[key]


def _check_group(backend: Any, name: str) -> None:
    if name not in backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")


def _keep_actions() -> None:
    # Two groups may each have an action of the same name: moto has one for all.
    @around(AutoScalingBackend, "put_scheduled_update_group_action")
    def _put(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        group = by_name(original, self, *arguments, **named)["name"]
        _check_group(self, group)
        action = original(self, *arguments, **named)
        name = action.scheduled_action_name
        del self.scheduled_actions[name]
        known = self.scheduled_actions.get((group, name))
        start = f"arn:aws:autoscaling:{self.region_name}:{self.account_id}:scheduledUpdateGroupAction"
        made = f"{start}:{mock_random.uuid4()}:autoScalingGroupName/{group}:scheduledActionName/{name}"
        action.scheduled_action_arn = known.scheduled_action_arn if known else made
        self.scheduled_actions[group, name] = action
        return action

    @around(AutoScalingBackend, "delete_scheduled_action")
    def _delete(original: Any, self: Any, auto_scaling_group_name: str, scheduled_action_name: str) -> None:
        original(self, auto_scaling_group_name, scheduled_action_name)
        del self.scheduled_actions[auto_scaling_group_name, scheduled_action_name]


def _keep_hooks() -> None:
    # What a call leaves out stays as it is, and an empty text takes it away.
    @around(AutoScalingResponse, "put_lifecycle_hook")
    def _put(original: Any, self: Any) -> Any:
        backend, name = self.autoscaling_backend, self._get_param("AutoScalingGroupName")
        _check_group(backend, name)
        key = f"{name}_{self._get_param('LifecycleHookName')}"
        known = backend.lifecycle_hooks.get(key)
        if target := self._get_param("NotificationTargetARN"):
            hook_messages.test(backend.autoscaling_groups[name], target, self._get_param("RoleARN"), time.time())
        answer = original(self)
        hook = backend.lifecycle_hooks[key]
        for attribute, member in {
            "lifecycle_transition": "LifecycleTransition",
            "heartbeat_timeout": "HeartbeatTimeout",
            "default_result": "DefaultResult",
        }.items():
            if known and self._get_param(member) is None:
                setattr(hook, attribute, getattr(known, attribute))
        for attribute, member in {
            "notification_target_arn": "NotificationTargetARN",
            "notification_metadata": "NotificationMetadata",
            "role_arn": "RoleARN",
        }.items():
            given = self._get_param(member)
            setattr(hook, attribute, getattr(known, attribute, None) if given is None else given or None)
        hook.global_timeout = min(_DAYS_2, 100 * hook.heartbeat_timeout)
        return answer

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLifecycleHook.html
    @around(AutoScalingBackend, "delete_lifecycle_hook")
    def _delete(original: Any, self: Any, as_name: str, name: str) -> None:
        if f"{as_name}_{name}" not in self.lifecycle_hooks:
            raise ValidationError(f"No Lifecycle Hook found with name: {name}")
        original(self, as_name, name)
