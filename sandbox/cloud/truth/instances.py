"""One instance of a group: how it comes into service and how it leaves.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState

from sandbox.cloud.seed import DRAINED_AFTER
from sandbox.cloud.state import changes
from sandbox.cloud.truth import activities, hooks
from sandbox.cloud.truth.images import tags

SERVING = "InService"
ACTIVE = ("Pending", "Pending:Wait", SERVING)
STOPPED = "an EC2 health check indicating it has been terminated or stopped"
OUT = "an instance was taken out of service in response to"


def install() -> None:
    """Give moto's models what an instance and its group have from the start."""
    state: Any = InstanceState
    state.activity, state.actions, state.failure = None, (), "a user health-check"
    state.in_service_at = state.drained_at = 0.0
    group: Any = FakeAutoScalingGroup
    group.asked, group.failed_at, group.replacing, group.updating = "", 0.0, 0, False


def begin(group: Any, state: Any, now: float) -> None:
    """An instance was launched."""
    state.lifecycle_state = "Pending"
    advance(group, state, now)


def end(group: Any, state: Any, cause: str, now: float) -> Any:
    """Let an instance leave its group; the activity that tells of it."""
    changes.note()
    if state.lifecycle_state.startswith("Pending"):
        state.activity.end(now, "Cancelled")
    state.lifecycle_state = "Terminating"
    instance = state.instance
    state.activity = activity = activities.begin(
        group,
        f"Terminating EC2 instance: {instance.id}",
        cause,
        now,
        subnet=instance.subnet_id,
        zone=state.availability_zone,
    )
    state.drained_at = now + deregister(group, instance)
    if state.drained_at > now:
        activity.wait("WaitingForELBConnectionDraining", 50)
    advance(group, state, now)
    return activity


def advance(group: Any, state: Any, now: float) -> None:
    """Let an instance go on as far as it may."""
    match state.lifecycle_state:
        case "Pending" if state.instance.state == "running":
            _hold_or_serve(group, state, max(state.activity.start_time.timestamp(), state.instance.runs_at))
        case "Pending" if state.instance.state != "pending":
            end(group, state, activities.sentence(now, f"{OUT} {STOPPED}"), now)
            return
        case "Pending:Wait" if outcome := hooks.outcome(state, now):
            if outcome[0] == hooks.ABANDON:
                state.activity.end(outcome[1], "Cancelled", hooks.abandoned(state, now).reason())
                _finish(group, state)
            else:
                _serve(group, state, outcome[1])
        case "Terminating" if now >= state.drained_at:
            if hooks.hold(group, state, hooks.TERMINATING, state.drained_at):
                state.lifecycle_state = "Terminating:Wait"
                state.activity.wait("MidLifecycleAction", 60)
            else:
                state.activity.end(state.drained_at)
                _finish(group, state)
        case "Terminating:Wait" if outcome := hooks.outcome(state, now):
            state.activity.end(outcome[1])
            _finish(group, state)
        case _:
            return
    changes.note()
    # What was due in the meantime is due all the same.
    advance(group, state, now)


def leave(group: Any, now: float) -> None:
    """End all instances at once: their group goes."""
    for state in list(group.instance_states):
        end(group, state, activities.sentence(now, f"{OUT} a user request"), now)
        if state in group.instance_states:
            state.activity.end(now)
            _finish(group, state)


def register(group: Any, when: float, states: Any = None) -> None:
    """Register instances in service, all if none are named, in the target groups of their group."""
    if any(process["ProcessName"] == "AddToLoadBalancer" for process in group.suspended_processes):
        return
    for state in group.instance_states if states is None else states:
        if state.lifecycle_state == SERVING and state.instance.state == "running":
            for target_group in _target_groups(group):
                target_group.registered_at.setdefault(state.instance.id, when)
                target_group.register([{"Id": state.instance.id, "Port": target_group.port}])


def _hold_or_serve(group: Any, state: Any, when: float) -> None:
    if hooks.hold(group, state, hooks.LAUNCHING, when):
        state.lifecycle_state = "Pending:Wait"
        state.activity.wait("MidLifecycleAction", 60)
    else:
        _serve(group, state, when)


def _serve(group: Any, state: Any, when: float) -> None:
    state.lifecycle_state, state.in_service_at = SERVING, when
    state.activity.end(when)
    register(group, when, [state])


def _finish(group: Any, state: Any) -> None:
    state.lifecycle_state = "Terminated"
    group.instance_states = [each for each in group.instance_states if each is not state]
    if state.instance.state != "terminated":
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
        state.instance.disable_api_termination = False
        group.ec2_backend.terminate_instances([state.instance.id])


def deregister(group: Any, instance: Any) -> float:
    """Take an instance out of its target groups; the seconds until its last connections end.

    Without connections it is gone at once, so the image's tag says how long they last.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    held = [each for each in _target_groups(group) if instance.id in each.targets]
    for each in held:
        each.deregister([{"Id": instance.id}])
    delays = [float(each.attributes["deregistration_delay.timeout_seconds"]) for each in held if each.in_use_since]
    return min(float(tags(group.ec2_backend, instance.image_id).get(DRAINED_AFTER, "0")), max(delays, default=0.0))


def _target_groups(group: Any) -> list[Any]:
    known = group.autoscaling_backend.elbv2_backend.target_groups
    return [known[arn] for arn in group.target_group_arns if arn in known]
