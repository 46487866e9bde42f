"""How a metric alarm's state follows from data points.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

#: How many periods are looked at beyond those that are needed, in case some have no data.
EXTRA = 2

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


class EvaluationError(Exception):
    """An alarm can't be evaluated here; the message says why."""


@dataclass(frozen=True)
class Settings:
    """What of an alarm decides about its state: `enough` of the last `needed` points must breach."""

    comparison: str
    threshold: float
    needed: int
    enough: int | None = None
    missing: str = "missing"


@dataclass(frozen=True)
class Point:
    """What a statistic gave for the period that began at `time`; None if nothing was reported."""

    time: int
    value: float | None


@dataclass(frozen=True)
class Samples:
    """What was reported in a period; several values at once come as their statistics only."""

    values: Sequence[float]
    total: float
    count: float
    low: float
    high: float


def statistic(name: str, samples: Samples) -> float | None:
    """A statistic, or a percentile such as `p99.9`, of what was reported.

    Raises:
        EvaluationError: it isn't one that the sandbox computes.
    """
    known = {
        "SampleCount": samples.count,
        "Sum": samples.total,
        "Average": samples.total / samples.count if samples.count else None,
        "Minimum": samples.low,
        "Maximum": samples.high,
    }
    if name in known:
        return known[name]
    if not re.fullmatch(r"p(\d{1,2}(\.\d+)?|100)", name):
        raise EvaluationError(f"the statistic {name} is not known to the sandbox")
    if not samples.values:
        return None
    ordered, rank = sorted(samples.values), float(name[1:]) / 100 * (len(samples.values) - 1)
    low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


def state(settings: Settings, points: Sequence[Point]) -> str | None:
    """The state that data points, oldest first, put an alarm in; None if it keeps the one it has.

    Raises:
        EvaluationError: the sandbox doesn't know the comparison.
    """
    real = [(index, breaches(settings, point)) for index, point in enumerate(points) if point.value is not None]
    enough = settings.enough or settings.needed
    if len(real) >= settings.needed:
        return ALARM if sum(breach for _, breach in real[-settings.needed :]) >= enough else OK
    breaching = sum(breach for _, breach in real)
    filled = settings.needed - len(real)
    if settings.missing == "breaching":
        return ALARM if breaching + filled >= enough else OK
    if settings.missing == "notBreaching" or breaching >= enough:
        return ALARM if breaching >= enough else OK
    ignored = settings.missing == "ignore"
    if not real:
        return None if ignored else INSUFFICIENT
    if breaching < len(real):
        return OK
    # All that there is breaches. It is too early to say so while it is younger than what would be enough.
    return ALARM if len(points) - real[0][0] >= enough and not ignored else None


def breaches(settings: Settings, point: Point) -> bool:
    """Whether a data point is beyond the threshold.

    Raises:
        EvaluationError: the sandbox doesn't know the comparison.
    """
    if settings.comparison not in _COMPARISONS:
        raise EvaluationError(
            f"the comparison {settings.comparison} needs anomaly detection, which the sandbox has not"
        )
    return point.value is not None and _COMPARISONS[settings.comparison][0](point.value, settings.threshold)


def reason(settings: Settings, points: Sequence[Point], new: str) -> str:
    """Why data points put an alarm in a state, as AWS words it."""
    real = [point for point in points if point.value is not None][-settings.needed :]
    filled = settings.needed - len(real)
    if new == INSUFFICIENT:
        return f"Insufficient Data: {_count(filled)} {_were(filled)} unknown."
    treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(settings.missing)
    missing = f" and {_count(filled, 'missing ')} {_were(filled)} treated as [{treated}]" if filled and treated else ""
    if not real:
        periods = f"{settings.needed} period{'s' if settings.needed > 1 else ''}"
        return f"Threshold Crossed: no datapoints were received for {periods}{missing}."
    matching = [point for point in real if breaches(settings, point) == (new == ALARM)] or real
    shown = ", ".join(f"{point.value} ({_moment(point.time)})" for point in reversed(matching))
    comparison = f"{'' if new == ALARM else 'not '}{_COMPARISONS[settings.comparison][1]}"
    verdict = f"[{shown}] {_were(len(matching))} {comparison} the threshold ({settings.threshold})"
    if settings.enough is None:
        return f"Threshold Crossed: {_count(len(matching))} {verdict}{missing}."
    least = settings.enough if new == ALARM else settings.needed - settings.enough + 1
    way = "OK -> ALARM" if new == ALARM else "ALARM -> OK"
    counted = f"{len(matching)} out of the last {settings.needed} datapoints"
    return f"Threshold Crossed: {counted} {verdict}{missing} (minimum {_count(least)} for {way} transition)."


def too_few(name: str, count: int) -> bool:
    """Whether a percentile of so many samples says little.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    share = float(name[1:]) / 100 if name.startswith("p") else 0.0
    return 0 < share < 1 and count < 10 / min(share, 1 - share)


def _count(number: int, kind: str = "") -> str:
    return f"{number} {kind}datapoint{'s' if number > 1 else ''}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%d/%m/%y %H:%M:%S")
