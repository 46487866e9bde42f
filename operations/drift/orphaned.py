"""Adopting or removing one orphan: what it would do first, then doing it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import botocore
from pulumi import automation

from components.immutability import TEMPLATE
from components.live import Fleet, Region
from operations.errors import OperationError, told
from operations.orphans import Client, Orphan
from operations.recover import HALF_MADE, adopt, creates, orphans_of
from operations.stack import Stack


@dataclass(frozen=True)
class Adoption:
    """What would be put into the state, and the deployment with it in its place."""

    orphans: Sequence[Orphan]
    urns: Sequence[str]
    deployment: dict[str, Any]


def chosen(stack: Stack, deployment: Mapping[str, Any], ids: Sequence[str]) -> list[Orphan]:
    """The orphans of this state with these ids, in the order in which they can be removed.

    Raises:
        OperationError: one of them is none.
    """
    found = orphans_of(stack, deployment)
    known = {one.id for one in found}
    if unknown := [id_ for id_ in ids if id_ not in known]:
        there = "\n".join(f"  {one.id} ({one.name})" for one in found) or "  none"
        raise OperationError(f"{', '.join(unknown)}: no orphan of {stack.name}. There are:\n{there}")
    return [one for one in found if one.id in ids]


def adoption(stack: Stack, before: Mapping[str, Any], orphans: Sequence[Orphan]) -> Adoption:
    """What adopting these into the state `before` does. Nothing is changed.

    Raises:
        OperationError: one of them can't be adopted, with the reason.
    """
    with told():
        wanted = creates(stack)
    after, adopted = adopt(before, wanted, orphans)
    for one in orphans:
        if one not in adopted:
            raise OperationError(f"{one.name} ({one.id}) can't be adopted: {why_not(one, wanted, adopted)}")
    known = {one["urn"] for one in before["resources"]}
    return Adoption(adopted, [one["urn"] for one in after["resources"] if one["urn"] not in known], after)


def run_adoption(stack: Stack, found: Adoption) -> None:
    """Put them into the state and read them from the cloud; nothing else in the state is touched.

    Raises:
        OperationError: the engine refuses.
    """
    with told():
        stack.engine.import_stack(automation.Deployment(version=3, deployment=found.deployment))
        stack.engine.refresh(target=list(found.urns), run_program=False, color="never")


def serving(stack: Stack, orphan: Orphan, leaving: Sequence[str] = ()) -> str | None:
    """What a removal would take down; None if nobody needs it, or only those that are `leaving` with it.

    What AWS refuses to delete while it is used is not looked for.
    """
    region = Region(stack.region, stack.owner, stack.profile)
    with told():
        for service in stack.standing():
            for fleet in region.fleets(service):
                if fleet.weight and orphan.id in _carrying(fleet):
                    return f"{fleet.group} has weight {fleet.weight} and {fleet.healthy} healthy targets"
        if orphan.type == TEMPLATE:  # AWS would delete it, and the group could launch no more.
            pages = stack.cloud().client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
            for group in (one for page in pages for one in page["AutoScalingGroups"]):
                if group["AutoScalingGroupName"] not in leaving and orphan.id in json.dumps(group, default=str):
                    return f"{group['AutoScalingGroupName']} launches from it"
    return None


def _carrying(fleet: Fleet) -> tuple[str | None, ...]:
    """Ids of what the fleet's traffic comes through."""
    listener = (fleet.rule or "").replace(":listener-rule/", ":listener/").rpartition("/")[0]
    return fleet.group, fleet.target_group, fleet.rule, listener, fleet.balancer


def remove(client: Client, orphan: Orphan) -> None:
    """Run its removal, exactly the command that was shown, through the same API.

    Raises:
        OperationError: AWS refuses.
    """
    _, service, operation, *words = shlex.split(orphan.removal)
    aws = client(service)
    model = aws.meta.service_model
    name = next(each for each in model.operation_names if _word(each) == operation)
    shapes: dict[str, Any] = model.operation_model(name).input_shape.members
    members = {_word(key): (key, shape) for key, shape in shapes.items()}
    arguments: dict[str, Any] = {}
    while words:
        key, shape = members[words.pop(0).removeprefix("--")]
        if shape.type_name == "boolean":
            arguments[key] = True
        else:
            value = words.pop(0)
            arguments[key] = [value] if shape.type_name == "list" else value
    with told():
        getattr(aws, operation.replace("-", "_"))(**arguments)


def _word(name: str) -> str:
    """`AutoScalingGroupName` as the AWS CLI has it."""
    boto: Any = botocore
    return boto.xform_name(name, "-")


def why_not(one: Orphan, wanted: Sequence[Mapping[str, Any]], adopted: Sequence[Orphan]) -> str:
    """Why an orphan is not among those that were adopted into what the program would create."""
    if one.type in HALF_MADE:
        return "it is made in more than one call, and may be half made. Remove it, and the next update makes another"
    if any(each.name == one.name and each.type == one.type for each in adopted):
        return "of two with one name only the newest is. Remove it"
    if any(each["type"] == one.type and each["urn"].rpartition("::")[2] == one.name for each in wanted):
        return "it refers to something that isn't in the state either. Adopt that first"
    return "the program would not create it. Put its release back into the config, or remove it"
