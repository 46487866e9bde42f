"""A config as lines, a leaf each, so that two of them can be compared as people read them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from components.settings import NAMESPACE


@dataclass(frozen=True)
class Difference:
    """One leaf that differs; None where it is not there."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """`web.capacity.max: 8 → 10`."""
        match self.before, self.after:
            case None, after:
                return f"{self.path}: {after}, new"
            case before, None:
                return f"{self.path}: {before}, gone"
            case before, after:
                return f"{self.path}: {before} → {after}"


def lines(config: Mapping[str, str]) -> dict[str, str]:
    """By path, the leaves of all values: `services.web.releases[1.5.0].weight` is `100`.

    Keys of the project's own namespace go without it. A release is told by its version, so that one more before it
    does not make all others differ.
    """
    return {path: text for key, value in config.items() for path, text in _lines(key, value)}


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What differs between two configs, by path."""
    # Most values are as they were, and need not be taken apart.
    keys = [key for key in {*before, *after} if before.get(key) != after.get(key)]
    old, new = (lines({key: config[key] for key in keys if key in config}) for config in (before, after))
    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def brief(found: Iterable[Difference]) -> list[str]:
    """A line each, but only one for a release that came or went as a whole: `services.web.releases[1.5.0]: new`."""
    told: dict[str, None] = {}
    listed = list(found)
    whole = {
        one.path.removesuffix(".version"): "new" if one.before is None else "gone"
        for one in listed
        if one.path.endswith("].version") and None in (one.before, one.after)
    }
    for one in listed:
        release = one.path[: one.path.find("]") + 1]
        told[f"{release}: {whole[release]}" if release in whole else str(one)] = None
    return list(told)


@lru_cache(maxsize=64)
def _lines(key: str, value: str) -> tuple[tuple[str, str], ...]:
    """Of one value, which in a history is asked for again and again."""
    found: list[tuple[str, str]] = []
    _add_leaves(found, key.removeprefix(f"{NAMESPACE}:"), _parsed(value))
    return tuple(found)


def _add_leaves(found: list[tuple[str, str]], path: str, value: Any) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict) and value:
        for key, one in cast("dict[str, Any]", value).items():
            _add_leaves(found, f"{path}.{key}", one)
    elif isinstance(value, list) and value:
        items = cast("list[Any]", value)
        for name, one in zip(_names(items), items, strict=True):
            _add_leaves(found, f"{path}[{name}]", one)
    else:
        found.append((path, json.dumps(value, ensure_ascii=False)))


def _names(items: list[Any]) -> list[str]:
    """Their versions, if all have one of their own; else their places."""
    found = [_version(one) for one in items]
    versions = [one for one in found if one is not None]
    return versions if len(set(versions)) == len(items) else [str(place) for place in range(len(items))]


def _version(item: Any) -> str | None:
    if not isinstance(item, dict) or "version" not in item:
        return None
    entry = cast("dict[str, Any]", item)
    return f"{entry['version']}+{entry['revision']}" if entry.get("revision") else str(entry["version"])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
