"""CloudWatch alarms: composite ones, which moto lacks, states that follow from the metrics, and their history.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import EmptyResult
from moto.core.utils import camelcase_to_underscores

from sandbox.cloud.truth.alarms import composition, descriptions, suppression
from sandbox.cloud.truth.alarms.evaluation import INSUFFICIENT
from sandbox.cloud.truth.alarms.states import change, evaluate, find, note, parents
from sandbox.cloud.truth.replacing import around

#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
_EXTENDED = re.compile(r"(?:p|tm|wm|tc|ts)\d{1,3}(?:\.\d+)?|(?:PR|TM|WM|TC|TS)\([^()]+\)|IQM", re.IGNORECASE)

#: What moto forgets of a metric alarm.
_SETTINGS = ("EvaluationCriteria", "EvaluationInterval", "EvaluationWindow", "WarmUpConfiguration")

#: What an alarm that is put again keeps.
_KEPT = (
    "state_value",
    "state_reason",
    "state_reason_data",
    "state_updated_timestamp",
    "state_transitioned_timestamp",
    "evaluated",
    *suppression.KEPT,
)


def install() -> None:
    """Replace moto's alarms."""
    _put()
    _change()
    descriptions.install()


def _put() -> None:
    @around(Alarm, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.state_value = self.evaluated = INSUFFICIENT
        self.state_reason_data = None
        self.state_transitioned_timestamp = self.state_updated_timestamp
        self.evaluation_state = self.rule_changed = None
        suppression.start(self)

    @around(CloudWatchResponse, "put_metric_alarm")
    def _put_settings(original: Any, self: Any) -> Any:
        if not self._get_param("EvaluationCriteria") and not self._get_param("EvaluationPeriods"):
            raise ValidationError("The parameter EvaluationPeriods is required.")
        # Its actions, and the alarms that name it, would go on with something else.
        old = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
        if old is not None and old.rule is not None:
            raise ValidationError(f"{old.name} is a composite alarm")
        answer = original(self)
        alarm = self.cloudwatch_backend.alarms[self._get_param("AlarmName")]
        for member in _SETTINGS:
            setattr(alarm, camelcase_to_underscores(member), self._get_param(member))
        queries: list[dict[str, Any]] = self._get_param("Metrics", [])
        for query, told in zip(alarm.metric_data_queries, queries, strict=True):
            query.account_id = told.get("AccountId")
        return answer

    @around(CloudWatchBackend, "put_metric_alarm")
    def _put_metric_alarm(original: Any, self: Any, **named: Any) -> Any:
        extended, old = named.get("extended_statistic"), self.alarms.get(named["name"])
        if extended and _EXTENDED.fullmatch(extended):
            named["extended_statistic"] = None  # moto knows percentiles only.
        alarm = original(self, **{**named, "tags": None if old else named.get("tags")})
        alarm.extended_statistic = extended
        _note_put(self, alarm, old)
        return alarm

    def put_composite_alarm(self: Any) -> EmptyResult:
        _put_composite(self.cloudwatch_backend, self._get_params())
        return EmptyResult()

    setattr(CloudWatchResponse, "put_composite_alarm", put_composite_alarm)  # noqa: B010


def _change() -> None:
    @around(CloudWatchBackend, "put_metric_data")
    def _put_metric_data(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        evaluate(self)

    # The state that was set is of no interest to moto's own history.
    @around(Alarm, "update_state")
    def _update_state(_original: Any, self: Any, reason: str, reason_data: str | None, state_value: str) -> None:
        self.wanted = (state_value, reason, reason_data)

    @around(CloudWatchBackend, "set_alarm_state")
    def _set_alarm_state(original: Any, self: Any, alarm_name: str, *arguments: Any) -> None:
        evaluate(self)
        original(self, alarm_name, *arguments)
        alarm = self.alarms[alarm_name]
        change(self, alarm, *alarm.__dict__.pop("wanted"))
        evaluate(self)

    @around(CloudWatchBackend, "delete_alarms")
    def _delete_alarms(original: Any, self: Any, alarm_names: list[str]) -> None:
        found = [self.alarms[name] for name in dict.fromkeys(alarm_names) if name in self.alarms]
        if sum(each.rule is not None for each in found) > 1:
            raise ValidationError("Only one composite alarm can be deleted at a time")
        gone = {each.name for each in found}
        held = [each.name for each in found if {parent.name for parent in parents(self, each.name)} - gone]
        # A circle can only be deleted once its rules are changed.
        held += [each.name for each in found if each.rule is not None and parents(self, each.name)]
        if held := list(dict.fromkeys(held)):
            them = "it" if len(held) == 1 else "them"
            raise ValidationError(
                f"Cannot delete {','.join(held)} as there are composite alarm(s) depending on {them}."
            )
        for alarm in found:
            note(self, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" deleted', {"type": "Delete"})
            self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        original(self, alarm_names)


def _put_composite(backend: Any, asked: dict[str, Any]) -> None:
    name, text = asked["AlarmName"], asked["AlarmRule"]
    try:
        rule = composition.parse(text)
    except composition.RuleError as error:
        raise ValidationError(str(error)) from None
    old = backend.alarms.get(name)
    if old is not None and old.rule is None:
        raise ValidationError(f"{name} is a metric alarm")
    missing = [each for each in dict.fromkeys(composition.alarms(rule)) if find(backend, each) is None]
    if missing:
        raise ValidationError(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
        )
    suppressor = asked.get("ActionsSuppressor")
    waits = [asked.get(f"ActionsSuppressor{each}Period") for each in ("Wait", "Extension")]
    if (suppressor is None) != (waits == [None, None]) or (suppressor is not None and None in waits):
        raise ValidationError(
            "ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod go together"
        )
    alarm: Any = _composite(backend, asked)
    alarm.actions_suppressor, alarm.actions_suppressor_wait_period = suppressor, waits[0]
    alarm.actions_suppressor_extension_period = waits[1]
    backend.alarms[name] = alarm
    if old is None and asked.get("Tags"):
        backend.tagger.tag_resource(alarm.alarm_arn, asked["Tags"])
    _note_put(backend, alarm, old)
    alarm.rule_changed = "created" if old is None else "updated"
    evaluate(backend)


def _composite(backend: Any, asked: dict[str, Any]) -> Any:
    of_metrics: Any = dict.fromkeys(
        (
            "namespace",
            "metric_name",
            "metric_data_queries",
            "comparison_operator",
            "evaluation_periods",
            "datapoints_to_alarm",
            "period",
            "threshold",
            "statistic",
            "extended_statistic",
            "unit",
            "treat_missing_data",
            "evaluate_low_sample_count_percentile",
            "threshold_metric_id",
        )
    )
    return Alarm(
        account_id=backend.account_id,
        region_name=backend.region_name,
        name=asked["AlarmName"],
        description=asked.get("AlarmDescription", ""),
        dimensions=[],
        alarm_actions=asked.get("AlarmActions", []),
        ok_actions=asked.get("OKActions", []),
        insufficient_data_actions=asked.get("InsufficientDataActions", []),
        actions_enabled=asked.get("ActionsEnabled", True),
        rule=asked["AlarmRule"],
        **of_metrics,
    )


def _note_put(backend: Any, alarm: Any, old: Any) -> None:
    """An alarm that is put again keeps its state."""
    for kept in _KEPT if old else ():
        setattr(alarm, kept, getattr(old, kept))
    kind = "Update" if old else "Create"
    summary = f'Alarm "{alarm.name}" {"updated" if old else "created"}'
    note(backend, alarm, "ConfigurationUpdate", summary, {"version": "1.0", "type": kind})
