"""What a gate may say, and how each wrong one reads: the whole line, as a user sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.gate_clashes import outlived
from components.layouts import plan
from tests.components.builders import CERTIFICATE, complaints, settings, worker_entry

GATE = "services.web.gate"
METRIC = {"namespace": "AWS/ApplicationELB", "name": "Errors", "statistic": "Sum", "max": 5}
SHARE = {"kind": "share", "namespace": "Shop", "bad": "Errors", "total": "Requests"}
URL = "https://prometheus.internal:9090"
FULL: dict[str, Any] = {
    "bake_s": 300,
    "alarms": ["web-5xx", {"name": "web-latency", "missing": "pass"}],
    "metrics": [METRIC | {"dimensions": {"TargetGroup": "${target_group}"}}],
    "prometheus": {
        "url": URL,
        "headers": {"X-Scope-OrgID": "TENANT"},
        "basic": {"user": "PROM_USER", "password": "PROM_PASSWORD"},
        "ca_file": "ca.pem",
        "queries": [{"query": 'rate(errors_total{release="${release}"}[1m])', "max": 0.5, "missing": "pass"}],
    },
    "compare": [SHARE | {"dimensions": {"TargetGroup": "${target_group}"}}],
    "probe": {"path": "/ready", "status": 204, "body": "^ok"},
    "command": ["checks/smoke", "--quick"],
}


def test_a_gate_says_all_there_is_and_names_stay() -> None:
    bare, full = settings(), settings({GATE: FULL})
    gate = full.services["web"].gate
    assert [(alarm.name, alarm.missing) for alarm in gate.alarms] == [("web-5xx", "fail"), ("web-latency", "pass")]
    assert gate.watches and not bare.services["web"].gate.watches
    names = [plan("web", one.services["web"].releases[0]).name for one in (bare, full)]
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("gate", "line"),
    [
        pytest.param(
            {"alarms": ["web-5xx", {"name": "web-5xx", "missing": "pass"}]},
            f"{GATE}.alarms: 'web-5xx' is there twice. Name it once",
            id="an alarm twice",
        ),
        pytest.param(
            {"alarms": [{"name": "web-5xx", "missing": "ignore"}]},
            f"{GATE}.alarms[0].missing: 'ignore' is not one of its choices. Use 'fail' or 'pass'",
            id="another answer to no data",
        ),
        pytest.param(
            {"metrics": [METRIC | {"max": None}]},
            f"{GATE}.metrics[0]: has no bound. Give min, max or both, such as max: 5",
            id="no bound",
        ),
        pytest.param(
            {"metrics": [METRIC | {"min": 6}]},
            f"{GATE}.metrics[0].min: 6 is more than max, 5. Raise the maximum or lower the minimum",
            id="bounds the wrong way round",
        ),
        pytest.param(
            {"metrics": [METRIC | {"max": "5"}]},
            f"{GATE}.metrics[0].max: '5' is not a number. Write a number, such as 5",
            id="text for a bound",
        ),
        pytest.param(
            {"metrics": [METRIC | {"period_s": 90}]},
            f"{GATE}.metrics[0].period_s: 90 is no period of CloudWatch's. Use 1, 5, 10, 20, 30 or a multiple of 60",
            id="a period that CloudWatch has not",
        ),
        pytest.param(
            {"metrics": [METRIC | {"dimensions": {"TargetGroup": "${targetgroup}"}}]},
            f"{GATE}.metrics[0].dimensions: has no ${{targetgroup}} to put in. Use ${{service}}, ${{release}}, "
            "${group}, ${target_group}, ${balancer}",
            id="an unknown placeholder",
        ),
        pytest.param(
            {"bake_s": 900},
            f"{GATE}.bake_s: 900 is not less than timeout_s, 900, so the gate would never open. "
            "Make the bake shorter or the timeout longer",
            id="a bake as long as the gate's time",
        ),
        pytest.param(
            {"prometheus": {"url": "prometheus:9090", "queries": [{"query": "up", "min": 1}]}},
            f"{GATE}.prometheus.url: 'prometheus:9090' is malformed. Write it like this: "
            "https://prometheus.internal:9090",
            id="an address without a scheme",
        ),
        pytest.param(
            {
                "prometheus": {
                    "url": URL,
                    "headers": {"authorization": "TOKEN"},
                    "basic": {"user": "USER", "password": "WORD"},
                    "queries": [{"query": "up", "min": 1}],
                }
            },
            f"{GATE}.prometheus.basic: and headers.Authorization are two answers. Give one",
            id="two ways to log in",
        ),
        pytest.param(
            {"probe": {"body": "(ok"}},
            f"{GATE}.probe.body: '(ok' is no regular expression (missing ), unterminated subpattern at position 0). "
            "Correct it",
            id="a broken regular expression",
        ),
        pytest.param(
            {"compare": [SHARE]},
            f"{GATE}.compare[0].dimensions: name no release, so both sides would be the same. "
            "Put a placeholder such as ${target_group} in one",
            id="a release compared with itself",
        ),
        pytest.param(
            {"command": "checks/smoke"},
            f'{GATE}.command: \'checks/smoke\' is not a list. Write a list, such as ["python", "checks/smoke.py"]',
            id="a command line",
        ),
    ],
)
def test_how_a_wrong_gate_reads(gate: dict[str, Any], line: str) -> None:
    assert complaints({GATE: gate}) == [line]


def test_what_needs_a_balancer_is_refused_without_one() -> None:
    gate: dict[str, Any] = {
        "probe": {},
        "compare": [SHARE | {"dimensions": {"Group": "${group}"}}],
        "metrics": [METRIC | {"dimensions": {"TargetGroup": "${target_group}"}}],
    }
    way_out = (
        "has no meaning without a route, as no balancer shares the traffic. Remove it, or give the service a route"
    )
    assert complaints({"services.web": worker_entry(gate=gate)}) == [
        f"{GATE}.metrics[0].dimensions: has no ${{target_group}} to put in. Use ${{service}}, ${{release}}, ${{group}}",
        f"{GATE}.probe: {way_out}",
        f"{GATE}.compare: {way_out}",
    ]


def test_a_probe_of_a_balancer_with_a_certificate_needs_a_name_on_it() -> None:
    assert complaints({GATE: {"probe": {}}, "balancer": {"certificate_arn": CERTIFICATE}}) == [
        f"{GATE}.probe.url: is missing. A balancer with a certificate is asked by a name on it, "
        "such as https://shop.example.com"
    ]


NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)


@pytest.mark.parametrize("name", ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"])
def test_a_bake_must_end_before_the_session(name: str) -> None:
    ends = {name: (NOW + timedelta(seconds=299)).isoformat()}
    [problem] = outlived(GATE, 300, NOW, ends)
    assert (problem.path, problem.message) == (
        f"{GATE}.bake_s",
        f"300 is more than the 299 s that are left of the AWS session ({name}). Log in again, or make the bake shorter",
    )
    assert outlived(GATE, 298, NOW, ends) == []


@pytest.mark.parametrize("environment", [{}, {"AWS_SESSION_EXPIRATION": "soon"}])
def test_a_session_without_a_known_end_is_not_judged(environment: dict[str, str]) -> None:
    assert outlived(GATE, 300, NOW, environment) == []
