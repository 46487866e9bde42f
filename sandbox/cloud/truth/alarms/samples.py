"""The data points of an alarm, from what was reported with PutMetricData."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from moto.cloudwatch.models import MetricDatum

from sandbox.cloud.truth.alarms.arithmetic import MathError, Series, evaluate
from sandbox.cloud.truth.alarms.evaluation import (
    EXTRA,
    EvaluationError,
    Point,
    Samples,
    Settings,
    state,
    statistic,
    too_few,
)

#: Namespaces whose metrics have no data while nothing happens.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
_SPARSE = ("AWS/DynamoDB",)


def settings(alarm: Any) -> Settings:
    """What of a metric alarm decides about its state.

    Raises:
        EvaluationError: it is on PromQL, or compares with a band, not with a threshold.
    """
    if getattr(alarm, "evaluation_criteria", None):
        raise EvaluationError("the sandbox has no PromQL")
    if alarm.threshold is None:
        raise EvaluationError("the sandbox has no anomaly detection")
    missing = alarm.treat_missing_data or ("ignore" if alarm.namespace in _SPARSE else "missing")
    enough = None if alarm.datapoints_to_alarm is None else int(alarm.datapoints_to_alarm)
    return Settings(alarm.comparison_operator, float(alarm.threshold), int(alarm.evaluation_periods), enough, missing)


def verdict(alarm: Any, reported: Sequence[Any], now: float) -> tuple[str | None, list[Point]]:
    """The state that a metric alarm should be in, None for the one it is in, and the data points that say so.

    Raises:
        EvaluationError: the sandbox can't evaluate it.
    """
    wanted = settings(alarm)
    length = _period(alarm)
    current = int(now // length * length)
    periods = [current - length * back for back in range(wanted.needed + EXTRA, -1, -1)]
    series = _result(alarm, _Reported(reported, periods, length))
    # The period that is not over yet counts as soon as something was reported for it.
    shown = periods[1:] if current in series else periods[:-1]
    points = [Point(each, series.get(each)) for each in shown]
    return (None if _is_too_thin(alarm, reported, shown, length) else state(wanted, points)), points


class _Reported:
    """What was reported for some periods of a length."""

    def __init__(self, reported: Sequence[Any], periods: Sequence[int], length: int) -> None:
        self.periods, self._reported, self._length = periods, reported, length

    def series(self, metric: Any, name: str, unit: str | None) -> Series:
        """A statistic of a metric, where there is one."""
        found = {
            period: statistic(name, _samples(data))
            for period, data in _by_period(self._reported, metric, unit, self._length).items()
            if period in self.periods
        }
        return {period: value for period, value in found.items() if value is not None}


def _result(alarm: Any, reported: _Reported) -> Series:
    queries: list[Any] = alarm.metric_data_queries
    if not queries:
        return reported.series(alarm, alarm.statistic or alarm.extended_statistic, alarm.unit)
    named = {
        each.id: reported.series(each.metric_stat.metric, each.metric_stat.stat, each.metric_stat.unit)
        for each in queries
        if each.metric_stat
    }
    left = [each for each in queries if not each.metric_stat]
    while left:
        # An expression may be of others, in whichever order they come.
        ready = next((each for each in left if not _uses(each.expression, [other.id for other in left])), None)
        if ready is None:
            raise EvaluationError("its expressions are of each other")
        left.remove(ready)
        try:
            named[ready.id] = evaluate(ready.expression, named, reported.periods)
        except MathError as error:
            raise EvaluationError(str(error)) from None
    shown = next((each for each in queries if each.return_data is not False), queries[-1])
    return named[shown.id]


def _uses(expression: str, ids: list[str]) -> bool:
    words = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in expression).split()
    return any(each in words for each in ids)


def _period(alarm: Any) -> int:
    lengths = [each.metric_stat.period for each in alarm.metric_data_queries if each.metric_stat]
    lengths += [each.period for each in alarm.metric_data_queries if each.period]
    return int(alarm.period or max(map(int, lengths), default=60))


def _is_too_thin(alarm: Any, reported: Sequence[Any], periods: Sequence[int], length: int) -> bool:
    if alarm.evaluate_low_sample_count_percentile != "ignore" or not alarm.extended_statistic:
        return False
    data = _by_period(reported, alarm, alarm.unit, length)
    return any(too_few(alarm.extended_statistic, len(data[each])) for each in periods if each in data)


def _by_period(reported: Sequence[Any], metric: Any, unit: str | None, length: int) -> dict[int, list[Any]]:
    wanted = {(each.name, each.value) for each in metric.dimensions}
    found = defaultdict[int, list[Any]](list)
    for each in reported:
        if (
            (each.namespace, each.name) == (metric.namespace, metric.metric_name)
            and (unit is None or each.unit == unit)
            and {(dimension.name, dimension.value) for dimension in each.dimensions} == wanted
        ):
            when = each.timestamp if each.timestamp.tzinfo else each.timestamp.replace(tzinfo=UTC)
            found[int(when.timestamp() // length * length)].append(each)
    return found


def _samples(data: list[Any]) -> Samples:
    single = [each.value for each in data if isinstance(each, MetricDatum)]
    several = [each for each in data if not isinstance(each, MetricDatum)]
    return Samples(
        values=single,
        total=sum(single) + sum(each.sum for each in several),
        count=len(single) + sum(each.sample_count for each in several),
        low=min([*single, *(each.min for each in several)]),
        high=max([*single, *(each.max for each in several)]),
    )
