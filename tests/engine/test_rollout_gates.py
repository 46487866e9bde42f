"""Rollouts whose gates fail, on the real engine: whichever it is, what served before serves again, and nobody noticed.

The scenarios share stages: a release that failed stays without traffic, or goes, and the next one comes. With DRILL
each strategy fails at each gate.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, release, service
from tests.engine.observer import Observer
from tests.engine.rollouts import BACK, declared, rollout, set_gate, weights, when
from tests.engine.stage import Stage, meanwhile
from tests.engine.test_gates import ERRORS, App, alarm, served

ALARMS: dict[str, Any] = {"alarms": ["web-5xx"], "bake_s": 4, "timeout_s": 30}
COMMAND = {"command": ["sh", "-c", "case $RELEASE in web-1.4.2-*) exit 0;; *) exit 7;; esac"]}
RELEASE = {"Release": "${release}"}
SHARE = {"kind": "share", "namespace": "Shop", "bad": "Errors", "total": "Requests", "dimensions": RELEASE}


@dataclass(frozen=True)
class Scenario:
    """A rollout, what fails in it, and what is said then; `remove` what failed, or leave it without traffic."""

    strategy: str
    fails: str = ""
    says: str = ""
    gate: dict[str, Any] = field(default_factory=lambda: {"timeout_s": 8})
    image: str = GOOD_TOO
    steps: str = "20"
    bake: str = "1s"
    remove: bool = False


def of(common: list[Scenario], rare: list[Scenario]) -> list[Scenario]:
    """Scenarios of one stage, the rare ones only with DRILL; last comes one that goes well after all that failed."""
    return [*common[:-1], *(rare if "DRILL" in os.environ else []), common[-1]]


def walk(stage: Stage, number: int, scenario: Scenario, record: Callable[[str, object], None]) -> None:
    """Roll the next version out, and look what became of it."""
    version, before = f"1.5.{number}", weights(stage)
    set_gate(stage, **scenario.gate)
    asked = ["--to", version, "--image", scenario.image, "--strategy", scenario.strategy]
    if scenario.strategy == "canary":
        asked += ["--steps", scenario.steps, "--bake", scenario.bake]
    if scenario.remove:
        asked += ["--on-failure", "remove"]
    with Observer(stage.client("elbv2")) as seen:
        found = rollout(stage, *asked, code=BACK if scenario.fails else 0)
    failed = before if scenario.remove else {**before, version: 0}
    assert weights(stage) == declared(stage) == (failed if scenario.fails else {version: 100})
    assert len(stage.groups()) == len(weights(stage))
    assert (seen.lowest >= 2, seen.failed_s) == (True, 0.0)
    told = [event["text"] for event in found if event["event"] == "failed"]
    says = scenario.says.format(version=version)
    assert [says in text for text in told] == ([True] if scenario.fails else []), told
    back = f"{found[-1]['seconds']:.0f}" if scenario.fails else ""
    served_by = f"{'1.4.2' if scenario.fails else 'the new one'} at 100"
    row = (scenario.strategy, scenario.fails or "nothing", served_by, f"{seen.lowest:g}", f"{seen.failed_s:.1f}", back)
    record("rollout", row)


def stand(stage: Stage) -> None:
    """1.4.2 has all of the traffic."""
    alarm(stage, "OK")
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0), gate={"timeout_s": 8})})
    stage.up("--skip-preview")


def test_what_fails_before_its_first_traffic_never_gets_any(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    stand(stage)
    App.status, App.body = 200, "not ok"
    with served(App) as url:
        unhealthy, ended, answered = "0 of 2 targets healthy", "ended with 7", "in which '^ok$' is not found"
        command, probe = {**COMMAND, "timeout_s": 8}, {"probe": {"url": url, "body": "^ok$"}}
        scenarios = of(
            [
                Scenario("replace", "health", unhealthy, image=NEVER_HEALTHY),
                Scenario("blue-green", "health", unhealthy, image=NEVER_HEALTHY, remove=True),
                Scenario("canary", "command", ended, command),
                Scenario("canary", "probe", answered, probe),
                Scenario("blue-green"),
            ],
            [
                Scenario("canary", "health", unhealthy, image=NEVER_HEALTHY, remove=True),
                *(Scenario(name, "command", ended, command, remove=True) for name in ("replace", "blue-green")),
                *(Scenario(name, "probe", answered, probe, remove=True) for name in ("replace", "blue-green")),
            ],
        )
        for number, scenario in enumerate(scenarios):
            mark = stage.mark()
            walk(stage, number, scenario, record_property)
            if scenario.fails:  # What had all of the traffic all the time is not so much as told again.
                assert stage.writes(mark).count("ModifyRule") == (2 if scenario.remove else 1)


def test_what_turns_bad_under_traffic_gives_it_back(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    stand(stage)
    loud, beyond = "web-5xx is in ALARM", "Errors (Sum, web-{version}-"
    bounds = {"metrics": [ERRORS], "timeout_s": 30}
    compared = {"compare": [{**SHARE, "period_s": 1, "at_least": 20}], "timeout_s": 40}
    scenarios = of(
        [
            Scenario("canary", "alarm under the first share", loud, ALARMS, bake="8s"),
            Scenario("replace", "alarm under traffic", loud, ALARMS),
            Scenario("blue-green", "alarm under traffic", loud, ALARMS),
            Scenario("canary", "metric under the first share", beyond, bounds, bake="8s", remove=True),
            Scenario("canary", "comparison before more", "web-{version}-", compared, steps="20,50", remove=True),
            Scenario("replace"),
        ],
        [
            Scenario(name, "metric under traffic", beyond, {**bounds, "bake_s": 4}, remove=True)
            for name in ("replace", "blue-green")
        ],
    )
    for number, scenario in enumerate(scenarios):
        alarm(stage, "OK")
        if "alarms" in scenario.gate:
            when(stage, "ModifyRule", lambda: alarm(stage, "ALARM"), stage.mark())
        errs = "metrics" in scenario.gate or "compare" in scenario.gate
        with counting(stage, erring=f"web-1.5.{number}-" if errs else "none"):
            walk(stage, number, scenario, record_property)


def counting(stage: Stage, erring: str) -> AbstractContextManager[None]:
    """While it lasts, each release has 50 requests every half second, of which 1 fails, or 20 of the one that errs."""
    cloudwatch = stage.client("cloudwatch")

    def count() -> None:
        for name in stage.groups():
            dimensions = [{"Name": "Release", "Value": name}]
            for metric, value in (("Requests", 50), ("Errors", 20 if name.startswith(erring) else 1)):
                data = {
                    "MetricName": metric,
                    "Dimensions": dimensions,
                    "Timestamp": datetime.now(UTC),
                    "Value": value,
                }
                cloudwatch.put_metric_data(Namespace="Shop", MetricData=[data])

    return meanwhile(count)
