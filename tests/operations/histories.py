"""Histories made up: a valid entry, and what each test changes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.history.entries import Entry
from operations.history.state import Served, State

FIRST = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def releases(**weights: int) -> dict[str, Served]:
    """By label, such as `v1_4_2`, with a weight each."""
    labels = {key.removeprefix("v").replace("_", "."): weight for key, weight in weights.items()}
    return {
        f"web-{label}-3f9a1c2b": Served(label, f"ami-{index:017}", weight, f"web-2026{index}")
        for index, (label, weight) in enumerate(labels.items())
    }


def config(*versions: str, **changed: Any) -> dict[str, str]:
    """What the engine's history holds of a service with these releases."""
    service = {
        "releases": [{"version": version, "image": "ami-00000000000000140", "weight": 100} for version in versions],
        "capacity": {"min": 2, "max": 8},
    }
    return {"aws:region": "eu-west-1", "immutable:services": json.dumps({"web": service | changed})}


def entry(number: int, served: Mapping[str, Mapping[str, Served]] | None = None, **changed: Any) -> Entry:
    """An update that succeeded, an hour after the one before it. `unrecorded` is what was changed in between."""
    started = FIRST + timedelta(hours=number - 1)
    state = None if served is None else State(served, changed.pop("unrecorded", ()))
    made = Entry(number, "update", "succeeded", started, started + timedelta(seconds=48), f"change {number}", "Ann")
    return replace(made, **{"commit": "a" * 40, "dirty": False, "read_state": lambda: state, **changed})
