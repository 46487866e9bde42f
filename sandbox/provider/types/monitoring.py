"""CloudWatch: alarms on metrics, alarms on alarms, dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.provider.codec import JSON, Codec
from sandbox.provider.limits import among, arn, at_least, between, document, length, matching, period
from sandbox.provider.row import Call, Field, Naming, Read, Replace, Tagging, Type
from sandbox.provider.values import Values

_ALARM = {"AlarmName": "{id}"}

#: Dimensions of a metric: a map in Pulumi.
_DIMENSIONS = Codec(
    lambda values: [{"Name": name, "Value": value} for name, value in values.items()],
    lambda told: {one["Name"]: one["Value"] for one in told} or None,
)

_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = (
    r"^((p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,2})?|100)|IQM|(TM|WM|PR|TC|TS)\((\d+(\.\d+)?%?)?:(\d+(\.\d+)?%?)?\))$",
    "invalid value for {name} (invalid statistic, see: "
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html)",
)
_PREFIXES = ("Kilo", "Mega", "Giga", "Tera")
_SIZES = ("Bytes", "Bits", *(f"{prefix}{word}" for prefix in _PREFIXES for word in ("bytes", "bits")))
_UNITS = (
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *_SIZES,
    *(f"{size}/Second" for size in _SIZES),
)
_COMPARISONS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_ACTIONS = Field(unordered=True, limit=arn)


def _statistic(name: str, value: Any) -> str | None:
    return None if among(*_STATISTICS)(name, value) is None else matching(*_PERCENTILE)(name, value)


_METRIC = Field(
    "MetricStat",
    fields={
        "dimensions": Field("Metric.Dimensions", codec=_DIMENSIONS),
        "metricName": Field("Metric.MetricName", required=True, limit=length(1, 255)),
        "namespace": Field("Metric.Namespace", limit=length(1, 255)),
        "period": Field(required=True, limit=period(1, 5, 10, 20, 30)),
        "stat": Field(required=True, limit=_statistic),
        "unit": Field(limit=among(*_UNITS)),
    },
)
_QUERIES = Field(
    "Metrics",
    unordered=True,
    fields={
        "accountId": Field(limit=length(1, 255)),
        "expression": Field(limit=length(1, 1024)),
        "id": Field(required=True, limit=length(1, 255)),
        "metric": _METRIC,
        "period": Field(limit=period(1, 5, 10, 20, 30)),
        "returnData": Field(default=False),
    },
)
_PROMQL = Field(
    "PromQLCriteria",
    required=True,
    fields={
        "query": Field(required=True),
        "pendingPeriod": Field(limit=between(0, 86400)),
        "recoveryPeriod": Field(limit=between(0, 86400)),
    },
)
_WARM_UP = Field(
    fields={
        "warmUpPeriodDurationInMinutes": Field(required=True, limit=between(1, 2880)),
        "onlyStartEvaluatingAfterWarmUpPeriodEnds": Field(default=False),
    }
)


def _problems(inputs: Values) -> dict[str, str]:
    return dict(_found(inputs))


def _found(inputs: Values) -> Iterator[tuple[str, str]]:
    if "metricName" in inputs and ("statistic" in inputs) == ("extendedStatistic" in inputs):
        yield "metricName", "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm"
    if any("expression" in query and "metric" in query for query in inputs.get("metricQueries", [])):
        yield "metricQueries", "No metric_query may have both `expression` and a `metric` specified"


# https://www.pulumi.com/registry/packages/aws/api-docs/cloudwatch/metricalarm/
METRIC_ALARM = Type(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "cloudwatch",
    inputs={
        "actionsEnabled": Field(default=True),
        "alarmActions": _ACTIONS,
        "alarmDescription": Field(limit=length(0, 1024)),
        "comparisonOperator": Field(limit=among(*_COMPARISONS)),
        "datapointsToAlarm": Field(limit=at_least(1)),
        "dimensions": Field(codec=_DIMENSIONS),
        "evaluateLowSampleCountPercentiles": Field(
            "EvaluateLowSampleCountPercentile", computed=True, limit=among("evaluate", "ignore")
        ),
        "evaluationCriteria": Field(fields={"promqlCriteria": _PROMQL}),
        "evaluationInterval": Field(limit=period(10, 20, 30)),
        "evaluationPeriods": Field(limit=at_least(1)),
        "evaluationWindow": Field(fields={"wallClockWindow": Field(required=True)}),
        "extendedStatistic": Field(limit=matching(*_PERCENTILE)),
        "insufficientDataActions": _ACTIONS,
        "metricName": Field(limit=length(1, 255)),
        "metricQueries": _QUERIES,
        "name": Field("AlarmName", replace=Replace.CHANGED, computed=True),
        "namespace": Field(limit=length(1, 255)),
        "okActions": Field("OKActions", unordered=True, limit=arn),
        "period": Field(limit=period(10, 20, 30)),
        "statistic": Field(limit=among(*_STATISTICS)),
        "threshold": Field(),
        "thresholdMetricId": Field(limit=length(1, 255)),
        "treatMissingData": Field(
            default="missing",
            read="TreatMissingData || 'missing'",
            limit=among("breaching", "notBreaching", "ignore", "missing"),
        ),
        "unit": Field(limit=among(*_UNITS)),
        "warmUpConfiguration": _WARM_UP,
    },
    outputs={"arn": "AlarmArn"},
    create=Call("PutMetricAlarm"),
    reads=(
        Read("DescribeAlarms", {"AlarmNames[0]": "{id}", "AlarmTypes[0]": "MetricAlarm"}, "MetricAlarms[0]"),
        Read("ListTagsForResource", {"ResourceARN": "{AlarmArn}"}, "@"),
    ),
    updates=(Call("PutMetricAlarm", _ALARM, whole=True),),
    delete=Call("DeleteAlarms", {"AlarmNames[0]": "{id}"}),
    id="AlarmName",
    tags=Tagging(Call("TagResource", {"ResourceARN": "{arn}"}), Call("UntagResource", {"ResourceARN": "{arn}"})),
    naming=Naming(255, 0),
    exclusive=(
        ("metricName", "metricQueries"),
        ("dimensions", "metricQueries"),
        ("namespace", "metricQueries"),
        ("period", "metricQueries"),
        ("statistic", "extendedStatistic", "metricQueries"),
        ("threshold", "thresholdMetricId"),
        ("evaluationCriteria", "metricName", "metricQueries"),
        ("evaluationCriteria", "evaluationPeriods"),
        ("evaluationCriteria", "evaluationWindow"),
    ),
    check=_problems,
)

# https://www.pulumi.com/registry/packages/aws/api-docs/cloudwatch/compositealarm/
COMPOSITE_ALARM = Type(
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "cloudwatch",
    inputs={
        "actionsEnabled": Field(default=True, replace=Replace.CHANGED),
        "actionsSuppressor": Field(
            "",
            read="ActionsSuppressor && @",
            exact=True,
            fields={
                "alarm": Field("ActionsSuppressor", required=True),
                "extensionPeriod": Field("ActionsSuppressorExtensionPeriod", required=True),
                "waitPeriod": Field("ActionsSuppressorWaitPeriod", required=True),
            },
        ),
        "alarmActions": _ACTIONS,
        "alarmDescription": Field(limit=length(0, 1024)),
        "alarmName": Field(required=True, replace=Replace.CHANGED, limit=length(1, 255)),
        "alarmRule": Field(required=True, limit=length(1, 10240)),
        "insufficientDataActions": _ACTIONS,
        "okActions": Field("OKActions", unordered=True, limit=arn),
    },
    outputs={"arn": "AlarmArn"},
    create=Call("PutCompositeAlarm"),
    reads=(
        Read("DescribeAlarms", {"AlarmNames[0]": "{id}", "AlarmTypes[0]": "CompositeAlarm"}, "CompositeAlarms[0]"),
        Read("ListTagsForResource", {"ResourceARN": "{AlarmArn}"}, "@"),
    ),
    updates=(Call("PutCompositeAlarm", _ALARM, whole=True),),
    delete=Call("DeleteAlarms", {"AlarmNames[0]": "{id}"}),
    id="AlarmName",
    tags=Tagging(Call("TagResource", {"ResourceARN": "{arn}"}), Call("UntagResource", {"ResourceARN": "{arn}"})),
)

# https://www.pulumi.com/registry/packages/aws/api-docs/cloudwatch/dashboard/
DASHBOARD = Type(
    "aws:cloudwatch/dashboard:Dashboard",
    "cloudwatch",
    inputs={
        "dashboardBody": Field(required=True, codec=JSON, limit=document),
        "dashboardName": Field(
            required=True,
            replace=Replace.CHANGED,
            limit=matching(r"^[-\w]{1,255}$", '"{name}" ({value}) must be 1 to 255 of the characters [A-Za-z0-9-_]'),
        ),
    },
    outputs={"dashboardArn": "DashboardArn"},
    create=Call("PutDashboard"),
    reads=(Read("GetDashboard", {"DashboardName": "{id}"}, "@"),),
    updates=(Call("PutDashboard", {"DashboardName": "{id}"}, whole=True),),
    delete=Call("DeleteDashboards", {"DashboardNames[0]": "{id}"}),
    id="DashboardName",
)

ROWS = (METRIC_ALARM, COMPOSITE_ALARM, DASHBOARD)
