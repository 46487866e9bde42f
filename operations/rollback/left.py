"""What an entry of the history asked for, and what it left. Pure, but for checkpoints read late."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from components.rules import describe_weights, shares
from components.settings import SERVICES
from operations.errors import OperationError
from operations.history.entries import Entry
from operations.history.state import ByService

Traffic = frozenset[tuple[str, str, float]]
"""By service and logical name, the shares of those that have one."""


def flaw(entry: Entry, services: Collection[str]) -> str | None:
    """Why an entry is not one that all of these services may go back to unasked; None if it is."""
    if entry.kind != "update":
        return f"is no update: {entry.kind}"
    if entry.result != "succeeded":
        return "failed" if entry.result == "failed" else f"is {entry.result}"
    if entry.targeted:
        return "left a part of the stack alone"
    if entry.served is None:
        return "does not tell what served after it"
    for service in services:
        if not shared(entry.served, service):
            return f"has no {service} that served"
        if with_traffic(asked_for(entry.config, service)) != labelled(entry.served, service):
            return f"did not leave what its config asks for of {service}"
    return None


def standing(entry: Entry, services: Collection[str]) -> ByService:
    """What stood after an entry.

    Raises:
        OperationError: that is not known, or one of the services did not.
    """
    served = entry.served
    if served is None:
        raise OperationError(f"It is not known what served after entry {entry.number}: the backend has no checkpoint")
    for service in services:
        if not shared(served, service):
            there = ", ".join(sorted(name for name in served if shared(served, name))) or "nothing"
            raise OperationError(f"After entry {entry.number} no {service} served. There served: {there}")
    return served


def serving(served: ByService, service: str) -> str:
    """`1.4.2`, or `1.4.2 at 90 %, 1.5.0 at 10 %`: those that have traffic."""
    found = [(one.label, one.weight) for one in served.get(service, {}).values() if one.weight]
    return found[0][0] if len(found) == 1 else describe_weights(found) or "nothing"


def weights(served: ByService, service: str) -> dict[str, int]:
    """The weight of all that stand, by logical name."""
    return {name: one.weight for name, one in served.get(service, {}).items()}


def shared(served: ByService | None, service: str) -> Traffic:
    """The shares of one service's releases that have traffic."""
    found = shares(weights(served or {}, service))
    return frozenset((service, name, share) for name, share in found.items() if share)


def labelled(served: ByService | None, service: str) -> dict[str, float]:
    """The same by label alone."""
    labels = {name: one.label for name, one in (served or {}).get(service, {}).items()}
    return {labels[name]: share for _, name, share in shared(served, service)}


def asked_for(config: Mapping[str, str], service: str) -> dict[str, float]:
    """What a config asks for: the share of each release by its label, 0 of a standby."""
    found: dict[str, int] = {}
    for one in releases_in(config, service):
        revision = one.get("revision")
        label = f"{one.get('version')} revision {revision}" if revision else str(one.get("version"))
        found[label] = int(one.get("weight", 100))
    return shares(found)


def with_traffic(found: Mapping[str, float]) -> dict[str, float]:
    """Without the standbys."""
    return {label: share for label, share in found.items() if share}


def releases_in(config: Mapping[str, str], service: str) -> list[dict[str, Any]]:
    """The releases of a service as a config has them; none where it has no such service."""
    try:
        found = json.loads(config[SERVICES])[service]["releases"]
        return [dict(one) for one in found]
    except (KeyError, TypeError, ValueError):
        return []
