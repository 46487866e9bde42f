"""Metric alarms: settings that moto forgets, and tags that outlive the alarm.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.utils import camelcase_to_underscores

from sandbox.cloud.truth.replacing import around

_SETTINGS = ("EvaluationCriteria", "EvaluationInterval", "EvaluationWindow", "WarmUpConfiguration")


def install() -> None:
    """Make the backend keep what AWS keeps, and no longer."""

    @around(CloudWatchResponse, "put_metric_alarm")
    def _put_settings(original: Any, self: Any) -> Any:
        answer = original(self)
        alarm = self.cloudwatch_backend.alarms[self._get_param("AlarmName")]
        for member in _SETTINGS:
            setattr(alarm, camelcase_to_underscores(member), self._get_param(member))
        queries: list[dict[str, Any]] = self._get_param("Metrics", [])
        for query, told in zip(alarm.metric_data_queries, queries, strict=True):
            query.account_id = told.get("AccountId")
        return answer

    @around(CloudWatchBackend, "put_metric_alarm")
    def _put(original: Any, self: Any, **named: Any) -> Any:
        known = self.alarms.get(named["name"])
        # Tags are for a new alarm only: for one that exists there is TagResource.
        tags = None if known else named.pop("tags", None)
        # moto knows no statistic but percentiles.
        extended = named.pop("extended_statistic", None)
        alarm = original(self, **{**named, "tags": tags})
        alarm.extended_statistic = extended
        return alarm

    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
    @around(CloudWatchBackend, "delete_alarms")
    def _delete(original: Any, self: Any, alarm_names: list[str]) -> None:
        for name in alarm_names:
            if alarm := self.alarms.get(name):
                self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        original(self, alarm_names)
