"""How often a comparison errs, over 1,000 simulated canaries each, and what it does without enough data.

The numbers are those of docs/gates.md. Every simulation is seeded, so that a failure can be run again.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy
import pytest
from numpy.typing import NDArray

from components.gate_settings import LevelComparison, ShareComparison
from components.sources import comparison
from components.sources.answer import State, Subject
from components.sources.cloudwatch import Series
from components.sources.comparison import ALPHA, Comparisons, judge_level, judge_share

NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
Noise = NDArray[numpy.float64]
RUNS, SEED = 1_000, 20261123
SLACK = 0.002
"""Another C library may round a case on the edge the other way."""
PROBABILITY = functools.cache(comparison.probability)
SHARE = ShareComparison.model_validate(
    {"kind": "share", "namespace": "Shop", "bad": "Errors", "total": "Requests", "dimensions": {"G": "${group}"}}
)
LEVEL = LevelComparison.model_validate(
    {"kind": "level", "namespace": "Shop", "name": "Time", "statistic": "p90", "dimensions": {"G": "${group}"}}
)


def at(minute: int) -> datetime:
    return NOW - timedelta(minutes=minute)


@pytest.fixture(autouse=True)
def tested_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,000 canaries many have the same counts."""
    monkeypatch.setattr(comparison, "probability", PROBABILITY)


def called_worse(canary: float, requests: int, burst: int = 1) -> float:
    """How often a canary with this share of bad ones is called worse than 1 % beside nine times its requests."""
    chance, totals = numpy.random.default_rng(SEED), (requests, 9 * requests)
    shares = zip(totals, (canary, 0.01), strict=True)
    bad = numpy.transpose([burst * chance.binomial(total, share / burst, RUNS) for total, share in shares]).tolist()
    loud = 0
    for run in bad:
        sides = [({at(1): float(one)}, {at(1): float(total)}) for one, total in zip(run, totals, strict=True)]
        loud += judge_share(SHARE, "errors", ALPHA, sides[0], sides[1]).state is State.LOUD
    return loud / RUNS


@pytest.mark.parametrize(
    ("canary", "requests", "burst", "worse"),
    [
        pytest.param(0.01, 500, 1, 0.004, id="equal, few requests"),
        pytest.param(0.01, 5_000, 1, 0.002, id="equal, many requests"),
        pytest.param(0.01, 5_000, 3, 0.042, id="equal, errors come in threes"),
        pytest.param(0.011, 20_000, 1, 0.006, id="on the margin, so many that the difference is certain"),
        pytest.param(0.02, 500, 1, 0.222, id="twice as many, few requests: mostly missed"),
        pytest.param(0.05, 500, 1, 0.998, id="five times as many, few requests"),
        pytest.param(0.02, 5_000, 1, 0.992, id="twice as many, many requests"),
    ],
)
def test_how_often_errors_are_called_worse(canary: float, requests: int, burst: int, worse: float) -> None:
    assert called_worse(canary, requests, burst) == pytest.approx(worse, abs=SLACK)


def lasting(noise: Noise, memory: float) -> Noise:
    """Of which the next period, the next row, keeps what `memory` says."""
    found = [noise[0]]
    for fresh in noise[1:]:
        found.append(memory * found[-1] + fresh)
    return numpy.array(found)


def levels(ratio: float, periods: int, memory: float) -> tuple[list[list[float]], list[list[float]]]:
    """Latencies of canaries and stable releases, each two under one load, which comes and goes in waves; by run.

    Each has 10 % noise of its own, of which the next period keeps what `memory` says.
    """
    waves, own, other = numpy.random.default_rng(SEED).standard_normal((3, periods, RUNS))
    load, fresh = lasting(0.15 * waves, 0.7), 0.1 * math.sqrt(1 - memory**2)
    canary, stable = (100 * numpy.exp(load + lasting(fresh * noise, memory)).T for noise in (own, other))
    return (ratio * canary).tolist(), stable.tolist()


