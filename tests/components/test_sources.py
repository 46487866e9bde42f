"""What sources conclude from what they are told: quiet, loud, or nothing known, and since when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from components.gate_settings import Alarm, Metric, Probe, Prometheus, Query
from components.sources import alarms, metrics, probe, prometheus
from components.sources.answer import Answer, Reading, State, Subject, together
from components.sources.cloudwatch import Series, whole_periods
from components.sources.probe import ProbeOf

NOW = datetime(2026, 11, 23, 19, 30, 20, tzinfo=UTC)
QUIET, UNKNOWN, LOUD = State.QUIET, State.UNKNOWN, State.LOUD
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
SUBJECT = Subject("web", "web-1.5.0-0b", "web-group", f"{ARN}:targetgroup/web-/0b", f"{ARN}:loadbalancer/app/route-/0a")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


# Together.


def test_the_worst_answer_counts_with_the_latest_start_and_the_shortest_reach() -> None:
    early, late = Answer(QUIET, "a", ago(90), ago(5)), Answer(QUIET, "b", ago(60), ago(20))
    assert together([early, late]) == Answer(QUIET, "a; b", ago(60), ago(20))
    assert together([early, Answer(UNKNOWN, "c"), late]) == Answer(UNKNOWN, "c")
    loud = Answer(LOUD, "d", ago(3), busy=True)
    assert together([early, Answer(UNKNOWN, "c"), loud, loud]) == loud
    assert together([]).state is QUIET


def test_placeholders_are_what_cloudwatch_calls_them() -> None:
    text = "${service} ${release} ${group} ${target_group} ${balancer}"
    assert SUBJECT.expand(text) == "web web-1.5.0-0b web-group targetgroup/web-/0b app/route-/0a"


# Alarms.


@pytest.mark.parametrize(
    ("value", "missing", "state", "reason"),
    [
        ("OK", "fail", QUIET, "alarm web-5xx"),
        ("ALARM", "pass", LOUD, "alarm web-5xx is in ALARM since 2026-11-23 19:29:20 UTC: 7 errors"),
        ("INSUFFICIENT_DATA", "fail", UNKNOWN, "alarm web-5xx is in INSUFFICIENT_DATA since 2026-11-23 19:29:20 UTC"),
        ("INSUFFICIENT_DATA", "pass", QUIET, "alarm web-5xx"),
    ],
)
def test_what_an_alarm_says(value: str, missing: Any, state: State, reason: str) -> None:
    entry = {
        "AlarmName": "web-5xx",
        "StateValue": value,
        "StateReason": "7 errors.",
        "StateUpdatedTimestamp": ago(1),
        "StateTransitionedTimestamp": ago(60),
    }
    answer = alarms.judge([Alarm(name="web-5xx", missing=missing)], [entry])
    assert (answer.state, answer.since) == (state, ago(60))
    assert answer.reason.startswith(reason)


def test_an_alarm_that_is_gone_is_no_pass() -> None:
    assert alarms.judge([Alarm(name="web-5xx", missing="pass")], []) == Answer(UNKNOWN, "there is no alarm web-5xx")


# Metrics.


def metric(**edits: Any) -> Metric:
    return Metric.model_validate(
        {"namespace": "Shop", "name": "Errors", "statistic": "Sum", "period_s": 60, "max": 5} | edits
    )


def readings(*values: float | None) -> list[Reading]:
    """The last full periods before NOW, oldest first."""
    last = NOW.replace(second=0)
    return [Reading(last - timedelta(minutes=len(values) - index), value) for index, value in enumerate(values)]


def minutes(count: int) -> datetime:
    return NOW.replace(second=0) - timedelta(minutes=count)


@pytest.mark.parametrize(
    ("values", "edits", "state", "since", "until"),
    [
        pytest.param([1, 2, 3], {}, QUIET, 3, 0, id="all within"),
        pytest.param([9, 2, 3], {}, QUIET, 2, 0, id="quiet since the second"),
        pytest.param([1, 9, 9], {}, LOUD, 2, 0, id="loud since the second"),
        pytest.param([9, 9, 1, None, None, None], {}, QUIET, 4, 3, id="the last three are only late"),
        pytest.param([9, 9, 9, None, None, None], {"missing": "pass"}, LOUD, 6, 3, id="late is no pass either"),
        pytest.param([1, None, None, None, None], {}, UNKNOWN, None, None, id="four late ones are no data"),
        pytest.param([9, None, None, None, None], {"missing": "pass"}, QUIET, 4, 3, id="unless said so"),
        pytest.param([1, None, 1, 1], {}, QUIET, 2, 0, id="a gap starts it anew"),
        pytest.param([1, None, 1, 1], {"missing": "pass"}, QUIET, 4, 0, id="unless said so"),
        pytest.param([None] * 5, {}, UNKNOWN, None, None, id="never any data"),
        pytest.param([None] * 5, {"missing": "pass"}, QUIET, 5, 0, id="never any data, as said"),
        pytest.param([5, 1, 0], {"min": 1, "max": None}, LOUD, 1, 0, id="below the minimum"),
        pytest.param([5, 5, 5], {"min": 5}, QUIET, 3, 0, id="on both bounds"),
    ],
)
def test_what_a_metric_says(
    values: list[float | None], edits: dict[str, Any], state: State, since: int | None, until: int | None
) -> None:
    answer = metrics.judge(metric(**edits), "metric", readings(*values))
    expected = (state, None if since is None else minutes(since), None if until is None else minutes(until))
    assert (answer.state, answer.since, answer.until) == expected


def test_a_loud_metric_says_what_it_is_and_should_be() -> None:
    answer = metrics.judge(metric(min=1), "metric Shop Errors (Sum)", readings(3, 9, 7.5))
    assert answer.reason == (
        "metric Shop Errors (Sum) is 7.5 at 19:29:00 UTC, not at least 1 and at most 5, since 19:28:00 UTC"
    )


class Cloud:
    """CloudWatch with these values in every series, or an error."""

    def __init__(self, *values: float, error: Exception | None = None) -> None:
        self.values, self.error = values, error
        self.series: list[Series] = []

    def alarms(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        raise NotImplementedError

    def readings(self, series: Sequence[Series], start: datetime, end: datetime) -> list[dict[datetime, float]]:
        if self.error:
            raise self.error
        self.series = list(series)
        return [{one.start: one.value for one in readings(*self.values) if one.value is not None} for _ in series]


async def test_metrics_of_many_releases_are_one_call_and_shared_ones_one_series() -> None:
    cloud = Cloud(1, 1, 1, 1, 1, 1, 1)
    other = Subject("web", "web-1.4.2-0a", "old", f"{ARN}:targetgroup/web-/0a")
    asked = (metric(dimensions={"TargetGroup": "${target_group}"}), metric(name="Load"), metric(name="Load", max=0))
    answer = await metrics.Metrics(asked, (SUBJECT, other), 120, cloud).ask(NOW)
    assert [(one.name, one.dimensions) for one in cloud.series] == [
        ("Errors", (("TargetGroup", "targetgroup/web-/0b"),)),
        ("Errors", (("TargetGroup", "targetgroup/web-/0a"),)),
        ("Load", ()),
        ("Load", ()),
    ]
    assert answer.state is LOUD
    assert answer.reason.startswith("metric Shop Load (Sum) is 1 at 19:29:00 UTC, not at most 0")


@pytest.mark.parametrize(
    ("error", "reason", "busy"),
    [
        (ClientError({"Error": {"Code": "Throttling"}}, "GetMetricData"), "CloudWatch says Throttling", True),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetMetricData"), "CloudWatch says AccessDenied", False),
        (EndpointConnectionError(endpoint_url="x"), "CloudWatch can't be asked: Could not connect", False),
    ],
)
async def test_a_cloud_that_does_not_answer_is_no_pass(error: Exception, reason: str, busy: bool) -> None:
    answer = await metrics.Metrics((metric(missing="pass"),), (SUBJECT,), 0, Cloud(error=error)).ask(NOW)
    assert (answer.state, answer.busy) == (UNKNOWN, busy)
    assert answer.reason.startswith(reason)


def test_only_periods_that_are_over_count() -> None:
    series = Series("Shop", "Errors", (), "Sum", 60)
    found = whole_periods(series, {minutes(1): 3.0}, ago(130), NOW)
    assert found == [Reading(minutes(2), None), Reading(minutes(1), 3.0)]


# Prometheus.

TIMES = [100, 110, 120]


def matrix(*series: list[tuple[float, str]], **more: Any) -> str:
    result: list[Any] = [{"metric": {}, "values": values} for values in series]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}} | more)


@pytest.mark.parametrize(
    ("body", "missing", "state", "since"),
    [
        pytest.param(matrix([(100, "1"), (110, "1"), (120, "1")]), "fail", QUIET, 100, id="quiet"),
        pytest.param(matrix([(100, "9"), (110, "1"), (120, "1")]), "fail", QUIET, 110, id="quiet since"),
        pytest.param(matrix([(100, "1"), (110, "9"), (120, "9")]), "fail", LOUD, 110, id="loud since"),
        pytest.param(matrix([(120, "1")], [(120, "9")]), "fail", LOUD, 120, id="one series of two is loud"),
        pytest.param(matrix([(120, "+Inf")]), "pass", LOUD, 120, id="infinite"),
        pytest.param(matrix([(100, "1"), (110, "1")]), "fail", UNKNOWN, 120, id="no data now"),
        pytest.param(matrix([(100, "1"), (110, "1"), (120, "NaN")]), "fail", UNKNOWN, 120, id="0/0 is no data"),
        pytest.param(matrix([(100, "1"), (110, "1"), (120, "NaN")]), "pass", QUIET, 100, id="unless said so"),
        pytest.param(matrix(), "fail", UNKNOWN, 100, id="no series"),
        pytest.param(matrix(), "pass", QUIET, 100, id="no series, as said"),
        pytest.param(matrix([(120, "1")], warnings=["half of it"]), "pass", UNKNOWN, None, id="a partial answer"),
        pytest.param('{"status": "error", "error": "too slow"}', "pass", UNKNOWN, None, id="an error"),
        pytest.param("<html>", "pass", UNKNOWN, None, id="not Prometheus"),
    ],
)
def test_what_prometheus_says(body: str, missing: Any, state: State, since: int | None) -> None:
    answer = prometheus.judge(Query(query="up", max=5, missing=missing), "query up", TIMES, 200, body)
    assert (answer.state, answer.since) == (state, since and datetime.fromtimestamp(since, UTC))


def test_a_prometheus_that_is_busy_is_asked_less_often() -> None:
    answer = prometheus.judge(Query(query="up", max=5), "query up", TIMES, 503, "busy")
    assert answer == Answer(UNKNOWN, "query up: Prometheus says HTTP status 503", busy=True)


async def test_a_prometheus_that_is_not_there_is_no_pass() -> None:
    settings = Prometheus(url="http://127.0.0.1:9", queries=(Query(query="up", max=5, missing="pass"),))
    answer = await prometheus.PrometheusQueries(settings, (SUBJECT,), 0).ask(NOW)
    assert (answer.state, answer.reason[:31]) == (UNKNOWN, "Prometheus can't be asked: [Err")


# Probe and command.


@pytest.mark.parametrize(
    ("status", "body", "state", "reason"),
    [
        (204, "all ok", QUIET, "probe"),
        (503, "all ok", LOUD, "probe is answered with status 503, not 204"),
        (204, "ill", LOUD, "probe is answered with a body in which '^all ok$' is not found"),
    ],
)
def test_what_a_probe_says(status: int, body: str, state: State, reason: str) -> None:
    assert probe.judge(Probe(status=204, body="^all ok$"), "probe", status, body) == Answer(state, reason)


async def test_a_release_that_does_not_answer_is_no_pass() -> None:
    answer = await ProbeOf(Probe(), SUBJECT, lambda: "http://127.0.0.1:9").ask(NOW)
    assert answer.state is UNKNOWN
    assert answer.reason.startswith("probe of web-1.5.0-0b at http://127.0.0.1:9/ gets no answer: ")
