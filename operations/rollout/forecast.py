"""What a rollout will do, told before it starts: a step a row, with the capacity and the time of each. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.table import Table

from components.rules import shares
from components.settings import Service
from operations.rollout.planner import Weights
from operations.rollout.situation import Situation


@dataclass(frozen=True)
class Forecast:
    """One step. Times are what is known to pass at least, in seconds: booting comes on top."""

    traffic: str
    instances: Mapping[str, int]
    """By release, what stands after it."""
    carrying: int
    """Instances behind weight, of the releases' shares, at its end."""
    extra: int
    """Instances beyond those that serve now, while it runs."""
    at_least_s: int


def forecast(
    situation: Situation, service: Service, carried: int, steps: Iterable[Weights], hold_s: int
) -> list[Forecast]:
    """Each step; `carried` is how many instances serve now, `hold_s` how long each share of a canary is held."""
    found: list[Forecast] = []
    sizes = {name: carried if weight else service.capacity.min for name, weight in situation.weights.items()}
    for state in steps:
        share = shares(state)
        after = {
            # The gate scales out and never in: a release that loses its traffic keeps its size until it goes.
            name: min(
                max(service.capacity.min, math.ceil(carried * share[name]), sizes.get(name, 0)), service.capacity.max
            )
            for name in state
        }
        during = {**sizes, **after}
        gone = sizes.keys() - after.keys()
        held = hold_s if sum(weight > 0 for weight in state.values()) > 1 else 0
        found.append(
            Forecast(
                situation.told(state),
                after,
                sum(size for name, size in after.items() if state[name]),
                sum(during.values()) - carried,
                _checks_s(situation, state.keys() - sizes.keys())
                + held
                + (service.gate.bake_s + _drain_s(situation, gone) if gone else 0),
            )
        )
        sizes = after
    return found


def as_table(found: list[Forecast]) -> Table:
    """For people."""
    table = Table(title_justify="left")
    for heading in ("step", "traffic after it", "instances that serve", "extra", "at least"):
        table.add_column(heading, justify="left" if heading.startswith("traffic") else "right")
    for number, one in enumerate(found, 1):
        table.add_row(str(number), one.traffic, str(one.carrying), str(one.extra), f"{one.at_least_s} s")
    hours = sum(one.extra * one.at_least_s for one in found) / 3600
    total = sum(one.at_least_s for one in found)
    table.caption = f"{total} s and {hours:.2f} extra instance hours at least; booting comes on top"
    return table


def _checks_s(situation: Situation, arriving: Iterable[str]) -> int:
    """A target is healthy after so many checks in a row."""
    checks = (situation.known[name].release.health for name in arriving)
    return max((check.interval_s * (check.healthy_threshold - 1) for check in checks), default=0)


def _drain_s(situation: Situation, leaving: Iterable[str]) -> int:
    return max((situation.known[name].release.drain_s for name in leaving if name in situation.known), default=0)
