"""The listener rules of a balancer, planned: priorities, conditions and weights. Pure.

Preview rules are asked before traffic rules, so that the header reaches a release whatever its service's route is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from components.settings import Route

PREVIEW_HEADER = "X-Immutable-Release"
"""A request with this header and a release's logical name reaches that release, whatever its weight."""

TAG_WEIGHTS = "immutable:weights-since"
"""The tag of a traffic rule that tells since when its weights hold (`components.weights`)."""

_FIRST_TRAFFIC = 49_000
"""Traffic rules take 49,001 to 49,999, preview rules 1 to 49,000; AWS allows 1 to 50,000 on a listener."""


def traffic_priority(route: Route) -> int:
    """The place of a service's traffic rule: after every preview rule, in the order of the routes."""
    return _FIRST_TRAFFIC + route.priority


def preview_priority(release: str) -> int:
    """The place of a release's preview rule, from its logical name, as nothing else is free of state.

    Two of n releases that stand at once meet with a chance of about n²/98,000. AWS then refuses the new rule
    (PriorityInUse) before anything else is made; another `revision` of the release gives another place.
    """
    return 1 + int(hashlib.sha256(release.encode()).hexdigest(), 16) % _FIRST_TRAFFIC


def route_conditions(route: Route) -> list[Any]:
    """The conditions of a traffic rule, as pulumi-aws takes them."""
    hosts = [{"host_header": {"values": list(route.hosts)}}] if route.hosts else []
    paths = [{"path_pattern": {"values": list(route.paths)}}] if route.paths else []
    return hosts + paths


def preview_conditions(release: str) -> list[Any]:
    """The condition of a release's preview rule: its header, and nothing else."""
    return [{"http_header": {"http_header_name": PREVIEW_HEADER, "values": [release]}}]


def shares(weights: Mapping[str, int]) -> dict[str, float]:
    """The share of traffic, 0 to 1, behind each key; all 0 when nothing has weight."""
    total = sum(weights.values())
    return {key: weight / total if total else 0.0 for key, weight in weights.items()}


def describe_weights(weights: Sequence[tuple[str, int]]) -> str:
    """Weights as a person reads them: `1.4.2 at 90 %, 1.5.0 at 10 %`."""
    return ", ".join(f"{key} at {100 * share:.3g} %" for key, share in shares(dict(weights)).items())
