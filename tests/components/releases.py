"""Releases drawn from the model's own schema, so that a key added later is drawn, and changed, too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from components.layouts import Plan, plan
from components.release import Release

Schema = dict[str, Any]
Entry = dict[str, Any]

SCHEMA: Final[Schema] = Release.model_json_schema(mode="serialization")

WITHOUT_LIMITS: Mapping[str, st.SearchStrategy[Any]] = {
    "version": st.tuples(*[st.integers(0, 99)] * 3).map(lambda parts: ".".join(map(str, parts))),
    # The placeholder, as else the container would be no part of it.
    "user_data": st.text(max_size=30).map(lambda text: f"{text} ${{CONTAINER}}"),
    "layout": st.just(1),
}
"""Keys whose limits are a validator's, which a schema can't say."""


def _resolved(schema: Schema) -> Schema:
    """The schema behind references and behind "or null"."""
    if "$ref" in schema:
        return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _resolved(next(option for option in schema["anyOf"] if option != {"type": "null"}))
    return schema


def schema_of(path: str) -> Schema:
    """The schema of a key, by its path in `paths()`."""
    schema = SCHEMA
    for step in path.split("."):
        schema = _resolved(_resolved(schema)["properties"][step.removesuffix("[0]")])
        if step.endswith("[0]"):
            schema = _resolved(schema["items"])
    return schema


def paths(schema: Schema = SCHEMA, prefix: str = "") -> Iterator[str]:
    """Every key of a release that holds no further keys: `image`, `health.path`, `volumes[0].size_gib`."""
    for key, member in _resolved(schema)["properties"].items():
        path, inner = f"{prefix}{key}", _resolved(member)
        if inner.get("type") == "array":
            path, inner = f"{path}[0]", _resolved(inner["items"])
        yield from paths(inner, f"{path}.") if inner.get("type") == "object" else (path,)


def nullable(schema: Schema = SCHEMA, prefix: str = "") -> Iterator[str]:
    """Every key of a release that may be left empty."""
    for key, member in _resolved(schema)["properties"].items():
        if {"type": "null"} in member.get("anyOf", ()):
            yield f"{prefix}{key}"
        inner, path = _resolved(member), f"{prefix}{key}"
        if inner.get("type") == "array":
            path, inner = f"{path}[0]", _resolved(inner["items"])
        if inner.get("type") == "object":
            yield from nullable(inner, f"{path}.")


def values(schema: Schema, path: str = "") -> st.SearchStrategy[Any]:
    """Values that a key may hold, with everything in them that can be there."""
    if path in WITHOUT_LIMITS:
        return WITHOUT_LIMITS[path]
    schema = _resolved(schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema["minimum"], schema.get("maximum", 1_000_000))
        case "array":
            return st.lists(values(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)
        case "object":
            return st.fixed_dictionaries({key: values(member, key) for key, member in schema["properties"].items()})
        case _:
            pattern = schema["pattern"].removesuffix("$") + r"\Z"
            return st.from_regex(pattern, alphabet=st.characters(codec="ascii"))


ENTRIES = values(SCHEMA)
"""Whole releases, as config entries."""


def read(entry: Entry) -> Release:
    """The release of an entry."""
    return Release.model_validate_json(json.dumps(entry))


def planned(entry: Entry) -> Plan:
    """What the release of an entry becomes in the service `web`."""
    return plan("web", read(entry))
