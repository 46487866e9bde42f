"""The cells of the table: a type, one of its inputs, and what a change of that must lead to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.values import Values, is_list, is_object
from tests.sandbox.provider_client import Client, Resource
from tests.sandbox.provider_data import FILE_SYSTEM, LIFECYCLE_POLICY, MOUNT_TARGET, TABLE, VERSIONING
from tests.sandbox.provider_data_lives import DATA_LIVES
from tests.sandbox.provider_fleet_lives import FLEET_LIVES
from tests.sandbox.provider_lives import LIVES, Life
from tests.sandbox.provider_operations import COMPOSITE, PARAMETER, SCHEDULE, SUBSCRIPTION
from tests.sandbox.provider_world import BALANCER, EGRESS, GROUP, INGRESS, LISTENER, RULE, TARGET_GROUP, TEMPLATE, World

#: What the other inputs of a change need, or can't go with.
_TOGETHER: Mapping[tuple[str, str], Values] = {
    (TABLE, "streamEnabled"): {"streamViewType": None},
    (FILE_SYSTEM, "throughputMode"): {"provisionedThroughputInMibps": None},
    (GROUP, "minSize"): {"desiredCapacity": 2},
    (INGRESS, "referencedSecurityGroupId"): {"cidrIpv4": None},
    (EGRESS, "referencedSecurityGroupId"): {"cidrIpv4": None},
}
#: Drifts and losses that AWS or the provider can't show, each with the reason.
UNSEEN: Mapping[tuple[str, str], str] = {
    (PARAMETER, "tier"): "AWS doesn't take the advanced tier back",
    (PARAMETER, "valueWoVersion"): "it is the provider's own, AWS has none",
    (MOUNT_TARGET, "ipAddress"): "another may have taken its address meanwhile",
    (TABLE, "serverSideEncryption"): "left out of the inputs, it is as AWS has it",
}
#: In the tables of the provider's own tests these are names of what needn't exist.
_REAL = {
    (SCHEDULE, "autoscalingGroupName"): "{other Group}",
    ("aws:iam/rolePolicy:RolePolicy", "role"): "{other Role}",
    (MOUNT_TARGET, "fileSystemId"): "{other FileSystem}",
    (MOUNT_TARGET, "subnetId"): "{subnet}",
    (MOUNT_TARGET, "ipAddress"): "{address}",
    ("aws:efs/accessPoint:AccessPoint", "fileSystemId"): "{other FileSystem}",
    (LIFECYCLE_POLICY, "repository"): "{other Repository}",
    (VERSIONING, "bucket"): "{other Bucket}",
    (SUBSCRIPTION, "topic"): "{other Topic}",
}
#: Resources hang on these side by side; of the others each cell has its own.
_SHARED = (TEMPLATE, TARGET_GROUP, BALANCER, LISTENER, GROUP)
_NAMES = ("name", "bucket", "creationToken", "scheduledActionName", "alarmName", "dashboardName")
#: Two of them can't be there at once, and nothing in their inputs is a name: whoever replaces one must say so.
ALONE = (COMPOSITE, FILE_SYSTEM, MOUNT_TARGET, VERSIONING, RULE, SUBSCRIPTION)


@dataclass
class Cell:
    """A resource of the table, its inputs before and after, and the operation that this must be."""

    name: str
    token: str
    property: str
    operation: str
    first: Values
    changed: Values
    alone: bool
    failures: list[str] = field(default_factory=list[str])


class Parents(World):
    """What a cell's resource hangs on: its own, but for what many can share."""

    def __init__(self, client: Client, number: int, shared: list[Resource]) -> None:
        super().__init__(client)
        self.number, self.shared = number, shared

    def make(self, token: str, resource_name: str = "web", **inputs: Any) -> Resource:
        given = apart({**self.inputs_of(token), **inputs}, token, self.number)
        made = self.client.create(token, f"{resource_name}-{self.number}", **given)
        (self.shared if token in _SHARED and resource_name == "web" else self.made).append(made)
        return made

    def one(self, token: str) -> Resource:
        return next((one for one in self.shared if one.token == token), None) or super().one(token)


def cells(client: Client) -> Iterator[Cell]:
    """All cells; what they hang on is made by the way."""
    shared: list[Resource] = []
    for number, (life, name, value, operation) in enumerate(plan(), 1):
        yield _cell(Parents(client, number, shared), life, name, value, operation)


def plan() -> Iterator[tuple[Life, str, Any, str]]:
    """A resource's life, the input that changes in it, to what, and the operation that this must be."""
    for life in (*FLEET_LIVES, *LIVES, *DATA_LIVES):
        for kind, operation in (("changes", "update"), ("replacing", "replace")):
            for name, value in getattr(life, kind).items():
                yield life, name, value, operation


def _cell(world: Parents, life: Life, name: str, value: Any, operation: str) -> Cell:
    token, number = life.token, world.number
    first = apart(_filled(world, life.inputs(world)), token, number)
    other = _filled(world, {name: _REAL.get((token, name), value), **_TOGETHER.get((token, name), {})})
    changed = {**first, **apart(other, token, number)}
    if name == "name":
        changed.pop("namePrefix", None)
    return Cell(
        f"{token.rpartition(':')[2]}-{name}-{number}",
        token,
        name,
        operation,
        first,
        {key: one for key, one in changed.items() if one is not None},
        alone=operation == "replace" and token in ALONE,
    )


def apart(values: Values, token: str, number: int) -> Values:
    """The inputs with names, ports and priorities that no other cell's resource has."""
    result = dict(values)
    for key in _NAMES:
        if isinstance(name := result.get(key), str) and token != VERSIONING:
            stem, dot, suffix = name.partition(".")
            result[key] = f"{stem}-{number}{dot}{suffix}"
    if token == LISTENER and isinstance(port := result.get("port"), int):
        result["port"] = (10000 if port < 9999 else 20000) + number
    if token == RULE and "priority" in result:
        result["priority"] = (10000 if result["priority"] < 4000 else 20000) + number
    return result


def _filled(world: Parents, value: Any) -> Any:
    if is_object(value):
        return {key: _filled(world, one) for key, one in value.items()}
    if is_list(value):
        return [_filled(world, one) for one in value]
    if value == "{subnet}":
        return world.subnets[1]
    if value == "{address}":
        cidr = world.client.invoke("aws:ec2/getSubnet:getSubnet", id=world.subnets[0])["cidrBlock"]
        return str(ipaddress.ip_network(cidr)[-9])
    if not isinstance(value, str) or not (found := re.fullmatch(r"{(other )?(\w+( \w+)*)}", value)):
        return value
    token = _token(found[2])
    if found[1] is None:
        return world.one(token).id
    other = next((one for one in world.made if one.token == token and one.name.startswith("other")), None)
    return (other or world.make(token, "other")).id


def _token(name: str) -> str:
    from sandbox.provider.types import TYPES

    wanted = name.replace(" ", "").lower()
    return next(token for token in TYPES if token.rpartition(":")[2].lower() == wanted)
