"""Pulumi's property values as plain Python, and what it means for two of them to be the same.

The wire form is a protobuf Struct in which some values are objects with a signature. Source: Pulumi's
sdk/proto/pulumi/provider.proto and its notes on marshaling property values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any, TypeGuard

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value

Values = dict[str, Any]

#: Stands for a value that a preview can't know.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

#: Names the inputs that Check filled in, on each object.
DEFAULTS = "__defaults"

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  (the mark of a secret, not one)
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def from_struct(struct: Struct) -> Values:
    """The object as Python has it: nulls left out, whole numbers as int, secrets and outputs unwrapped."""
    return {key: _from_value(value) for key, value in struct.fields.items() if not value.HasField("null_value")}


def to_struct(values: Mapping[str, Any], secret: Set[str] = frozenset()) -> Struct:
    """The object in wire form; absent values (None) are left out, and the named properties marked as secret."""
    struct = Struct()
    marked = {key: {_SIGNATURE: _SECRET, "value": value} for key, value in values.items() if key in secret}
    _put_fields(struct, {**values, **marked})
    return struct


def secret_names(struct: Struct) -> set[str]:
    """The properties of an object that are secret, or have something secret in them."""
    return {key for key, value in struct.fields.items() if _has_secret(value)}


def is_object(value: Any) -> TypeGuard[Values]:
    """Whether the value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether the value is a list."""
    return isinstance(value, list | tuple)


def is_unknown(value: Any) -> bool:
    """Whether the value, or any part of it, is not known yet."""
    if is_object(value):
        return any(is_unknown(item) for item in value.values())
    if is_list(value):
        return any(is_unknown(item) for item in value)
    return value == UNKNOWN


def is_empty(value: Any) -> bool:
    """Whether the value says no more than its absence would."""
    return value is None or value == "" or value is False or value == [] or (is_object(value) and not keys(value))


def keys(value: Mapping[str, Any]) -> Iterable[str]:
    """The properties of an object, without what Check noted on it."""
    return [key for key in value if key != DEFAULTS]


def text(value: Any) -> str:
    """A literal as text, so that 80, 80.0 and "80", true and "true" are the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _from_value(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _unwrapped(from_struct(value.struct_value))
        case _:
            return None


def _has_secret(value: Value) -> bool:
    if value.HasField("list_value"):
        return any(_has_secret(item) for item in value.list_value.values)
    if not value.HasField("struct_value"):
        return False
    fields = value.struct_value.fields
    return (
        fields[_SIGNATURE].string_value == _SECRET if _SIGNATURE in fields else any(map(_has_secret, fields.values()))
    )


def _unwrapped(value: Values) -> Any:
    if value.get(_SIGNATURE) == _SECRET:
        return value["value"]
    if value.get(_SIGNATURE) == _OUTPUT:
        return value.get("value", UNKNOWN)
    return value


def _put_fields(struct: Struct, values: Values) -> None:
    fields = struct.fields
    for key, value in values.items():
        if value is not None:
            _put(fields[key], value)


def _put(place: Value, value: Any) -> None:
    """Set a value in place; protobuf's own `Struct.update` takes several times as long."""
    if isinstance(value, str):
        place.string_value = value
    elif isinstance(value, bool):
        place.bool_value = value
    elif isinstance(value, int | float):
        place.number_value = value
    elif value is None:
        place.null_value = NULL_VALUE
    elif is_object(value):
        place.struct_value.SetInParent()
        _put_fields(place.struct_value, value)
    elif is_list(value):
        place.list_value.SetInParent()
        for item in value:
            _put(place.list_value.values.add(), item)
    else:
        raise TypeError(f"{value!r} is no property's value")
