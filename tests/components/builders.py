"""One valid thing of each sort, for tests that change one thing in it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Set
from pathlib import Path
from typing import Any

import pytest

from components.config_errors import ConfigError
from components.release import Release
from components.settings import Settings

GONE = object()
"""As a value in `edited`: the key is left out."""


def edited(value: Any, edits: dict[str, Any]) -> Any:
    """A copy of nested maps and lists with some members set, by path (`releases[0].port`), or left out by `GONE`."""
    value = copy.deepcopy(value)
    for path, new in edits.items():
        *steps, last = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
        owner = value
        for step in steps:
            owner = owner[step]
        if new is GONE:
            del owner[last]
        else:
            owner[last] = new
    return value


def release_entry(**edits: Any) -> dict[str, Any]:
    """A release behind a balancer, as a config entry; `edits` are members by name."""
    entry: dict[str, Any] = {
        "version": "1.4.2",
        "image": "ami-0123456789abcdef0",
        "instance_types": ["m7i.large"],
        "port": 8080,
    }
    return entry | edits


def service_entry(**edits: Any) -> dict[str, Any]:
    """A service behind a balancer, as a config entry; `edits` are members by name."""
    entry: dict[str, Any] = {
        "releases": [release_entry()],
        "capacity": {"min": 2, "max": 10},
        "route": {"priority": 100, "paths": ["/*"]},
    }
    return entry | edits


def worker_entry(**edits: Any) -> dict[str, Any]:
    """A service without a balancer, as a config entry; `edits` are members by name."""
    return edited(service_entry(), {"route": GONE, "releases[0].port": GONE}) | edits


SHOP = service_entry(
    releases=[
        release_entry(weight=90),
        release_entry(version="1.5.0", image="ami-0123456789abcdef1", port=9090, weight=10),
    ],
    scaling={"kind": "requests", "per_target_per_minute": 3000},
    managed_policies=["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"],
)
JOBS = worker_entry(
    releases=[release_entry(version="2.0.0", port=None, spot={"percent": 100})], scaling={"kind": "cpu", "percent": 60}
)
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0a"


def config(edits: dict[str, Any] | None = None) -> dict[str, str]:
    """The config of a stack as the engine hands it over: the service `web`, and `edits` by path below the namespace."""
    raw = edited({"services": {"web": service_entry()}}, edits or {})
    return {f"immutable:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}


def settings(edits: dict[str, Any] | None = None, *, secrets: Set[str] = frozenset(), root: Path = Path()) -> Settings:
    """The settings of `config(edits)`."""
    return Settings.parse(config(edits), secrets, root)


def release(**edits: Any) -> Release:
    """A release behind a balancer; `edits` are members by name."""
    return Release.model_validate_json(json.dumps(release_entry(**edits)))


def complaints(edits: dict[str, Any], *, secrets: frozenset[str] = frozenset(), root: Path = Path()) -> list[str]:
    """How `config(edits)` is refused: the lines below the headline, without the indent and namespace that each has."""
    with pytest.raises(ConfigError) as caught:
        settings(edits, secrets=secrets, root=root)
    _, *lines = str(caught.value).splitlines()
    assert all(line.startswith("  immutable:") for line in lines)
    return [line.removeprefix("  immutable:") for line in lines]
