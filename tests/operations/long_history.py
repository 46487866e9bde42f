"""A long history: canaries, replacements, failures, ways back, refreshes and kills of three services, as they come."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from operations.history.entries import Entry
from operations.history.state import Served, State
from tests.operations.histories import FIRST

SERVICES = ("api", "web", "worker")


@dataclass
class _Now:
    """What stands while the history is made."""

    served: dict[str, dict[str, Served]] = field(default_factory=dict[str, dict[str, Served]])
    patch: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SERVICES, 0))


def long_history(count: int, seed: int = 7) -> list[Entry]:
    """`count` entries; the same for the same seed."""
    dice, now = random.Random(seed), _Now()
    entries: list[Entry] = []
    started = FIRST
    while len(entries) < count:
        started += timedelta(minutes=dice.choice((7, 12, 45, 300, 1500, 3000)))
        service = dice.choice(SERVICES)
        before = dict(now.served.get(service, {}))
        now.patch[service] += 1
        new = _release(service, f"1.{now.patch[service] // 10}.{now.patch[service] % 10}")
        old = next((one for one in before.values() if one.weight), None)
        match dice.random():
            case luck if old is None or luck < 0.45:
                steps = [({new.group: _with(new, 100)}, "succeeded", f"{service}: {new.label}")]
            case luck if luck < 0.75:
                shares = [({old.group: _with(old, 100 - share), new.group: _with(new, share)}) for share in (5, 25, 50)]
                steps = [(one, "succeeded", f"rollout {service}: {new.label} gets its share") for one in shares]
                steps.append(({new.group: _with(new, 100)}, "succeeded", f"rollout {service}: {new.label} alone"))
            case luck if luck < 0.88:
                both = {old.group: _with(old, 90), new.group: _with(new, 10)}
                standby = {old.group: _with(old, 100), new.group: _with(new, 0)}
                steps = [
                    (both, "succeeded", f"rollout {service}: {new.label} gets its share"),
                    (both, "failed", f"rollout {service}: {new.label} at 50"),
                    (standby, "succeeded", f"rollout {service}: back to {old.label}"),
                ]
            case luck if luck < 0.95:
                steps = [({old.group: old}, "failed", f"{service}: {new.label}")]
            case _:
                steps = [(before, "succeeded", "Nightly refresh")]
        for served, result, message in steps:
            now.served[service] = served
            entries.append(_entry(len(entries) + 1, started, result, message, now, dice))
            started += timedelta(minutes=dice.choice((4, 6, 11)))
    return entries[:count]


def _release(service: str, label: str) -> Served:
    name = f"{service}-{label}-{zlib.crc32(label.encode()):08x}"
    return Served(label, f"ami-{label.replace('.', '0'):>017}", 100, name)


def _with(one: Served, weight: int) -> Served:
    return Served(one.label, one.image, weight, one.group)


def _entry(number: int, started: Any, result: str, message: str, now: _Now, dice: random.Random) -> Entry:
    served = {service: dict(found) for service, found in now.served.items()}
    lost = ("Group web-9.9.9-00000000", "TargetGroup web-9.9.9-00000000") if dice.random() < 0.01 else ()
    state = State(served, lost)
    return Entry(
        number,
        "refresh" if "refresh" in message else "update",
        result,
        started,
        started + timedelta(seconds=dice.choice((38, 48, 95, 240, 640))),
        message,
        dice.choice(("Ann Example", "Grace", "Linus", "ci")),
        f"{dice.getrandbits(160):040x}",
        dice.random() < 0.05,
        False,
        _config(served, dice),
        frozenset({"other:token"}),
        {"create": 5, "delete": 5, "same": 31, "update": 1},
        lambda: state,
    )


def _config(served: Mapping[str, Mapping[str, Served]], dice: random.Random) -> dict[str, str]:
    services = {
        service: {
            "releases": [
                {
                    "version": one.label,
                    "image": one.image,
                    "instance_types": ["m7g.large"],
                    "port": 8080,
                    "health": {"path": "/healthz"},
                    "weight": one.weight,
                }
                for one in found.values()
            ],
            "capacity": {"min": 4, "max": 40 + 2 * (dice.random() < 0.05)},
            "route": {"priority": 100, "hosts": [f"{service}.example.com"]},
            "gate": {"healthy": "100%", "bake_s": 300},
        }
        for service, found in served.items()
    }
    return {"aws:region": "eu-west-1", "immutable:services": json.dumps(services)}
