"""From AWS's descriptions to properties."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from typing import Any

import jmespath

from sandbox.provider.codec import typed
from sandbox.provider.encode import fill, is_attribute, member_of
from sandbox.provider.row import PLAIN, Field, Live, Type
from sandbox.provider.values import Values, is_list, is_object

#: Where the pairs of a resource's attributes lie in what was read.
ATTRIBUTES = "attributes"


def properties(type_: Type, live: Live) -> Values:
    """Every property, input or output, that the description tells; tags are not among them."""
    told = [name for name, field in type_.inputs.items() if not (field.local or field.unread)]
    found = {name: one(type_, name, live) for name in (*told, *type_.outputs)}
    return {name: value for name, value in found.items() if value is not None}


def one(type_: Type, name: str, live: Live) -> Any:
    """One property; None if the description doesn't tell it."""
    if name in type_.inputs:
        return _property(name, type_.inputs[name], live, type_)
    reader = type_.outputs[name]
    return plain(search(reader, live.answer) if isinstance(reader, str) else reader(live))


def search(path: str, value: Any) -> Any:
    """What JMESPath finds."""
    return _compiled(path).search(value)


def tags(told: Any) -> dict[str, str]:
    """AWS's pairs as a map, without the tags that belong to AWS itself."""
    pairs: dict[str, str] = {}
    if is_list(told):
        pairs = {pair["Key"]: pair.get("Value", "") for pair in told}
    elif is_object(told):
        pairs = dict(told)
    return {key: value for key, value in pairs.items() if not key.startswith("aws:")}


def _property(name: str, field: Field, live: Live, type_: Type) -> Any:
    if is_attribute(field):
        return _attribute(field, live.answer.get(ATTRIBUTES, {}), {})
    if callable(field.read):
        return field.read(live)
    path = field.read or member_of(name, field, type_.create.operation)
    return _decoded(field, search(path, live.answer) if path else live.answer)


def _attribute(field: Field, pairs: Mapping[str, str], siblings: Mapping[str, Any]) -> Any:
    if field.attribute is not None:
        try:
            value = pairs.get(fill(field.attribute, siblings))
        except KeyError:  # What its key depends on isn't there.
            return None
        if value is None or value == "":
            return None
        return typed(field.kind or str, value) if field.codec is None else field.codec.decode(value)
    found: Values = {}
    for key, child in field.fields.items():
        value = _attribute(child, pairs, found)
        if value is not None:
            found[key] = value
    if field.kind is list:
        return [found] if found else None
    return found or None


def _decoded(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.codec is not None:
        return field.codec.decode(value)
    if is_object(value):
        return _object(field, value)
    if is_list(value):
        if value and not field.fields and all(is_object(item) and set(item) == {"Key", "Value"} for item in value):
            return tags(value)
        return [_decoded(field, item) for item in value]
    if field.kind is not None:
        return typed(field.kind, value)
    return plain(value)


def _object(field: Field, value: Mapping[str, Any]) -> Values | None:
    found: Values = {}
    told: set[str] = set()
    for key, child in field.fields.items():
        path = member_of(key, child, "")
        told.add(path.partition(".")[0].partition("[")[0])
        found[key] = _decoded(child, search(path, value))
    if not field.exact and field.member != "":
        for member, item in value.items():
            if member not in told:
                found[member[0].lower() + member[1:]] = _decoded(PLAIN, item)
    return {key: item for key, item in found.items() if item is not None} or None


def plain(value: Any) -> Any:
    """A literal as properties have it: a time as text."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


@cache
def _compiled(path: str) -> Any:
    return jmespath.compile(path)
