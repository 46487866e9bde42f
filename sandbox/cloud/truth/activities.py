"""Scaling activities: every launch and every end of an instance of a group, with its cause. moto's list is empty.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-verify-scaling-activity.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from sandbox.cloud.truth.replacing import around

#: AWS keeps those of six weeks; a group that can't launch would fill the memory.
KEPT = 2000
PAGE = 100


@dataclass
class Activity:
    """One, as the API tells it: in progress until it has an `end_time`."""

    auto_scaling_group_name: str
    auto_scaling_group_arn: str
    description: str
    cause: str
    start_time: datetime
    status_code: str
    progress: int
    details: str
    status_message: str | None = None
    end_time: datetime | None = None
    activity_id: str = field(default_factory=lambda: str(mock_random.uuid4()))

    def wait(self, status: str, progress: int) -> None:
        """What it waits for now."""
        self.status_code, self.progress = status, progress

    def end(self, when: float, status: str = "Successful", message: str | None = None) -> None:
        """It is over."""
        self.status_code, self.progress, self.end_time = status, 100, moment(when)
        if message is not None:
            self.status_message = message
            self.description += f"{'' if self.description.endswith('.') else '.'}  Status Reason: {message}"


def install() -> None:
    """Make the backend keep and tell activities."""

    @around(AutoScalingBackend, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.activities = list[Activity]()

    # What moto makes of a user's request to detach, or to enter or leave standby.
    @around(AutoScalingBackend, "detach_instances", "enter_standby_instances", "exit_standby_instances")
    def _keep(original: Any, self: Any, group_name: str, *arguments: Any, **named: Any) -> Any:
        made = original(self, group_name, *arguments, **named)
        group = self.autoscaling_groups[group_name]
        for each in made:
            when = each.start_time.replace(tzinfo=UTC).timestamp()
            begin(group, each.description, each.cause, when, status=each.status_code).end(when)
        return made

    @around(AutoScalingResponse, "describe_scaling_activities")
    def _describe(_original: Any, self: Any) -> ActionResult:
        found = _found(self.autoscaling_backend, self._get_param("AutoScalingGroupName"), self._get_bool_param)
        if wanted := self._get_param("ActivityIds", []):
            found = [each for each in found if each.activity_id in wanted]
        # Those in progress first, then the newest.
        newest = found[::-1]
        found = sorted(newest, key=lambda each: each.end_time is not None)
        ids, token = [each.activity_id for each in found], self._get_param("NextToken")
        if token and token not in ids:
            raise ValidationError(f"Invalid next token: {token}")
        first = ids.index(token) if token else 0
        last = first + (self._get_int_param("MaxRecords") or PAGE)
        return ActionResult({"Activities": found[first:last], "NextToken": next(iter(ids[last : last + 1]), None)})


def begin(group: Any, description: str, cause: str, when: float, **more: Any) -> Activity:
    """Note one that begins; `more` may say where, and its `status`."""
    place = {"Subnet ID": more.get("subnet"), "Availability Zone": more.get("zone")}
    activity = Activity(
        group.name,
        group.arn,
        description,
        cause,
        moment(when),
        more.get("status", "InProgress"),
        30,
        json.dumps({key: value for key, value in place.items() if value}),
    )
    kept = group.autoscaling_backend.activities
    kept.append(activity)
    del kept[:-KEPT]
    return activity


def in_progress(group: Any) -> Activity | None:
    """An activity of a group that isn't over."""
    return next((each for each in _of(group) if each.end_time is None), None)


def blocked(group: Any, now: float) -> Activity | None:
    """The activity that keeps a group from the next one: it isn't over, or the group still cools down from it.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html
    """
    cooling = moment(now - float(group.default_cooldown or 0))
    return in_progress(group) or next((each for each in _of(group) if each.end_time and each.end_time > cooling), None)


def _of(group: Any) -> list[Activity]:
    return [each for each in group.autoscaling_backend.activities if each.auto_scaling_group_arn == group.arn]


def sentence(when: float, words: str) -> str:
    """A part of a cause, as AWS says it."""
    return f"At {moment(when):%Y-%m-%dT%H:%M:%SZ} {words}."


def moment(when: float) -> datetime:
    """A time as the API has it."""
    return datetime.fromtimestamp(when, UTC)


def _found(backend: Any, name: str | None, flag: Any) -> list[Activity]:
    arns = {group.arn for group in backend.autoscaling_groups.values()}
    every = flag("IncludeDeletedGroups", False)
    found = [each for each in backend.activities if every or each.auto_scaling_group_arn in arns]
    if name is None:
        return found
    if not every and name not in backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return [each for each in found if each.auto_scaling_group_name == name]
