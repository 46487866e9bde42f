"""What is said of alarms: only metric alarms unless asked, and everything in pages.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.cloudwatch.exceptions import CloudWatchException, ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sandbox.cloud.truth.alarms.states import children, evaluate, history, parents
from sandbox.cloud.truth.replacing import around

PAGE = 100


class InvalidNextToken(CloudWatchException):
    """The token is not one that an answer gave."""

    code = "InvalidNextToken"


def install() -> None:
    """Replace and add what describes."""

    @around(CloudWatchResponse, "describe_alarms")
    def _describe(_original: Any, self: Any) -> ActionResult:
        backend, asked = self.cloudwatch_backend, self._get_params()
        evaluate(backend)
        found = sorted(_selected(backend, asked), key=lambda each: each.name)
        page, token = _page(found, asked)
        return ActionResult(
            {
                "MetricAlarms": [each for each in page if each.rule is None],
                "CompositeAlarms": [_composite(each) for each in page if each.rule is not None],
                "NextToken": token,
            }
        )

    @around(CloudWatchResponse, "describe_alarms_for_metric")
    def _describe_for_metric(original: Any, self: Any) -> ActionResult:
        evaluate(self.cloudwatch_backend)
        return original(self)

    def describe_alarm_history(self: Any) -> ActionResult:
        backend, asked = self.cloudwatch_backend, self._get_params()
        evaluate(backend)
        found = [each for each in history(backend) if _is_asked_for(each, asked)]
        if asked.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, token = _page(found, asked)
        return ActionResult({"AlarmHistoryItems": page, "NextToken": token})

    setattr(CloudWatchResponse, "describe_alarm_history", describe_alarm_history)  # noqa: B010


def _selected(backend: Any, asked: dict[str, Any]) -> list[Any]:
    if asked.get("AlarmNames") and asked.get("AlarmNamePrefix"):
        raise ValidationError("AlarmNames and AlarmNamePrefix cannot be specified together")
    for relation, of in (("ChildrenOfAlarmName", _children), ("ParentsOfAlarmName", parents)):
        if name := asked.get(relation):
            return of(backend, name)
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "AlarmNames": lambda alarm, names: alarm.name in names,
        "AlarmNamePrefix": lambda alarm, prefix: alarm.name.startswith(prefix),
        "StateValue": lambda alarm, state: alarm.state_value == state,
        "ActionPrefix": lambda alarm, prefix: any(each.startswith(prefix) for each in alarm.alarm_actions),
    }
    types = asked.get("AlarmTypes") or ["MetricAlarm"]
    return [
        alarm
        for alarm in backend.alarms.values()
        if _type(alarm) in types and all(test(alarm, asked[name]) for name, test in tests.items() if asked.get(name))
    ]


def _children(backend: Any, name: str) -> list[Any]:
    alarm = backend.alarms.get(name)
    return [] if alarm is None or alarm.rule is None else [backend.alarms[each] for each in children(backend, alarm)]


def _type(alarm: Any) -> str:
    return "MetricAlarm" if alarm.rule is None else "CompositeAlarm"


def _composite(alarm: Any) -> dict[str, Any]:
    shown = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.alarm_arn,
        "AlarmDescription": alarm.description,
        "AlarmRule": alarm.rule,
        "AlarmConfigurationUpdatedTimestamp": alarm.configuration_updated_timestamp,
        "ActionsEnabled": alarm.actions_enabled,
        "AlarmActions": alarm.alarm_actions,
        "OKActions": alarm.ok_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "StateValue": alarm.state_value,
        "StateReason": alarm.state_reason,
        "StateReasonData": alarm.state_reason_data,
        "StateUpdatedTimestamp": alarm.state_updated_timestamp,
        "StateTransitionedTimestamp": alarm.state_transitioned_timestamp,
        "ActionsSuppressor": alarm.actions_suppressor,
        "ActionsSuppressorWaitPeriod": alarm.actions_suppressor_wait_period,
        "ActionsSuppressorExtensionPeriod": alarm.actions_suppressor_extension_period,
        "ActionsSuppressedBy": (by := alarm.actions_suppressed_by),
        "ActionsSuppressedReason": by and f"Actions suppressed by {by}",
    }
    return {name: value for name, value in shown.items() if value is not None}


def _is_asked_for(item: dict[str, Any], asked: dict[str, Any]) -> bool:
    when = item["Timestamp"]
    return (
        asked.get("AlarmName") in (None, item["AlarmName"])
        and asked.get("HistoryItemType") in (None, item["HistoryItemType"])
        and item["AlarmType"] in (asked.get("AlarmTypes") or ["MetricAlarm"])
        and _naive(asked.get("StartDate"), when) <= when <= _naive(asked.get("EndDate"), when)
    )


def _naive(moment: datetime | None, default: datetime) -> datetime:
    return default if moment is None else moment.replace(tzinfo=None)


def _page(found: list[Any], asked: dict[str, Any]) -> tuple[list[Any], str | None]:
    size, token = int(asked.get("MaxRecords") or PAGE), asked.get("NextToken") or "0"
    if not token.isdigit():
        raise InvalidNextToken("The next token specified is invalid.")
    end = int(token) + size
    return found[int(token) : end], str(end) if end < len(found) else None