@pytest.mark.parametrize(
    ("ratio", "periods", "memory", "worse"),
    [
        pytest.param(1.0, 20, 0, 0, id="equal"),
        pytest.param(1.0, 20, 0.5, 0.002, id="equal, noise that lasts"),
        pytest.param(1.1, 20, 0, 0.01, id="on the margin"),
        pytest.param(1.1, 60, 0, 0.003, id="on the margin, an hour"),
        pytest.param(1.1, 20, 0.5, 0.062, id="on the margin, noise that lasts"),
        pytest.param(1.2, 20, 0, 0.347, id="a fifth slower: mostly missed"),
        pytest.param(1.2, 60, 0, 0.89, id="a fifth slower, an hour"),
        pytest.param(1.3, 20, 0, 0.917, id="three tenths slower"),
        pytest.param(1.5, 20, 0, 1, id="half as slow again"),
    ],
)
def test_how_often_latency_is_called_worse(ratio: float, periods: int, memory: float, worse: float) -> None:
    times, loud = [at(minute) for minute in range(periods)], 0
    for run in zip(*levels(ratio, periods, memory), strict=True):
        canary, stable = (dict(zip(times, side, strict=True)) for side in run)
        loud += judge_level(LEVEL, "time", ALPHA, canary, stable).state is State.LOUD
    assert loud / RUNS == pytest.approx(worse, abs=SLACK)


# Data that is not there.


def test_too_few_requests_are_no_answer() -> None:
    few, many = ({at(1): 400.0}, {at(1): 499.0}), ({at(1): 0.0}, {at(1): 9_000.0})
    answer = judge_share(SHARE, "errors", ALPHA, few, many)
    assert (answer.state, answer.reason) == (State.UNKNOWN, "errors: 499 of 500 counted")


def test_only_what_both_had_at_the_same_time_is_compared() -> None:
    canary = {at(1): 400.0, at(2): 0.0}, {at(1): 500.0, at(2): 600.0}
    stable = {at(3): 400.0}, {at(2): 600.0, at(3): 500.0}
    answer = judge_share(SHARE, "errors", ALPHA, canary, stable)
    assert (answer.state, answer.reason) == (State.QUIET, "errors: 0 of 600 (0.00%) to 0 of 600 (0.00%)")


def test_too_few_periods_are_no_answer() -> None:
    values = {at(minute): 1.0 for minute in range(20)}
    other = {at(minute): 1.0 for minute in range(6, 30)}
    answer = judge_level(LEVEL, "time", ALPHA, values, other)
    assert (answer.state, answer.reason) == (State.UNKNOWN, "time: 14 of 20 periods counted")


def test_equal_levels_are_quiet() -> None:
    values = {at(minute): 0.0 for minute in range(20)}
    assert judge_level(LEVEL, "time", ALPHA, values, values).state is State.QUIET


def test_no_errors_on_either_side_are_quiet() -> None:
    side = dict[datetime, float](), {at(1): 1_000.0}
    assert judge_share(SHARE, "errors", ALPHA, side, side).state is State.QUIET


def test_worse_is_said_with_numbers() -> None:
    answer = judge_share(SHARE, "errors", ALPHA, ({at(1): 40.0}, {at(1): 1_000.0}), ({}, {at(1): 1_000.0}))
    assert answer.state is State.LOUD
    assert answer.reason.startswith("errors: 40 of 1000 (4.00%) to 0 of 1000 (0.00%): worse, as chance alone shows in ")


class Cloud:
    """CloudWatch in which the canary's errors grow between two questions."""

    def __init__(self, *errors: float) -> None:
        self.errors, self.asked = list(errors), 0

    def alarms(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        raise NotImplementedError

    def readings(self, series: Sequence[Series], start: datetime, end: datetime) -> list[dict[datetime, float]]:
        self.asked += 1
        assert (start, end) == (at(9), at(3))
        bad = self.errors.pop(0)
        assert [one.dimensions for one in series] == [(("G", "new"),)] * 2 + [(("G", "old"),)] * 2
        requests = 1_000.0 if bad else 100.0
        return [{at(5): bad}, {at(5): requests}, {at(5): 1.0}, {at(5): 1_000.0}]


async def test_a_comparison_is_looked_at_once_a_run() -> None:
    cloud = Cloud(0.0, 1.0, 900.0)
    canary, stable = Subject("web", "web-1.5.0-0b", "new"), Subject("web", "web-1.4.2-0a", "old")
    source = Comparisons((SHARE,), canary, stable, at(10), cloud)
    states = [(await source.ask(NOW)).state for _ in range(4)]
    assert states == [State.UNKNOWN, State.QUIET, State.QUIET, State.QUIET]
    assert cloud.asked == 2


async def test_before_the_first_period_is_counted_there_is_no_answer() -> None:
    subject = Subject("web", "web-1.5.0-0b", "new")
    answer = await Comparisons((SHARE,), subject, subject, at(4), Cloud()).ask(NOW)
    assert answer.state is State.UNKNOWN
