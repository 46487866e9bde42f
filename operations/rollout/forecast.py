"""What a rollout will do, told before it starts: a step a row, with the capacity and the time of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.table import Table

from components.capacity import carried, rounded_up
from operations.rollout.planner import is_held, percent
from operations.rollout.ready import Ready
from operations.rollout.room import Weights
from operations.rollout.situation import Situation


@dataclass(frozen=True)
class Forecast:
    """One step. `at_least_s` is what is known to pass, in seconds: the engine's own time comes on top."""

    traffic: str
    instances: Mapping[str, int]
    """By release, what stands at its end."""
    carrying: int
    """Instances behind weight, of the releases' shares, at its end."""
    extra: int
    """Instances beyond those that serve now, while it runs."""
    at_least_s: int


def forecast(ready: Ready, hold_s: int, boot_s: int = 0) -> list[Forecast]:
    """Each step; `hold_s` is how long each share of a canary is held, `boot_s` how long an instance boots."""
    found: list[Forecast] = []
    situation, gate = ready.situation, ready.settings.gate
    before: Weights = situation.weights
    sizes = {fleet.release: fleet.desired for fleet in ready.fleets}
    for state in ready.states():
        # Where traffic does not move nothing grows, so nothing makes room for it.
        moves = percent(state, ready.release) > percent(before, ready.release)
        room = ready.room.rested(before) if ready.room and moves else None
        shrunk = {name for name, size in room.sizes.items() if size < sizes.get(name, 0)} if room else set[str]()
        stood = dict(room.sizes) if room else sizes
        during = room.grown(before, state) if room else {**stood, **_grown(ready, stood, before, state)}
        seconds = _drain_s(situation, shrunk)
        if growing := {name for name, size in during.items() if size > stood.get(name, 0)}:
            seconds += boot_s + _checks_s(situation, growing)
        if is_held(state, ready.goal, ready.room):
            seconds += hold_s
        if gone := stood.keys() - state.keys():
            seconds += gate.bake_s + _drain_s(situation, gone)
        sizes = {name: during[name] for name in state}
        carrying = sum(size for name, size in sizes.items() if state[name])
        found.append(
            Forecast(situation.told(state), sizes, carrying, sum(during.values()) - ready.carried, round(seconds))
        )
        before = state
    return found


def as_table(found: list[Forecast], boot_s: int | None) -> Table:
    """For people; `boot_s` is None where nothing tells how long an instance boots."""
    table = Table(title_justify="left")
    for heading in ("step", "traffic after it", "instances that serve", "extra", "at least"):
        table.add_column(heading, justify="left" if heading.startswith("traffic") else "right")
    for number, one in enumerate(found, 1):
        table.add_row(str(number), one.traffic, str(one.carrying), str(one.extra), f"{one.at_least_s} s")
    hours = sum(one.extra * one.at_least_s for one in found) / 3600
    total = sum(one.at_least_s for one in found)
    boots = "booting comes on top" if boot_s is None else f"with {boot_s} s to boot, as the newest launches took"
    table.caption = f"{total} s and {hours:.2f} extra instance hours at least, {boots}; updates take their time as well"
    return table


def _grown(ready: Ready, sizes: Mapping[str, int], now: Weights, then: Weights) -> dict[str, int]:
    """The gate scales out and never in: a release that loses its traffic keeps its size until it goes."""
    capacity, total = ready.settings.capacity, sum(then.values())
    served = carried(sizes, {name: now[name] for name in sizes if name in now}) or ready.carried
    return {
        name: min(max(capacity.min, rounded_up(served * then[name], total), sizes.get(name, 0)), capacity.max)
        for name in then
    }


def _checks_s(situation: Situation, growing: Iterable[str]) -> int:
    """A target is healthy after so many checks in a row."""
    checks = (situation.known[name].release.health for name in growing if name in situation.known)
    return max((check.interval_s * (check.healthy_threshold - 1) for check in checks), default=0)


def _drain_s(situation: Situation, leaving: Iterable[str]) -> int:
    return max((situation.known[name].release.drain_s for name in leaving if name in situation.known), default=0)
