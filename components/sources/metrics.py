"""CloudWatch metrics: quiet while every period is within its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from components.gate_settings import Metric
from components.sources.answer import Answer, Reading, State, Subject, run_of, seconds, together
from components.sources.cloudwatch import CloudWatch, Series, answer_of, whole_periods

LATE = 3
"""So many periods at the end may be without data and still be only late: AWS's metrics come minutes after the fact."""


@dataclass(frozen=True)
class Metrics:
    """All metrics of a gate for all judged releases, in one call (GetMetricData takes 500)."""

    metrics: tuple[Metric, ...]
    subjects: tuple[Subject, ...]
    window_s: int
    """How far back a reading can still count."""
    cloud: CloudWatch

    @property
    def name(self) -> str:
        """Who is asked."""
        return "CloudWatch, asked for metrics,"

    async def ask(self, now: datetime, /) -> Answer:
        """Whether all are within their bounds, since when, and up to when there is data."""
        asked = [
            (series, metric)
            for metric in self.metrics
            for series in dict.fromkeys(_series(metric, subject) for subject in self.subjects)
        ]
        longest = max(metric.period_s for metric in self.metrics)
        start = now - seconds(self.window_s + (LATE + 1) * longest)
        found = await answer_of(self.cloud.readings, [series for series, _ in asked], start, now)
        if isinstance(found, Answer):
            return found
        return together(
            [
                judge(metric, str(series), whole_periods(series, values, start, now))
                for (series, metric), values in zip(asked, found, strict=True)
            ]
        )


def judge(metric: Metric, name: str, readings: Sequence[Reading]) -> Answer:
    """What one series says by its readings, oldest first; the last ones may not have come yet."""
    late = next((count for count, one in enumerate(reversed(readings)) if one.value is not None), len(readings))
    if metric.missing == "fail" and late > LATE:
        return Answer(State.UNKNOWN, f"{name} has no data")
    if metric.missing == "fail" or late < len(readings):
        # What is only late is no evidence of silence, whatever an absence means later on.
        readings = readings[: len(readings) - min(late, LATE)]
    states = [_state(metric, one) for one in readings]
    state, since = run_of(readings, states)
    until = readings[-1].start + seconds(metric.period_s)
    if state is not State.LOUD:
        return Answer(state, name, since, until)
    value = f"{readings[-1].value:g} at {readings[-1].start:%H:%M:%S} UTC, not {metric.said}"
    return Answer(state, f"{name} is {value}, since {since:%H:%M:%S} UTC", since, until)


def _state(metric: Metric, reading: Reading) -> State:
    if reading.value is None:
        return State.QUIET if metric.missing == "pass" else State.UNKNOWN
    return State.LOUD if metric.broken_by(reading.value) else State.QUIET


def _series(metric: Metric, subject: Subject) -> Series:
    return Series.of(
        subject,
        namespace=metric.namespace,
        name=metric.name,
        dimensions=metric.dimensions,
        statistic=metric.statistic,
        period_s=metric.period_s,
    )
