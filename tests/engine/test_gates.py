"""Gates that judge more than health, on the real engine: alarms, metrics, bakes, probes, commands, Prometheus."""

from __future__ import annotations

import http.server
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from components.layouts import plan
from components.release import Release
from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.stage import STACK, Run, Stage, meanwhile

OLD, NEW = release("1.4.2", GOOD), release("1.5.0", GOOD_TOO)
CANARY = [OLD | {"weight": 90}, NEW | {"weight": 10}]
FURTHER = [OLD | {"weight": 50}, NEW | {"weight": 50}]
BACK = [OLD | {"weight": 100}, NEW | {"weight": 0}]
ERRORS = {
    "namespace": "Shop",
    "name": "Errors",
    "dimensions": {"Release": "${release}"},
    "statistic": "Sum",
    "period_s": 1,
    "max": 5,
    "missing": "pass",
}


def web(*releases: dict[str, Any], **gate: Any) -> dict[str, Any]:
    """The service `web` with these releases and this gate."""
    return {"web": service(*releases, gate={"timeout_s": 30} | gate)}


def try_up(stage: Stage) -> Run:
    """`pulumi up`, which must fail with sentences."""
    run = stage.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
    assert run.code != 0, run.text
    assert "Traceback" not in run.text, run.text
    return run


def says(run: Run, *sentences: str) -> None:
    for sentence in sentences:
        assert sentence in run.text, run.text


def weights(stage: Stage) -> dict[str, int]:
    """The weights of the traffic rule, by the first part of its releases' names."""
    by_group = {group["TargetGroupARNs"][0]: name.rpartition("-")[0] for name, group in stage.groups().items()}
    groups = traffic_rule(stage)["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return {by_group[group["TargetGroupArn"]]: group["Weight"] for group in groups}


def traffic_rule(stage: Stage) -> dict[str, Any]:
    """The only one, as AWS describes it."""
    elb = stage.client("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    [rule] = [rule for rule in rules if rule["Conditions"] and rule["Conditions"][0]["Field"] == "path-pattern"]
    return rule


def alarm(stage: Stage, state: str, name: str = "web-5xx") -> None:
    """Bring an alarm into a state."""
    cloudwatch = stage.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Errors",
        Namespace="Shop",
        Period=60,
        Statistic="Sum",
        Threshold=5,
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="7 errors in a minute.")


def test_an_alarm_stops_the_canary_but_not_the_way_back(stage: Stage) -> None:
    gate: dict[str, Any] = {"alarms": ["web-5xx"]}
    alarm(stage, "OK")
    # One after the other: which of two is older is told by when its group was created.
    for releases in ([OLD], CANARY):
        stage.configure(web(*releases, **gate))
        stage.up()
    alarm(stage, "ALARM")
    stage.configure(web(*FURTHER, **gate))
    says(
        try_up(stage),
        "alarm web-5xx is in ALARM since ",
        " UTC: 7 errors in a minute. Traffic stays where it is. Find out why; then replace the release",
    )
    assert weights(stage) == {"web-1.4.2": 90, "web-1.5.0": 10}
    stage.configure(web(*BACK, **gate))
    stage.up()
    assert weights(stage) == {"web-1.4.2": 100, "web-1.5.0": 0}


def test_the_note_of_when_weights_changed_is_no_drift(stage: Stage) -> None:
    stage.configure(web(OLD, bake_s=1))
    stage.up()
    assert "AddTags" in stage.writes()
    stage.up("--expect-no-changes")
    stage.up("--refresh", "--expect-no-changes")
    stage.configure(web(OLD, NEW | {"weight": 0}, bake_s=1))
    stage.up()
    mark = stage.mark()
    stage.up("--refresh", "--expect-no-changes")
    assert stage.writes(mark) == []
    stage.configure(web(NEW, bake_s=1))
    stage.up()
    stage.up("--expect-no-changes")


def erring(stage: Stage, version: dict[str, Any]) -> AbstractContextManager[None]:
    """While it lasts, a release counts 50 errors every half second."""
    dimensions = [{"Name": "Release", "Value": plan("web", Release.model_validate_json(json.dumps(version))).name}]
    cloudwatch = stage.client("cloudwatch")

    def count() -> None:
        data = {"MetricName": "Errors", "Dimensions": dimensions, "Timestamp": datetime.now(UTC), "Value": 50}
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[data])

    return meanwhile(count)


def test_a_loud_metric_keeps_the_old_fleet_until_a_later_run_has_seen_the_bake(stage: Stage) -> None:
    gate: dict[str, Any] = {"metrics": [ERRORS], "bake_s": 6}
    stage.configure(web(OLD, **gate))
    stage.up()
    stage.configure(web(NEW, **gate))
    with erring(stage, NEW):
        run = try_up(stage)
        says(run, "metric Shop Errors (Sum, web-1.5.0-", "not at most 5, since ", "web-1.4.2-", " stays. Find out why")
        assert weights(stage) == {"web-1.5.0": 100}
        assert len(stage.groups()) == 2
        try_up(stage)
    quiet = time.time()
    stage.up()
    # The second in which the last errors were counted is not over when they are.
    assert time.time() - quiet >= 5
    assert [name.rpartition("-")[0] for name in stage.groups()] == ["web-1.5.0"]


