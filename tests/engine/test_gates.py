"""Gates that judge more than health, on the real engine: alarms, metrics, bakes, probes, commands, Prometheus."""

from __future__ import annotations

from typing import Any

from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.stage import STACK, Run, Stage

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
    elb = stage.client("elbv2")
    by_group = {group["TargetGroupARNs"][0]: name.rpartition("-")[0] for name, group in stage.groups().items()}
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    [rule] = [rule for rule in rules if rule["Conditions"] and rule["Conditions"][0]["Field"] == "path-pattern"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return {by_group[group["TargetGroupArn"]]: group["Weight"] for group in groups}


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
    stage.configure(web(*CANARY, **gate))
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
