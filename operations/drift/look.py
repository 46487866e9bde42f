"""What the cloud says of a stack's fleets and no state holds: instances, targets, suspended processes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from components.digest import TAG_RELEASE, TAG_STACK
from operations.drift.held import Fleet
from operations.orphans import Client
from policies.allowed import tags_of

_LEAVING = ("Terminating", "Terminated", "Detaching", "Detached")
_PROTECTED = "NewInstancesProtectedFromScaleIn"
_AT_ONCE = 200
"""Values in a filter of EC2's."""


@dataclass(frozen=True)
class Instance:
    """One instance, as EC2 and its group tell of it."""

    id: str
    image: str
    type: str
    security_groups: frozenset[str]
    profile: str
    """The instance profile's ARN; empty without."""
    needs_token: bool
    """Whether metadata requests have to bring one (IMDSv2)."""
    template: str
    """Id of the launch template that it was launched from; empty without."""
    version: str
    release: str
    """Of its tag; empty without."""
    is_in_a_group: bool
    user_data: str = ""
    """In base64; empty without."""
    lifecycle: str = ""
    """`InService`, `Standby`, …"""
    is_protected: bool = False
    """From scale-in, where its group's instances are not."""


@dataclass(frozen=True)
class Seen:
    """A fleet's group now."""

    instances: tuple[Instance, ...]
    targets: frozenset[str]
    """Ids in its target group; those that drain are left out."""
    suspended: Mapping[str, str]
    """Processes, with AWS's reason."""


def look(client: Client, fleets: Collection[Fleet], owner: str) -> tuple[dict[str, Seen], list[Instance]]:
    """By release what its group is now, if it is there; and what runs with the stack's tags in no group.

    Raises:
        ClientError, BotoCoreError: AWS doesn't answer.
    """
    # Targets first: one that is registered later is in its group by then, and no stranger.
    targets = {one.release: _targets(client("elbv2"), one.target_group) for one in fleets}
    groups = _groups(client("autoscaling"), [one.group for one in fleets])
    members = {
        one["InstanceId"]: (one["LifecycleState"], one["ProtectedFromScaleIn"] and not group.get(_PROTECTED, False))
        for group in groups.values()
        for one in group["Instances"]
        if not one["LifecycleState"].startswith(_LEAVING)
    }
    ec2 = client("ec2")
    running = {one.id: one for one in _running(ec2, [{"Name": f"tag:{TAG_STACK}", "Values": [owner]}])}
    untagged = [id_ for id_ in members if id_ not in running]
    for start in range(0, len(untagged), _AT_ONCE):
        some = untagged[start : start + _AT_ONCE]
        running |= {one.id: one for one in _running(ec2, [{"Name": "instance-id", "Values": some}])}
    with ThreadPoolExecutor(8) as pool:  # EC2 tells user data of one instance at a time.
        standing = [str(id_) for id_ in members if id_ in running]
        for id_, user_data in zip(standing, pool.map(partial(_user_data, ec2), standing), strict=True):
            state, is_protected = members[id_]
            running[id_] = replace(running[id_], user_data=user_data, lifecycle=state, is_protected=is_protected)
    seen = {
        one.release: Seen(
            tuple(running[each["InstanceId"]] for each in group["Instances"] if each["InstanceId"] in standing),
            targets[one.release],
            {each["ProcessName"]: each.get("SuspensionReason", "") for each in group["SuspendedProcesses"]},
        )
        for one in fleets
        if (group := groups.get(one.group))
    }
    return seen, [one for one in running.values() if not one.is_in_a_group]


def _targets(elb: Any, target_group: str | None) -> frozenset[str]:
    if target_group is None:
        return frozenset()
    try:
        found = elb.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
    except elb.exceptions.TargetGroupNotFoundException:
        return frozenset()
    return frozenset(one["Target"]["Id"] for one in found if one["TargetHealth"]["State"] != "draining")


def _groups(autoscaling: Any, names: list[str]) -> dict[str, Mapping[str, Any]]:
    if not names:
        return {}
    pages = autoscaling.get_paginator("describe_auto_scaling_groups").paginate(AutoScalingGroupNames=names)
    return {group["AutoScalingGroupName"]: group for page in pages for group in page["AutoScalingGroups"]}


def _running(ec2: Any, filters: list[Mapping[str, Any]]) -> Iterator[Instance]:
    alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    for page in ec2.get_paginator("describe_instances").paginate(Filters=[*filters, alive]):
        for reservation in page["Reservations"]:
            yield from map(_instance, reservation["Instances"])


def _instance(told: Mapping[str, Any]) -> Instance:
    tags = tags_of(told)
    profile: Mapping[str, str] = told.get("IamInstanceProfile") or {}
    return Instance(
        told["InstanceId"],
        told["ImageId"],
        told["InstanceType"],
        frozenset(each["GroupId"] for each in told["SecurityGroups"]),
        profile.get("Arn", ""),
        told["MetadataOptions"]["HttpTokens"] == "required",
        # Tags of EC2's own, which nobody can edit: what a group tells of its instances' template is the group's.
        tags.get("aws:ec2launchtemplate:id", ""),
        tags.get("aws:ec2launchtemplate:version", ""),
        tags.get(TAG_RELEASE, ""),
        "aws:autoscaling:groupName" in tags,
    )


def _user_data(ec2: Any, instance: str) -> str:
    try:
        told = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    except ClientError as error:
        answer: Any = error.response
        if answer["Error"]["Code"] == "InvalidInstanceID.NotFound":
            return ""  # It ended in between.
        raise
    return told.get("UserData", {}).get("Value", "")
