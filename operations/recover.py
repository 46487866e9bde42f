"""A stack after an update that was killed: its state is brought in line with the cloud.

`pulumi refresh` sees to what the killed update changed or deleted. It can't know of what was created and not yet noted,
and the next update would make that a second time, or be refused: AWS takes no second rule of the same priority. So
what stands and the program would create is put into the state first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pulumi import automation
from pulumi.automation import EngineEvent

from operations.cloud import Cloud
from operations.errors import OperationError
from operations.messages import first_error
from operations.orphans import TYPES, Orphan, orphans
from operations.stack import Stack

HALF_MADE = frozenset({"aws:ec2/securityGroup:SecurityGroup", "aws:lb/targetGroup:TargetGroup"})
"""Made in more than one call, and not to be completed in place: they stay orphans. Nothing uses them yet."""

REPEATABLE = frozenset({"aws:iam/rolePolicyAttachment:RolePolicyAttachment"})
"""To create one again does no harm."""

#: How the engine writes a value that it doesn't know yet, or doesn't show.
_UNKNOWN, _SECRET = "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "[secret]"


@dataclass(frozen=True)
class Recovery:
    """What was put into the state, what is left in the cloud, and pending creates that only a person can look for."""

    adopted: Sequence[Orphan]
    left: Sequence[Orphan]
    unseen: Sequence[str]


def find_orphans(stack: Stack) -> list[Orphan]:
    """What the stack's state should know of and does not."""
    return orphans_of(stack, stack.deployment())


def orphans_of(stack: Stack, deployment: Mapping[str, Any], cloud: Cloud | None = None) -> list[Orphan]:
    """What this state of the stack should know of and does not.

    Raises:
        OperationError: AWS doesn't answer.
    """
    known = {str(one["id"]) for one in deployment.get("resources") or () if "id" in one}
    try:
        return orphans((cloud or stack.cloud()).client, stack.owner, known)
    except (BotoCoreError, ClientError) as error:
        raise OperationError(f"AWS doesn't tell what stands: {error}") from None


def recover(stack: Stack) -> Recovery:
    """Adopt what can be adopted, then refresh. Nothing in the cloud is changed.

    Raises:
        OperationError: the stack is locked, or its program or config is wrong.
    """
    deployment = stack.deployment()
    pending = [one["resource"] for one in deployment.get("pending_operations") or () if one["type"] == "creating"]
    found = orphans_of(stack, deployment)
    try:
        adopted: list[Orphan] = []
        if found:
            deployment, adopted = adopt(deployment, creates(stack), found)
        if adopted:
            stack.engine.import_stack(automation.Deployment(version=3, deployment=deployment))
        stack.engine.refresh(clear_pending_creates=True, color="never")
    except automation.CommandError as error:
        raise OperationError(f"{stack.name} can't be recovered: {first_error(str(error))}") from None
    unseen = [one["urn"] for one in pending if one["type"] not in TYPES | REPEATABLE]
    return Recovery(adopted, [one for one in found if one not in adopted], unseen)


def adopt(
    deployment: Mapping[str, Any], creates: Iterable[Mapping[str, Any]], found: Iterable[Orphan]
) -> tuple[dict[str, Any], list[Orphan]]:
    """The deployment with each resource that an update would create, and that stands whole, in its place.

    Of several with the same name the newest is taken: physical names and ids rise with time, or only one can be.
    """
    by_name = {(one.type, one.name): one for one in sorted(found, key=lambda one: one.id)}
    taken = [(one, by_name.get((one["type"], one["urn"].rpartition("::")[2]))) for one in creates]
    standing = [(one, orphan) for one, orphan in taken if orphan and orphan.type not in HALF_MADE and _is_told(one)]
    adopted = [{**one, "inputs": _named(one["inputs"], orphan.id), "id": orphan.id} for one, orphan in standing]
    urns = [one["urn"] for one in adopted]
    pending = [one for one in deployment.get("pending_operations") or () if one["resource"]["urn"] not in urns]
    resources = [*deployment["resources"], *adopted]
    return {**deployment, "resources": resources, "pending_operations": pending}, [orphan for _, orphan in standing]


def _is_told(resource: Mapping[str, Any]) -> bool:
    """Whether all of its inputs are known."""
    text = json.dumps(resource["inputs"])
    return _UNKNOWN not in text and _SECRET not in text


def _named(inputs: Mapping[str, Any], id_: str) -> dict[str, Any]:
    """An automatic name is another one in every preview; it is the id of those that have one."""
    return {**inputs, "name": id_} if "name" in inputs else dict(inputs)


def creates(stack: Stack) -> list[dict[str, Any]]:
    """What an update would create, as a state holds it."""
    events: list[EngineEvent] = []
    stack.engine.preview(on_event=events.append, color="never")
    steps = [event.resource_pre_event.metadata for event in events if event.resource_pre_event]
    return [
        {
            "urn": step.urn,
            "custom": True,
            "type": step.type,
            "inputs": step.new.inputs or {},
            "parent": step.new.parent,
            "provider": step.new.provider,
        }
        for step in steps
        if step.op.value == "create" and step.provider and step.new
    ]
