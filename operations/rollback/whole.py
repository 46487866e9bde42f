"""The config of a whole stack as an earlier entry had it, put together with what stands since. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from components.settings import NAMESPACE, SERVICES
from operations.rollback.goal import Goal

RETIRED = f"{NAMESPACE}:retired"

Config = Mapping[str, str]
"""By `namespace:key`, JSON or text, as the engine has it; without secrets."""


def with_goals(config: Config, goals: Iterable[Goal]) -> dict[str, str]:
    """A config in which these services have their goals' releases, and all else is as it was."""
    services = json.loads(config[SERVICES])
    for goal in goals:
        services[goal.service]["releases"] = [
            raw if raw.get("weight", 100) == weight else {**raw, "weight": weight} for raw, weight in goal.entries
        ]
    return {**config, SERVICES: json.dumps(services)}


def whole(today: Config, then: Config, standing: Collection[str]) -> dict[str, str]:
    """The config of then; services that came since, and stand, are as today: a rollback ends no service."""
    old, new = (cast("dict[str, Any]", json.loads(config[SERVICES])) for config in (then, today))
    since = {name: one for name, one in new.items() if name in standing and name not in old}
    merged = {**then, SERVICES: json.dumps({**old, **since})}
    if RETIRED in merged:
        merged[RETIRED] = json.dumps([name for name in json.loads(merged[RETIRED]) if name not in since])
    return merged


def in_file(config: Config, file: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """A config as a stack's file writes it: values that the file has already stay as they are written there."""
    told = {key: _like(file.get(key), _value(text)) for key, text in config.items()}
    same = {key: file[key] for key, value in told.items() if key in file and _is_same(file[key], value)}
    return {**told, **same, **secrets}


def _is_same(there: Any, value: Any) -> bool:
    """`true` and `5` are text to the engine."""
    return there == value or (isinstance(value, str) and json.dumps(there) == value)


def _value(text: str) -> Any:
    """Maps and lists as such; the engine hands all others to the program as text."""
    if text[:1] in ("{", "["):
        return json.loads(text)
    return text


def _like(there: Any, value: Any) -> Any:
    """The value, keys in the order that the file has them in, and parts that are as they were as the file has them."""
    if isinstance(there, dict) and isinstance(value, dict):
        old, new = cast("dict[str, Any]", there), cast("dict[str, Any]", value)
        order = [*(key for key in old if key in new), *(key for key in new if key not in old)]
        return {key: _like(old.get(key), new[key]) for key in order}
    return value
