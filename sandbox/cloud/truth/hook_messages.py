"""What lifecycle hooks tell their topic or queue.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/prepare-for-lifecycle-notifications.html
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.moto_api._internal import mock_random


def tell(group: Any, instance: str, hook: Any, token: str, when: float) -> None:
    """Say that a hook holds an instance; without anyone to say it to, it is held all the same."""
    if not hook.notification_target_arn:
        return
    about = {
        "LifecycleActionToken": token,
        "AutoScalingGroupName": group.name,
        "LifecycleHookName": hook.name,
        "EC2InstanceId": instance,
        "LifecycleTransition": hook.lifecycle_transition,
    }
    if metadata := getattr(hook, "notification_metadata", None):
        about["NotificationMetadata"] = metadata
    ends = (
        ("EC2", "AutoScalingGroup") if hook.lifecycle_transition.endswith("LAUNCHING") else ("AutoScalingGroup", "EC2")
    )
    about |= {"Origin": ends[0], "Destination": ends[1]}
    with contextlib.suppress(Exception):  # Of whichever service: the queue, say, is gone.
        _send(hook.notification_target_arn, _message(group.account_id, when) | about)


def test(group: Any, target: str, role: str | None, now: float) -> None:
    """Say that a hook was made, or has another target.

    Raises:
        ValidationError: there is nothing at the target.
    """
    message = {
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Event": "autoscaling:TEST_NOTIFICATION",
    }
    try:
        _send(target, _message(group.account_id, now) | message)
    except Exception as error:
        raise ValidationError(
            f"Unable to publish test message to notification target {target} using IAM role {role}. Please check your "
            "target and role configuration and try to put lifecycle hook again."
        ) from error


def _message(account: str, when: float) -> dict[str, Any]:
    return {
        "AccountId": account,
        "RequestId": str(mock_random.uuid4()),
        "Service": "AWS Auto Scaling",
        "Time": datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _send(target: str, message: dict[str, Any]) -> None:
    # Each loads much that most clouds never need.
    _, _, service, region, account, name = target.split(":")
    if service == "sns":
        from moto.sns.models import sns_backends

        sns_backends[account][region].publish(message=json.dumps(message), arn=target, subject="Auto Scaling")
    else:
        from moto.sqs.models import sqs_backends

        sqs_backends[account][region].send_message(name, json.dumps(message), delay_seconds=0)
