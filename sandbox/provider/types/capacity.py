"""Code of Auto Scaling groups that no row can say: waiting for capacity, warm pools, draining before a delete.

Source: terraform-provider-aws, internal/service/autoscaling/group.go (what is waited for, and its errors).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sandbox.provider.aws import CloudError
from sandbox.provider.durations import duration_s, go_duration
from sandbox.provider.encode import element
from sandbox.provider.models import input_shape
from sandbox.provider.row import Field, Step
from sandbox.provider.values import Values

DELETE_TIMEOUT_S = 600.0

#: A sentence about what is missing, or None when there is enough; gets the instances and how many of them serve.
Judge = Callable[[int, int], str | None]


class CapacityError(Exception):
    """A group has not got the instances that were waited for."""


def wait_for_capacity(step: Step) -> None:
    """Wait for the instances that a new group, or one with other sizes, should have.

    Raises:
        CapacityError: a scaling activity failed, or time is up.
    """
    timeout_s = duration_s(str(step.new.get("waitForCapacityTimeout", "10m")))
    creating = not step.old
    if timeout_s <= 0 or not (creating or step.changed & {"minSize", "desiredCapacity", "desiredCapacityType"}):
        return
    judge = _at_least(step.new) if creating else _exactly({**step.old, **step.new})
    _wait(step, judge, timeout_s)


def keep_warm_pool(step: Step) -> None:
    """Make, change or remove the group's warm pool."""
    if "warmPool" not in step.changed:
        return
    pool = step.new.get("warmPool")
    if pool is None:
        _delete_warm_pool(step, step.new)
    else:
        shape = input_shape("autoscaling", "PutWarmPool")
        asked = element(Field(), pool, shape, "warmPool")
        step.aws.call("autoscaling", "PutWarmPool", {"AutoScalingGroupName": step.id, **asked})


def drain(step: Step) -> None:
    """Empty the group before it is deleted, unless `forceDelete` is set."""
    group = _described(step)
    if group is None:
        return
    if group.get("WarmPoolConfiguration"):
        _delete_warm_pool(step, step.old)
    if step.old.get("forceDelete"):
        return
    named = {"AutoScalingGroupName": step.id}
    step.aws.call("autoscaling", "UpdateAutoScalingGroup", {**named, "MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0})
    held = [one["InstanceId"] for one in group.get("Instances", []) if one.get("ProtectedFromScaleIn")]
    for index in range(0, len(held), 50):
        freed = {**named, "InstanceIds": held[index : index + 50], "ProtectedFromScaleIn": False}
        step.aws.call("autoscaling", "SetInstanceProtection", freed)
    deadline = time.monotonic() + (step.timeout_s or DELETE_TIMEOUT_S)
    while (group := _described(step)) is not None and group.get("Instances"):
        left = len(group["Instances"])
        if time.monotonic() > deadline:
            waited = go_duration(step.timeout_s or DELETE_TIMEOUT_S)
            raise CapacityError(
                f"waiting for Auto Scaling Group ({step.id}) drain: {left} instance(s) left after {waited}"
            )
        step.aws.report(step.urn, f"waiting for {left} instance(s) to end")
        step.aws.pause(0.5)


def force(parameters: Values, known: Values) -> None:
    """Add whether the group goes with its instances."""
    parameters["ForceDelete"] = bool(known.get("forceDelete"))


def _at_least(new: Values) -> Judge:
    wanted = int(new.get("desiredCapacity") or new["minSize"])
    serving = int(new.get("waitForElbCapacity") or new.get("minElbCapacity") or 0)
    return _judge("at least", wanted, serving, lambda have, want: have >= want)


def _exactly(known: Values) -> Judge:
    wanted = max(int(known["minSize"]), int(known.get("desiredCapacity") or 0))
    return _judge("exactly", wanted, int(known.get("waitForElbCapacity") or 0), lambda have, want: have == want)


def _judge(word: str, wanted: int, serving: int, enough: Callable[[int, int], bool]) -> Judge:
    def judge(healthy: int, in_balancer: int) -> str | None:
        if not enough(healthy, wanted):
            return f"want {word} {wanted} healthy instance(s) in Auto Scaling Group, have {healthy}"
        if serving and not enough(in_balancer, serving):
            return f"want {word} {serving} healthy instance(s) registered to Load Balancer, have {in_balancer}"
        return None

    return judge


def _wait(step: Step, judge: Judge, timeout_s: float) -> None:
    started = time.monotonic()
    while True:
        missing = judge(*_counts(step))
        if missing is None:
            return
        if not step.new.get("ignoreFailedScalingActivities"):
            _refuse_failure(step)
        if time.monotonic() - started > timeout_s:
            raise CapacityError(
                f"waiting for Auto Scaling Group ({step.id}) capacity satisfied: timeout while waiting for state to "
                f"become 'ok' (last state: '{missing}', timeout: {go_duration(timeout_s)})"
            )
        step.aws.report(step.urn, missing)
        step.aws.pause(0.5)


def _counts(step: Step) -> tuple[int, int]:
    """What healthy instances in service weigh, and those of them that serve in every target group of the group itself.

    An instance weighs one, unless its type is given a weight: the group's sizes are then in that unit.
    """
    group: Values = _described(step) or {}
    targets = [_healthy(step, arn) for arn in group.get("TargetGroupARNs", [])]
    up = {
        one["InstanceId"]: int(one.get("WeightedCapacity", 1))
        for one in group.get("Instances", [])
        if one["HealthStatus"].lower() == "healthy" and one["LifecycleState"] == "InService"
    }
    serving = [up[one] for one in up if targets and all(one in healthy for healthy in targets)]
    return sum(up.values()), sum(serving)


def _healthy(step: Step, target_group: str) -> set[str]:
    answer = step.aws.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": target_group})
    found = answer["TargetHealthDescriptions"]
    return {one["Target"]["Id"] for one in found if one["TargetHealth"]["State"] == "healthy"}


def _refuse_failure(step: Step) -> None:
    # All of a new group's activities are its creation's.
    begun = step.begun if step.old else 0.0
    answer = step.aws.call("autoscaling", "DescribeScalingActivities", {"AutoScalingGroupName": step.id})
    for activity in answer.get("Activities", []):
        if activity["StatusCode"] == "Failed" and activity["StartTime"].timestamp() >= begun:
            raise CapacityError(
                f"waiting for Auto Scaling Group ({step.id}) capacity satisfied: scaling activity "
                f"({activity['ActivityId']}): Failed: {activity.get('StatusMessage', '')}"
            )


def _delete_warm_pool(step: Step, settings: Values) -> None:
    forced = bool(settings.get("forceDelete") or settings.get("forceDeleteWarmPool"))
    try:
        step.aws.call("autoscaling", "DeleteWarmPool", {"AutoScalingGroupName": step.id, "ForceDelete": forced})
    except CloudError as error:
        if "No warm pool found" not in error.message:
            raise


def _described(step: Step) -> Any:
    found = step.aws.call("autoscaling", "DescribeAutoScalingGroups", {"AutoScalingGroupNames": [step.id]})
    return next(iter(found["AutoScalingGroups"]), None)
