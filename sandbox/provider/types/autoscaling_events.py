"""What happens to Auto Scaling groups at a time, and what waits for their instances: schedules and lifecycle hooks."""

from __future__ import annotations

import datetime
from typing import Any

from sandbox.provider.aws import Retry
from sandbox.provider.limits import among, arn, between
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Type
from sandbox.provider.values import Values

_GONE = (("ValidationError", "not found"), ("ValidationError", "No Lifecycle Hook found"))

# https://www.pulumi.com/registry/packages/aws/api-docs/autoscaling/schedule/

_ACTION = {"AutoScalingGroupName": "{autoscalingGroupName}", "ScheduledActionName": "{id}"}
_SIZES = {"minSize": "MinSize", "maxSize": "MaxSize", "desiredCapacity": "DesiredCapacity"}

#: What the call forgets unless it is said again.
_KEPT = {"startTime": "StartTime", "endTime": "EndTime", "recurrence": "Recurrence", "timeZone": "TimeZone"}


def _timestamp(_name: str, value: Any) -> str | None:
    try:
        datetime.datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return f'"{value}" cannot be parsed as iso8601 Timestamp Format'
    return None


def _complete(parameters: Values, known: Values) -> None:
    """A size that nobody speaks of is 0; -1 says that the action leaves it alone."""
    for name, member in _SIZES.items():
        size = int(known.get(name, 0))
        parameters.pop(member, None)
        parameters |= {} if size == -1 else {member: size}
    parameters |= {member: known[name] for name, member in _KEPT.items() if name in known}


def _size(name: str) -> Field:
    def read(live: Live) -> int:
        told = live.answer.get(_SIZES[name])
        return -1 if told is None else told

    return Field(computed=True, read=read)


SCHEDULE = Type(
    "aws:autoscaling/schedule:Schedule",
    "autoscaling",
    inputs={
        "autoscalingGroupName": Field("AutoScalingGroupName", required=True, replace=Replace.CHANGED),
        "desiredCapacity": _size("desiredCapacity"),
        "endTime": Field(computed=True, limit=_timestamp),
        "maxSize": _size("maxSize"),
        "minSize": _size("minSize"),
        "recurrence": Field(computed=True),
        "scheduledActionName": Field(required=True, replace=Replace.CHANGED),
        "startTime": Field(computed=True, limit=_timestamp),
        "timeZone": Field(computed=True),
    },
    outputs={"arn": "ScheduledActionARN"},
    create=Call("PutScheduledUpdateGroupAction", adjust=_complete),
    reads=(
        Read(
            "DescribeScheduledActions",
            {"AutoScalingGroupName": "{autoscalingGroupName}", "ScheduledActionNames[0]": "{id}"},
            "ScheduledUpdateGroupActions[0]",
        ),
    ),
    updates=(Call("PutScheduledUpdateGroupAction", _ACTION, whole=True, adjust=_complete),),
    delete=Call("DeleteScheduledAction", _ACTION),
    id="ScheduledActionName",
    imported="{autoscalingGroupName}/{id}",
    gone=_GONE,
)

# https://www.pulumi.com/registry/packages/aws/api-docs/autoscaling/lifecyclehook/

_HOOK = {"AutoScalingGroupName": "{autoscalingGroupName}", "LifecycleHookName": "{id}"}
_HOOK_NAME = (
    r"[A-Za-z0-9\-_\/]+",
    'invalid value for {name} (no spaces or special characters except "-", "_", and "/")',
)

LIFECYCLE_HOOK = Type(
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    "autoscaling",
    inputs={
        "autoscalingGroupName": Field("AutoScalingGroupName", required=True, unread=True),
        "defaultResult": Field(computed=True, limit=among("CONTINUE", "ABANDON")),
        "heartbeatTimeout": Field(computed=True, limit=between(30, 7200)),
        "lifecycleTransition": Field(
            required=True, limit=among("autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING")
        ),
        "name": Field("LifecycleHookName", replace=Replace.CHANGED, computed=True),
        "notificationMetadata": Field(),
        "notificationTargetArn": Field("NotificationTargetARN", limit=arn),
        "roleArn": Field("RoleARN", limit=arn),
    },
    outputs={},
    create=Call("PutLifecycleHook"),
    reads=(
        Read(
            "DescribeLifecycleHooks",
            {"AutoScalingGroupName": "{autoscalingGroupName}", "LifecycleHookNames[0]": "{id}"},
            "LifecycleHooks[0]",
        ),
    ),
    updates=(Call("PutLifecycleHook", _HOOK, whole=True),),
    delete=Call("DeleteLifecycleHook", _HOOK),
    id="LifecycleHookName",
    imported="{autoscalingGroupName}/{id}",
    naming=Naming(255, 0, (_HOOK_NAME,)),
    retries=(Retry("ValidationError", 300, "Unable to publish test message to notification target"),),
    gone=_GONE,
)

ROWS = (SCHEDULE, LIFECYCLE_HOOK)
