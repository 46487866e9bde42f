"""What a gate's settings can't say although each key is fine. Pure, as `components.clashes`, which asks here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from components.config_errors import Problem, quote, show
from components.gate_settings import PLACEHOLDERS

_Path = tuple[str | int, ...]
_DEFAULT_TIMEOUT_S = 900
_SERVED_ONLY = ("probe", "compare")
EXPIRY = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")
"""Where tools that hand out credentials say when they end (`aws configure export-credentials`, aws-vault)."""


def gate_clashes(path: _Path, gate: Mapping[str, Any], *, routed: bool, secure: bool) -> Iterator[Problem]:
    """The clashes within one service's gate; `routed`: it has a balancer, `secure`: with a certificate."""
    bake, timeout = gate.get("bake_s", 0), gate.get("timeout_s", _DEFAULT_TIMEOUT_S)
    if isinstance(bake, int) and isinstance(timeout, int) and bake and bake >= timeout:
        yield Problem(
            show((*path, "bake_s")),
            f"{bake} is not less than timeout_s, {timeout}, so the gate would never open. "
            "Make the bake shorter or the timeout longer",
        )
    bounded = [((*path, "metrics", index), item) for index, item in _maps(gate, "metrics")]
    prometheus = gate.get("prometheus")
    if isinstance(prometheus, dict):
        prometheus = cast("dict[str, Any]", prometheus)
        bounded += [((*path, "prometheus", "queries", index), item) for index, item in _maps(prometheus, "queries")]
        if "basic" in prometheus and "authorization" in map(str.lower, cast("Any", prometheus.get("headers") or {})):
            yield Problem(show((*path, "prometheus", "basic")), "and headers.Authorization are two answers. Give one")
    for where, item in bounded:
        yield from _bounds(where, item)
    compared = [((*path, "compare", index), item) for index, item in _maps(gate, "compare")]
    for where, item in [*bounded, *compared]:
        yield from _placeholders(where, item, routed=routed)
    for where, item in compared:
        if "${" not in json.dumps(item.get("dimensions", {})):
            yield Problem(
                show((*where, "dimensions")),
                "name no release, so both sides would be the same. Put a placeholder such as ${target_group} in one",
            )
    names = list(_alarm_names(gate))
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(show((*path, "alarms")), f"{quote(name)} is there twice. Name it once")
    for key in _SERVED_ONLY:
        if key in gate and not routed:
            yield Problem(
                show((*path, key)),
                "has no meaning without a route, as no balancer shares the traffic. "
                "Remove it, or give the service a route",
            )
    probe = gate.get("probe")
    if isinstance(probe, dict) and secure and "url" not in probe:
        yield Problem(
            show((*path, "probe", "url")),
            "is missing. A balancer with a certificate is asked by a name on it, such as https://shop.example.com",
        )


def outlived(gate_path: str, bake_s: int, now: datetime, environment: Mapping[str, str] = os.environ) -> list[Problem]:
    """A bake that goes on after the AWS session has ended, where the environment tells when it ends."""
    for name in EXPIRY:
        try:
            left = (datetime.fromisoformat(environment[name]) - now).total_seconds()
        except (KeyError, ValueError, TypeError):
            continue
        if bake_s >= left:
            return [
                Problem(
                    f"{gate_path}.bake_s",
                    f"{bake_s} is more than the {max(int(left), 0)} s that are left of the AWS session ({name}). "
                    "Log in again, or make the bake shorter",
                )
            ]
    return []


def _bounds(path: _Path, item: Mapping[str, Any]) -> Iterator[Problem]:
    low, high = item.get("min"), item.get("max")
    if low is None and high is None:
        yield Problem(show(path), "has no bound. Give min, max or both, such as max: 5")
    elif isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield Problem(show((*path, "min")), f"{low} is more than max, {high}. Raise the maximum or lower the minimum")


def _placeholders(path: _Path, item: Mapping[str, Any], *, routed: bool) -> Iterator[Problem]:
    known = [name for name in PLACEHOLDERS if routed or name not in ("target_group", "balancer")]
    for key in ("dimensions", "query"):
        text = json.dumps(item.get(key, ""))
        for name in dict.fromkeys(re.findall(r"\$\{([^}]*)\}", text)):
            if name not in known:
                yield Problem(
                    show((*path, key)),
                    f"has no ${{{name}}} to put in. Use {', '.join(f'${{{one}}}' for one in known)}",
                )


def _maps(raw: Mapping[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, item in enumerate(_list(raw, key)):
        if isinstance(item, dict):
            yield index, cast("dict[str, Any]", item)


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    return cast("list[Any]", value) if isinstance(value, list) else []


def _alarm_names(gate: Mapping[str, Any]) -> Iterator[str]:
    for item in _list(gate, "alarms"):
        name = cast("dict[str, Any]", item).get("name") if isinstance(item, dict) else item
        if isinstance(name, str):
            yield name
