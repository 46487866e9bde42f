"""From properties to the parameters of an AWS call, led by botocore's model of the call."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sandbox.provider.row import PLAIN, Field, Type
from sandbox.provider.values import UNKNOWN, Values, is_list, is_object, keys, text

#: A shape of botocore's models; the package has no types.
Shape = Any


class UnsupportedError(Exception):
    """A property that no call carries; `path` names it."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def member_of(name: str, field: Field, operation: str) -> str:
    """The path that property `name` lands on in `operation`."""
    if operation in field.at:
        return field.at[operation]
    return name[0].upper() + name[1:] if field.member is None else field.member


def shape_at(shape: Shape | None, path: str) -> Shape | None:
    """The shape at a path, or None if there is no such member."""
    for part in _parts(path):
        if shape is None:
            return None
        if isinstance(part, int):
            shape = shape.member if shape.type_name == "list" else None
        else:
            members: Mapping[str, Shape] = shape.members if shape.type_name == "structure" else {}
            shape = shape.value if shape.type_name == "map" else members.get(part)
    return shape


def carries(operation_shape: Shape | None, operation: str, name: str, field: Field) -> bool:
    """Whether an operation has a place for the property."""
    if operation not in field.at and (field.local or field.hooked or is_attribute(field)):
        return False
    path = member_of(name, field, operation)
    if path:
        return shape_at(operation_shape, path) is not None
    return all(carries(operation_shape, operation, key, child) for key, child in field.fields.items())


def is_attribute(field: Field) -> bool:
    """Whether the property, or an object's properties, are kept among the resource's attributes."""
    return field.attribute is not None or any(is_attribute(child) for child in field.fields.values())


def put(parameters: Values, path: str, value: Any) -> None:
    """Set the value at a path; at "" the members of an object join what is there."""
    if not path:
        parameters.update(value)
        return
    parts = _parts(path)
    place: Any = parameters
    for part, following in itertools.pairwise(parts):
        place = _enter(place, part, [] if isinstance(following, int) else {})
    last = parts[-1]
    if isinstance(last, int):
        place.append(value)
    else:
        place[last] = value


def encode(name: str, field: Field, value: Any, operation: str, shape: Shape) -> Values:
    """What a property adds to the parameters of `operation`, whose input has `shape`.

    Raises:
        UnsupportedError: an object in it has a property that AWS's has not.
    """
    path = member_of(name, field, operation)
    parameters: Values = {}
    put(parameters, path, _encoded(field, value, shape_at(shape, path), name))
    return parameters | dict(field.also)


def element(field: Field, value: Any, shape: Shape, path: str) -> Any:
    """One element of a property that is a set, for a place of the given shape."""
    return _encoded(field, value, shape, path)


def tags(values: Mapping[str, str], shape: Shape) -> Values:
    """What tags add to the parameters of a call whose input has `shape`: a map or a list of pairs, as it takes them."""
    member = "Tags" if "Tags" in shape.members else "tags"
    place = shape.members[member]
    if place.type_name == "map":
        return {member: dict(values)}
    key, value = ("Key", "Value") if "Key" in place.member.members else ("key", "value")
    return {member: [{key: name, value: text} for name, text in values.items()]}


def literal(value: Any, shape: Shape) -> Any:
    """A literal as a place of the given shape takes it."""
    return _literal(value, shape)


def attributes(type_: Type, inputs: Values) -> dict[str, str]:
    """The attributes that the inputs ask for, by AWS's key."""
    return {
        key: value
        for name, field in type_.inputs.items()
        if name in inputs and is_attribute(field)
        for key, value in _attributes(field, inputs[name], {})
    }


def attribute_keys(field: Field, value: Any) -> list[str]:
    """The keys that the attributes of one property have, given its value."""
    return [key for key, _ in _attributes(field, value, {})]


def fill(template: str, known: Mapping[str, Any]) -> str:
    """A template with its `{name}`s replaced."""
    return re.sub(r"\{(\w+)\}", lambda found: text(known[found[1]]), template)


def _attributes(field: Field, value: Any, siblings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if field.attribute is not None:
        yield fill(field.attribute, siblings), text(value if field.codec is None else field.codec.encode(value))
        return
    for one in value if is_list(value) else [value]:
        for key in keys(one):
            yield from _attributes(field.fields[key], one[key], one)


def _encoded(field: Field, value: Any, shape: Shape | None, path: str) -> Any:
    if shape is None:
        raise UnsupportedError(path)
    if value == UNKNOWN:
        return value
    if field.codec is not None:
        return _literal(field.codec.encode(value), shape)
    if shape.type_name == "structure":
        return _object(field, value, shape, path)
    if shape.type_name == "list":
        if is_object(value) and _is_tag(shape.member):
            return [{"Key": key, "Value": text(value[key])} for key in keys(value)]
        return [_encoded(field, item, shape.member, f"{path}[{index}]") for index, item in enumerate(value)]
    if shape.type_name == "map":
        return {key: text(value[key]) for key in keys(value)}
    return _literal(value, shape)


def _object(field: Field, value: Any, shape: Shape, path: str) -> Values:
    if not is_object(value):
        raise UnsupportedError(path)
    found: Values = {}
    for key in keys(value):
        child = field.fields.get(key, PLAIN)
        member = member_of(key, child, "")
        put(found, member, _encoded(child, value[key], shape_at(shape, member), f"{path}.{key}"))
        found.update(child.also)
    return found


def _literal(value: Any, shape: Shape) -> Any:
    kind = shape.type_name
    if value == UNKNOWN or not isinstance(value, str | int | float):
        return value
    if kind in ("integer", "long") and _is_number(value):
        return int(float(value))
    if kind in ("float", "double") and _is_number(value):
        return float(value)
    if kind == "boolean":
        return text(value) == "true"
    return text(value) if kind == "string" else value


def _is_number(value: Any) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text(value)) is not None


def _is_tag(shape: Shape) -> bool:
    return shape.type_name == "structure" and {"Key", "Value"} <= set(shape.members)


@cache
def _parts(path: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path))


def _enter(place: Any, part: str | int, empty: Any) -> Any:
    if isinstance(part, int):
        while len(place) <= part:
            place.append(empty)
        return place[part]
    return place.setdefault(part, empty)
