"""What an example has made, imported into another stack: each resource by its id, and the same in either state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.provider.encode import fill
from sandbox.provider.row import Type
from sandbox.provider.types import TYPES
from sandbox.provider.values import is_list, is_object

#: What an import can't know: how a name was made, and which of a role's policies aren't resources of their own.
_TOLD_BY_INPUTS = {"namePrefix", "bucketPrefix", "inlinePolicies", "managedPolicyArns", "__defaults"}


def importable(resources: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The resources that a provider has made, each under a name of its own."""
    made = [
        one
        for one in resources
        if one.get("custom") and one["type"] in TYPES and not one.get("external") and not one.get("delete")
    ]
    return {f"imported-{number}": one for number, one in enumerate(made)}


def request(wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The file for `pulumi import`."""
    return {
        "resources": [
            {
                "type": one["type"],
                "name": name,
                "id": fill(TYPES[one["type"]].imported, {**one["outputs"], "id": one["id"]}),
            }
            for name, one in wanted.items()
        ]
    }


def differences(was: Mapping[str, Any], imported: Mapping[str, Any] | None) -> Iterator[str]:
    """What of a resource isn't the same in the other stack's state."""
    if imported is None:
        yield f"import: {was['type']} {was['id']} is not there"
        return
    row, other = TYPES[was["type"]], imported["outputs"]
    names = {name for name in was["outputs"] if name not in _own(row)}
    found = sorted(name for name in names if _plain(was["outputs"][name]) != _plain(other.get(name)))
    if found:
        yield f"import: {was['type']} differs in {', '.join(found)}"


def _own(row: Type) -> set[str]:
    """The provider's own properties, and those that no answer tells."""
    return _TOLD_BY_INPUTS | {name for name, one in row.inputs.items() if one.local or one.unread or one.write_only}


def _plain(value: Any) -> Any:
    """A value as AWS means it: without an order, and JSON however it is written."""
    if is_object(value) and "plaintext" in value:  # How the engine exports a secret.
        return _plain(json.loads(value["plaintext"]))
    if is_object(value):
        told = {key: _plain(one) for key, one in value.items() if key != "__defaults"}
        return {key: one for key, one in told.items() if one is not False and one not in (None, "", [], {})}
    if is_list(value):
        return sorted((_plain(one) for one in value), key=repr)
    if isinstance(value, str) and value.startswith(("{", "[")):
        return _plain(json.loads(value))
    return value
