"""Alarms change their states: who asks makes them evaluated, the change is in the history, and topics hear of it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterator
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

from botocore.loaders import Loader
from moto.core.utils import utcnow

from sandbox.cloud.truth.alarms import composition, samples, suppression
from sandbox.cloud.truth.alarms.evaluation import ALARM, INSUFFICIENT, OK, EvaluationError, reason

_ACTIONS = {ALARM: "alarm_actions", OK: "ok_actions", INSUFFICIENT: "insufficient_data_actions"}


def evaluate(backend: Any) -> None:
    """Put every alarm of a region in the state that it should be in.

    A state that was set stands until an evaluation gives something else than the one before.
    """
    for alarm in list(backend.alarms.values()):
        if alarm.rule is None:
            _evaluate_metric(backend, alarm)
    for alarm in _composites(backend):
        rule = composition.parse(alarm.rule)
        children = {each: find(backend, each) for each in composition.alarms(rule)}
        states = {each: child.state_value if child else INSUFFICIENT for each, child in children.items()}
        new = ALARM if composition.holds(rule, states) else OK
        _settle(backend, alarm, new, _why(alarm, [child for child in children.values() if child], new), "{}")
        alarm.rule_changed = None
    for alarm in list(backend.alarms.values()):
        suppressor = find(backend, alarm.actions_suppressor) if alarm.actions_suppressor else None
        if old := suppression.release(alarm, suppressor):
            _act(backend, alarm, old)


def find(backend: Any, reference: str) -> Any:
    """The alarm of a name or an ARN; None if there is none."""
    if not reference.startswith("arn:"):
        return backend.alarms.get(reference)
    return next((each for each in backend.alarms.values() if each.alarm_arn == reference), None)


def parents(backend: Any, name: str) -> list[Any]:
    """The composite alarms whose rules name an alarm."""
    return [each for each in backend.alarms.values() if each.rule is not None and name in children(backend, each)]


def children(backend: Any, alarm: Any) -> list[str]:
    """Names of the alarms that a composite alarm's rule names, as far as there are any."""
    found = (find(backend, each) for each in composition.alarms(composition.parse(alarm.rule)))
    return [each.name for each in found if each]


def change(backend: Any, alarm: Any, state: str, why: str, data: str | None) -> None:
    """Put an alarm in a state."""
    old, now = alarm.state_value, utcnow()
    before = _shown(alarm)
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = state, why, data
    alarm.state_updated_timestamp = now
    if state == old:
        return
    alarm.state_transitioned_timestamp = now
    content = {"version": "1.0", "oldState": before, "newState": _shown(alarm)}
    note(backend, alarm, "StateUpdate", f"Alarm updated from {old} to {state}", content)
    if alarm.actions_suppressor is None:
        _act(backend, alarm, old)
    else:
        suppression.hold(alarm, old)


def note(backend: Any, alarm: Any, kind: str, summary: str, content: dict[str, Any]) -> None:
    """Add to the history of a region's alarms; it outlives them."""
    history(backend).append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": utcnow(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(content, default=str),
        }
    )


def history(backend: Any) -> list[dict[str, Any]]:
    """The history of a region's alarms, oldest first."""
    return backend.__dict__.setdefault("alarm_history", [])


def _evaluate_metric(backend: Any, alarm: Any) -> None:
    try:
        new, points = samples.verdict(alarm, backend.metric_data, time.time())
        alarm.evaluation_state = None
    except EvaluationError as error:
        alarm.evaluation_state, alarm.state_reason = "EVALUATION_ERROR", f"Can't be evaluated: {error}"
        return
    if new is not None:
        wanted = samples.settings(alarm)
        data = {
            "version": "1.0",
            "queryDate": _iso(utcnow()),
            "period": alarm.period,
            "recentDatapoints": [point.value for point in points if point.value is not None],
            "threshold": wanted.threshold,
        }
        _settle(backend, alarm, new, reason(wanted, points, new), json.dumps(data))


def _settle(backend: Any, alarm: Any, new: str, why: str, data: str) -> None:
    if new != alarm.evaluated:
        alarm.evaluated = new
        if new != alarm.state_value:
            change(backend, alarm, new, why, data)


def _composites(backend: Any) -> Iterator[Any]:
    """Those that aren't part of a circle, or depend on one, each after those that its rule names."""
    graph = {each.name: children(backend, each) for each in backend.alarms.values() if each.rule is not None}
    while True:
        try:
            order = list(TopologicalSorter(graph).static_order())
            break
        except CycleError as error:
            stuck = {*error.args[1]}
            graph = {name: below for name, below in graph.items() if name not in stuck and not stuck & {*below}}
    return (backend.alarms[name] for name in order if name in graph)


def _why(alarm: Any, below: list[Any], new: str) -> str:
    if alarm.rule_changed or not below:
        return f"{alarm.alarm_arn} was {alarm.rule_changed or 'updated'} and its alarm rule evaluates to {new}"
    child = max(below, key=lambda each: each.state_transitioned_timestamp)
    when = child.state_transitioned_timestamp
    return f"{child.alarm_arn} transitioned to {child.state_value} at {when:%A %d %B, %Y %H:%M:%S} UTC"


def _act(backend: Any, alarm: Any, old: str) -> None:
    actions: list[str] = getattr(alarm, _ACTIONS[alarm.state_value]) if alarm.actions_enabled else []
    for action in actions:
        if action.split(":")[2:3] == ["sns"]:
            _publish(backend, alarm, old, action)


def _publish(backend: Any, alarm: Any, old: str, topic: str) -> None:
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "AlarmConfigurationUpdatedTimestamp": _iso(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _iso(alarm.state_transitioned_timestamp),
        "Region": _region_name(backend.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        **({"AlarmRule": alarm.rule} if alarm.rule is not None else {"Trigger": _trigger(alarm)}),
    }
    from moto.sns.models import sns_backends  # Loads much that most clouds never need.

    subject = f'{alarm.state_value}: "{alarm.name}" in {_region_name(backend.region_name)}'[:100]
    region, account = topic.split(":")[3:5]
    content: dict[str, Any] = {"actionState": "Succeeded", "notificationResource": topic, "error": None}
    try:
        sns_backends[account][region].publish(message=json.dumps(message), arn=topic, subject=subject)
        summary = f"Successfully executed action {topic}"
    except Exception as error:  # noqa: BLE001  # Whatever is wrong with the topic, the alarm has changed.
        summary, content = (
            f"Failed to execute action {topic}",
            {**content, "actionState": "Failed", "error": str(error)},
        )
    note(backend, alarm, "Action", summary, content)


def _trigger(alarm: Any) -> dict[str, Any]:
    percentile = alarm.extended_statistic
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "ExtendedStatistic" if percentile else "Statistic",
        "ExtendedStatistic" if percentile else "Statistic": percentile or (alarm.statistic or "").upper(),
        "Unit": alarm.unit,
        "Dimensions": [{"name": each.name, "value": each.value} for each in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }


def _shown(alarm: Any) -> dict[str, Any]:
    data = json.loads(alarm.state_reason_data or "{}")
    return {"stateValue": alarm.state_value, "stateReason": alarm.state_reason, "stateReasonData": data}


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


@functools.cache
def _region_name(region: str) -> str:
    loader: Any = Loader()
    partitions: list[dict[str, Any]] = loader.load_data("endpoints")["partitions"]
    names: dict[str, str] = {
        name: each["description"] for partition in partitions for name, each in partition["regions"].items()
    }
    return names.get(region, region).replace("Europe", "EU")
