"""Which sources a gate asks: of a release before its first traffic, before more, and of those that remain."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime

from components.gate_settings import Gate
from components.live import Fleet, Region
from components.sources.alarms import Alarms
from components.sources.answer import Source, Subject
from components.sources.command import CommandFor
from components.sources.comparison import Comparisons
from components.sources.metrics import Metrics
from components.sources.probe import ProbeOf
from components.sources.prometheus import PrometheusQueries


def before_first_traffic(service: str, gate: Gate, fleets: Sequence[Fleet], region: Region) -> list[Source]:
    """Probe and command. Alarms are not asked: what repairs a loud service must get to its users."""
    found: list[Source] = []
    for fleet in fleets:
        subject = _subject(service, fleet)
        if gate.probe:
            found.append(ProbeOf(gate.probe, subject, functools.partial(region.address, fleet.balancer or "")))
        if gate.command:
            found.append(CommandFor(gate.command, subject))
    return found


def before_more_traffic(
    service: str, gate: Gate, fleets: Sequence[Fleet], losers: Sequence[Fleet], begun: datetime, region: Region
) -> list[Source]:
    """Alarms, metrics, queries, and the comparison with the release that has most of the traffic to lose."""
    if not fleets:
        return []
    stable = max(losers, key=lambda fleet: fleet.weight)
    compared = [
        Comparisons(gate.compare, _subject(service, fleet), _subject(service, stable), begun, region)
        for fleet in fleets
        if gate.compare
    ]
    return [*_watched(service, gate, fleets, 0, region), *compared]


def before_retirement(service: str, gate: Gate, fleets: Sequence[Fleet], region: Region) -> list[Source]:
    """Alarms, metrics and queries of those that remain, as far back as the bake."""
    return _watched(service, gate, fleets, gate.bake_s, region)


def _watched(service: str, gate: Gate, fleets: Sequence[Fleet], window_s: int, region: Region) -> list[Source]:
    subjects = tuple(_subject(service, fleet) for fleet in fleets)
    found: list[Source] = []
    if gate.alarms:
        found.append(Alarms(gate.alarms, region))
    if gate.metrics:
        found.append(Metrics(gate.metrics, subjects, window_s, region))
    if gate.prometheus:
        found.append(PrometheusQueries(gate.prometheus, subjects, window_s))
    return found


def _subject(service: str, fleet: Fleet) -> Subject:
    return Subject(service, fleet.release, fleet.group, fleet.target_group, fleet.balancer)
