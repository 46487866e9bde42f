"""Outputs of functions that a resource type has as properties too.

A function's answer has a list where the resource has one object, under the plural of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.provider import decode
from sandbox.provider.encode import is_attribute
from sandbox.provider.lookup import Found
from sandbox.provider.row import Live, Type
from sandbox.provider.values import Values, is_list, is_object

#: Objects whose keys are the user's own.
_MAPS = {"tags", "authenticationRequestExtraParams"}


def like(type_: Type, id_: str, names: str, whole: str = "") -> dict[str, Callable[[Found], Any]]:
    """These outputs as the resource type's row reads them; those of `whole` are objects here too.

    `id_` is the member of what was found that is the resource's id.
    """
    kept = whole.split()
    return {name: _reader(type_, id_, name, name in kept) for name in (*names.split(), *kept)}


def listed(value: Any) -> Any:
    """A value with a list of one for each object in it."""
    if is_list(value):
        return [listed(item) for item in value]
    if not is_object(value):
        return value
    found: Values = {}
    for key, item in value.items():
        if key in _MAPS or not is_object(item):
            found[key] = item if key in _MAPS else listed(item)
        else:
            found[plural(key)] = [listed(item)]
    return found


def plural(name: str) -> str:
    """The name that Pulumi gives a list of these."""
    if name.endswith("ss"):
        return f"{name}es"
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return name if name.endswith("s") else f"{name}s"


def _reader(type_: Type, id_: str, name: str, whole: bool) -> Callable[[Found], Any]:
    own = {*type_.inputs, *type_.outputs}
    source = name if name in own else next(one for one in sorted(own) if plural(one) == name)

    def read(found: Found) -> Any:
        answer = {**found.item, decode.ATTRIBUTES: decode.tags(found.item.get(decode.ATTRIBUTES))}
        value = decode.one(type_, source, Live(found.item[id_], answer, found.aws))
        if value is None and source in type_.inputs and is_attribute(type_.inputs[source]):
            value = type_.inputs[source].default  # As the resource has it where the cloud tells no such attribute.
        if whole:
            return value
        return [listed(value)] if is_object(value) else listed(value)

    return read