def test_a_bake_that_is_interrupted_goes_on_where_it_was(stage: Stage) -> None:
    gate: dict[str, Any] = {"bake_s": 20, "timeout_s": 60}
    stage.configure(web(OLD, **gate))
    stage.up()
    stage.configure(web(NEW, **gate))
    mark = stage.mark()
    engine = stage.start("up", "--yes", "--skip-preview", "--stack", STACK)
    _until(lambda: "AddTags" in stage.writes(mark), engine)
    begun = time.time()
    time.sleep(2)
    engine.send_signal(signal.SIGINT)
    text, _ = engine.communicate(timeout=60)
    assert engine.returncode != 0, text
    assert time.time() - begun < 8, text
    assert len(stage.groups()) == 2
    stage.up("--skip-preview")
    assert time.time() - begun >= 19.5
    notes = [call.parameters for call in stage.journal(mark) if call.operation in ("AddTags", "RemoveTags")]
    assert len(notes) == 1, notes
    assert [name.rpartition("-")[0] for name in stage.groups()] == ["web-1.5.0"]


def test_a_command_ends_with_an_interrupted_update_and_runs_anew_in_the_next(stage: Stage) -> None:
    log, script = stage.folder / "log", stage.folder / "check"
    stage.configure(web(OLD))
    stage.up("--skip-preview")
    script.write_text(f"echo run >> {log}\n(while sleep 0.2; do echo alive >> {log}; done) &\nsleep 60\n")
    stage.configure(web(NEW, command=["sh", str(script)], timeout_s=60))
    engine = stage.start("up", "--yes", "--skip-preview", "--stack", STACK)
    _until(lambda: log.exists() and "alive" in log.read_text(), engine)
    begun = time.time()
    engine.send_signal(signal.SIGINT)
    text, _ = engine.communicate(timeout=60)
    assert engine.returncode != 0, text
    assert time.time() - begun < 6, text
    time.sleep(1)
    printed = log.read_text()
    time.sleep(1)
    assert log.read_text() == printed
    assert weights(stage) == {"web-1.4.2": 100}
    script.write_text(f"echo again >> {log}\n")
    stage.up("--skip-preview")
    assert log.read_text().endswith("again\n")
    assert weights(stage) == {"web-1.5.0": 100}


def test_many_services_bake_in_the_time_of_one(stage: Stage) -> None:
    bake_s, names = 15, [f"s{number}" for number in range(6)]
    services = {
        name: service(OLD, route={"priority": place, "paths": [f"/{name}"]}, gate={"bake_s": bake_s, "timeout_s": 60})
        for place, name in enumerate(names, start=1)
    }
    stage.configure(services)
    stage.up("--skip-preview")
    stage.configure({name: one | {"releases": [NEW]} for name, one in services.items()})
    mark = stage.mark()
    stage.up("--skip-preview")
    moved, gone = (
        [datetime.fromisoformat(call.time).timestamp() for call in stage.journal(mark) if call.operation == operation]
        for operation in ("ModifyRule", "DeleteAutoScalingGroup")
    )
    assert len(moved) == len(gone) == len(names)
    assert min(gone) - max(moved) < bake_s + 5
    assert max(gone) - min(moved) < 2 * bake_s


class App(http.server.BaseHTTPRequestHandler):
    """A release behind its preview rule: what it answers is the class's, what it was asked for too."""

    status, body, asked = 500, "out of order", list[str]()

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers['X-Immutable-Release']}")
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def served(handler: type[http.server.BaseHTTPRequestHandler]) -> Generator[str]:
    """The URL of a server of this handler's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_probe_and_command_are_asked_before_the_first_traffic(stage: Stage) -> None:
    script = stage.folder / "smoke"
    with served(App) as url:
        gate: dict[str, Any] = {
            "probe": {"url": url, "path": "/ready", "body": "^ok$"},
            "command": ["sh", str(script)],
        }
        script.write_text("exit 0\n")
        App.status, App.body = 200, "ok"
        stage.configure(web(OLD, **gate))
        stage.up("--skip-preview")
        App.status = 500
        stage.configure(web(NEW, **gate))
        says(try_up(stage), "probe of web-1.5.0-", f"{url}/ready is answered with status 500, not 200. Traffic stays")
        App.status, App.body = 200, "not ok"
        says(try_up(stage), "is answered with a body in which '^ok$' is not found. Traffic stays")
        App.body = "ok"
        script.write_text('echo "$SERVICE of $RELEASE behind $TARGET_GROUP is out of order"\nexit 3\n')
        says(
            try_up(stage),
            " ended with 3: web of web-1.5.0-",
            " behind arn:aws:elasticloadbalancing:",
            "is out of order. Traffic stays",
        )
        assert weights(stage) == {"web-1.4.2": 100}
        script.write_text("exit 0\n")
        stage.up("--skip-preview")
        assert weights(stage) == {"web-1.5.0": 100}
    assert {asked.rpartition("-")[0] for asked in App.asked} == {"/ready web-1.4.2", "/ready web-1.5.0"}


def test_what_a_gate_names_must_be_there_before_anything_is_touched(stage: Stage) -> None:
    mark = stage.mark()
    prometheus = {
        "url": "http://127.0.0.1:9",
        "headers": {"X-Token": "NO_SUCH"},
        "queries": [{"query": "up", "min": 1}],
    }
    stage.configure(web(OLD, alarms=["web-5xx"], command=["no-such-command"], prometheus=prometheus))
    run = try_up(stage)
    says(
        run,
        "3 problems in Pulumi.dev.yaml; nothing was touched:",
        "alarms[0]: 'web-5xx' is no alarm of this account and region. Correct the name, or create it first",
        "command: 'no-such-command' can't be run from here. Correct it, or install it",
        "headers.X-Token: NO_SUCH is not set in the environment. Set it where `pulumi` runs",
    )
    assert stage.writes(mark) == []


def _until(met: Callable[[], bool], engine: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline and (engine is None or engine.poll() is None)
        time.sleep(0.1)
