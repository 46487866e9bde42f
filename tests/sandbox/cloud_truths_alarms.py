"""What AWS does with CloudWatch's alarms and moto alone doesn't, as in `cloud_truths`."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sandbox.cloud_world import World, client, error_of, refused

_numbers = itertools.count(1)


def cloudwatch(world: World) -> Any:
    """A client."""
    return client("cloudwatch", world.url)


def named(kind: str) -> str:
    """A name that nothing has yet."""
    return f"{kind}-{next(_numbers)}"


def alarm(world: World, **settings: Any) -> str:
    """The name of an alarm on more than 5 of a metric of its own, which has the alarm's name."""
    name = settings.pop("AlarmName", None) or named("alarm")
    settings = {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        **({} if "Metrics" in settings else metric(name) | {"Period": 60, "Statistic": "Average"}),
        **settings,
    }
    cloudwatch(world).put_metric_alarm(
        AlarmName=name, **{key: value for key, value in settings.items() if value is not None}
    )
    return name


def metric(name: str, **dimensions: str) -> dict[str, Any]:
    """A metric as a call names it."""
    shown = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": "test", "MetricName": name, "Dimensions": shown}


def report(world: World, name: str, *values: float, ago: int = 0, **dimensions: str) -> None:
    """Report values of a metric, as of so many minutes ago."""
    when = datetime.now(UTC) - timedelta(minutes=ago)
    shown = metric(name, **dimensions)
    data = {"MetricName": name, "Dimensions": shown["Dimensions"], "Values": list(values), "Timestamp": when}
    cloudwatch(world).put_metric_data(Namespace="test", MetricData=[data])


def composite(world: World, rule: str, name: str | None = None, **settings: Any) -> str:
    """The name of a composite alarm."""
    name = name or named("composite")
    cloudwatch(world).put_composite_alarm(AlarmName=name, AlarmRule=rule, **settings)
    return name


def described(world: World, name: str) -> dict[str, Any]:
    """An alarm of either kind."""
    types = ["MetricAlarm", "CompositeAlarm"]
    found = cloudwatch(world).describe_alarms(AlarmNames=[name], AlarmTypes=types)
    (one,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return one


def state(world: World, name: str) -> str:
    """The state of an alarm."""
    return described(world, name)["StateValue"]


def set_state(world: World, name: str, value: str) -> None:
    """Set an alarm's state."""
    cloudwatch(world).set_alarm_state(AlarmName=name, StateValue=value, StateReason="rehearsal")


def summaries(world: World, name: str, **asked: Any) -> list[str]:
    """The history of an alarm, oldest first."""
    types = ["MetricAlarm", "CompositeAlarm"]
    found = cloudwatch(world).describe_alarm_history(
        AlarmName=name, AlarmTypes=types, ScanBy="TimestampAscending", **asked
    )
    return [each["HistorySummary"] for each in found["AlarmHistoryItems"]]


_BUILDERS = (cloudwatch, named, alarm, metric, report, composite, described, state, set_state, summaries)

# Metric alarms


def an_alarm_starts_without_data(world: World) -> None:
    found = described(world, alarm(world))
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert found["StateReason"] == "Unchecked: Initial alarm creation"


def an_alarm_follows_its_metric(world: World) -> None:
    name = alarm(world)
    report(world, name, 6, 8)
    found = described(world, name)
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"].startswith("Threshold Crossed: 1 datapoint [7.0 (")
    assert found["StateReason"].endswith(")] was greater than the threshold (5.0).")
    assert found["StateTransitionedTimestamp"] == found["StateUpdatedTimestamp"]
    report(world, name, 0, 0, 0)
    assert state(world, name) == "OK"


def an_alarm_looks_at_the_metric_of_its_dimensions_only(world: World) -> None:
    name = named("alarm")
    alarm(world, AlarmName=name, **metric(name, Fleet="a"))
    report(world, name, 9)
    report(world, name, 9, Fleet="b")
    report(world, name, 9, Fleet="a", Zone="c")
    assert state(world, name) == "INSUFFICIENT_DATA"
    report(world, name, 9, Fleet="a")
    assert state(world, name) == "ALARM"


def enough_of_the_last_data_points_must_breach(world: World) -> None:
    name = alarm(world, EvaluationPeriods=3, DatapointsToAlarm=2)
    for ago, value in ((3, 9.0), (2, 1.0), (1, 1.0)):
        report(world, name, value, ago=ago)
    assert state(world, name) == "OK"
    report(world, name, 9, ago=1)  # The average of that minute is the threshold.
    assert state(world, name) == "OK"
    report(world, name, 9, ago=1)
    report(world, name, 9)
    assert "2 out of the last 3 datapoints" in described(world, name)["StateReason"]
    assert state(world, name) == "ALARM"


def missing_data_is_treated_as_the_alarm_says(world: World) -> None:
    names = {each: alarm(world, TreatMissingData=each) for each in ("breaching", "notBreaching", "missing", "ignore")}
    assert {each: state(world, name) for each, name in names.items()} == {
        "breaching": "ALARM",
        "notBreaching": "OK",
        "missing": "INSUFFICIENT_DATA",
        "ignore": "INSUFFICIENT_DATA",
    }
    assert "1 missing datapoint was treated as [Breaching]" in described(world, names["breaching"])["StateReason"]


def an_alarm_can_be_on_a_percentile(world: World) -> None:
    name = alarm(world, Statistic=None, ExtendedStatistic="p90", Threshold=90.0)
    report(world, name, *map(float, range(1, 102)))
    assert state(world, name) == "ALARM"


def an_alarm_can_be_on_metric_math(world: World) -> None:
    errors, requests = named("errors"), named("requests")
    parts = {"e": errors, "r": requests}
    metrics: list[dict[str, Any]] = [
        {"Id": each, "ReturnData": False, "MetricStat": {"Metric": metric(part), "Period": 60, "Stat": "Sum"}}
        for each, part in parts.items()
    ]
    name = alarm(world, Metrics=[{"Id": "rate", "Expression": "100 * e / r", "ReturnData": True}, *metrics])
    report(world, errors, 1, 2)
    report(world, requests, 100)
    assert state(world, name) == "OK"
    report(world, errors, 4)
    assert "[7.0 (" in described(world, name)["StateReason"]
    assert state(world, name) == "ALARM"


def math_that_can_not_be_evaluated_is_said_to_be_so(world: World) -> None:
    stat = {"Metric": metric(named("m")), "Period": 60, "Stat": "Sum"}
    metrics = [
        {"Id": "band", "Expression": "RATE(m)", "ReturnData": True},
        {"Id": "m", "MetricStat": stat, "ReturnData": False},
    ]
    found = described(world, alarm(world, Metrics=metrics))
    assert (found["StateValue"], found["EvaluationState"]) == ("INSUFFICIENT_DATA", "EVALUATION_ERROR")
    assert "the function RATE is not known to the sandbox's metric math" in found["StateReason"]


def trimmed_means_are_taken(world: World) -> None:
    assert described(world, alarm(world, Statistic=None, ExtendedStatistic="tm90"))["ExtendedStatistic"] == "tm90"


def a_state_that_is_set_stands_until_the_metric_says_something_else(world: World) -> None:
    name = alarm(world)
    set_state(world, name, "ALARM")
    assert (state(world, name), described(world, name)["StateReason"]) == ("ALARM", "rehearsal")
    report(world, name, 1)
    assert state(world, name) == "OK"
    set_state(world, name, "ALARM")
    report(world, name, 2)
    assert state(world, name) == "ALARM"
    report(world, name, 99)
    report(world, name, *([0.0] * 99))
    assert state(world, name) == "OK"


def an_alarm_that_is_put_again_keeps_its_state(world: World) -> None:
    name = alarm(world)
    set_state(world, name, "ALARM")
    alarm(world, AlarmName=name, Threshold=7.0)
    assert (state(world, name), described(world, name)["Threshold"]) == ("ALARM", 7.0)


def changes_are_in_the_history(world: World) -> None:
    name = alarm(world)
    report(world, name, 9)
    alarm(world, AlarmName=name, Threshold=99.0)
    state(world, name)
    cloudwatch(world).delete_alarms(AlarmNames=[name])
    assert summaries(world, name) == [
        f'Alarm "{name}" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f'Alarm "{name}" updated',
        "Alarm updated from ALARM to OK",
        f'Alarm "{name}" deleted',
    ]
    assert summaries(world, name, HistoryItemType="StateUpdate", MaxRecords=1) == [
        "Alarm updated from INSUFFICIENT_DATA to ALARM"
    ]
    assert summaries(world, name, StartDate=datetime.now(UTC) + timedelta(hours=1)) == []


def a_topic_hears_of_a_change(world: World) -> None:
    sns, sqs = client("sns", world.url), client("sqs", world.url)
    topic = sns.create_topic(Name=named("topic"))["TopicArn"]
    queue = sqs.create_queue(QueueName=named("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    name = alarm(world, AlarmActions=[topic])
    report(world, name, 9)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    notified = json.loads(message["Body"])
    heard = json.loads(notified["Message"])
    assert notified["Subject"] == f'ALARM: "{name}" in EU (Ireland)'
    assert (heard["AlarmName"], heard["OldStateValue"], heard["NewStateValue"]) == (name, "INSUFFICIENT_DATA", "ALARM")
    assert heard["Trigger"]["MetricName"] == name
    assert summaries(world, name)[-1] == f"Successfully executed action {topic}"
    cloudwatch(world).disable_alarm_actions(AlarmNames=[name])
    set_state(world, name, "OK")
    set_state(world, name, "ALARM")
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)


# Composite alarms


def a_composite_alarm_follows_its_rule(world: World) -> None:
    one, two = alarm(world), alarm(world)
    arn = described(world, two)["AlarmArn"]
    name = composite(world, f'ALARM("{one}") AND NOT OK("{arn}")')
    assert state(world, name) == "OK"
    report(world, one, 9)
    found = described(world, name)
    assert found["StateValue"] == "ALARM"
    assert f":alarm:{one} transitioned to ALARM at " in found["StateReason"]
    report(world, two, 0)
    assert state(world, name) == "OK"
    assert summaries(world, name)[0] == f'Alarm "{name}" created'
    assert summaries(world, name)[-1] == "Alarm updated from ALARM to OK"


def a_composite_alarm_can_be_of_composite_alarms(world: World) -> None:
    one = alarm(world)
    above = composite(world, f"ALARM({composite(world, f'ALARM({one})')}) OR FALSE")
    set_state(world, one, "ALARM")
    assert state(world, above) == "ALARM"


def composite_alarms_are_described_when_asked_for(world: World) -> None:
    one = alarm(world)
    name = composite(world, f"ALARM({one})", AlarmDescription="both", OKActions=[], ActionsEnabled=False)
    asked = cloudwatch(world).describe_alarms
    assert asked(AlarmNames=[one, name])["CompositeAlarms"] == []
    found = asked(AlarmNames=[one, name], AlarmTypes=["CompositeAlarm"])
    assert found["MetricAlarms"] == []
    assert [each["AlarmName"] for each in found["CompositeAlarms"]] == [name]
    assert found["CompositeAlarms"][0].items() >= {("AlarmDescription", "both"), ("ActionsEnabled", False)}
    children, parents = asked(ChildrenOfAlarmName=name), asked(ParentsOfAlarmName=one)
    assert [each["AlarmName"] for each in children["MetricAlarms"]] == [one]
    assert [each["AlarmName"] for each in parents["CompositeAlarms"]] == [name]


def a_rule_of_an_alarm_that_does_not_exist_is_refused(world: World) -> None:
    with refused("ValidationError"):
        composite(world, "ALARM(no-such-alarm)")


def a_rule_that_says_nothing_is_refused(world: World) -> None:
    name = alarm(world)
    with refused("ValidationError"):
        composite(world, f"ALARM({name}) AND")


def an_alarm_that_a_composite_alarm_names_is_not_deleted(world: World) -> None:
    one, asked = alarm(world), cloudwatch(world)
    name = composite(world, f"ALARM({one})")
    try:
        asked.delete_alarms(AlarmNames=[one])
    except asked.exceptions.ClientError as error:
        found = error_of(error)
    else:
        raise AssertionError("it was deleted")
    assert found["Code"] == "ValidationError"
    assert found["Message"] == f"Cannot delete {one} as there are composite alarm(s) depending on it."
    asked.delete_alarms(AlarmNames=[one, name])
    assert asked.describe_alarms(AlarmNames=[one])["MetricAlarms"] == []


def only_one_composite_alarm_is_deleted_at_a_time(world: World) -> None:
    names = [composite(world, "TRUE"), composite(world, "FALSE")]
    with refused("ValidationError"):
        cloudwatch(world).delete_alarms(AlarmNames=names)


def composite_alarms_in_a_circle_keep_their_states_and_are_not_deleted(world: World) -> None:
    one = composite(world, "FALSE")
    two = composite(world, f"ALARM({one})")
    composite(world, f"OK({two})", one)
    assert (state(world, one), state(world, two)) == ("OK", "OK")
    with refused("ValidationError"):
        cloudwatch(world).delete_alarms(AlarmNames=[one])
    composite(world, "TRUE", one)
    assert (state(world, one), state(world, two)) == ("ALARM", "ALARM")
    assert described(world, one)["StateReason"].endswith(" was updated and its alarm rule evaluates to ALARM")


def actions_of_a_composite_alarm_are_suppressed_by_another(world: World) -> None:
    topic = client("sns", world.url).create_topic(Name=named("topic"))["TopicArn"]
    one, suppressor = alarm(world), alarm(world)
    kept: dict[str, Any] = {
        "ActionsSuppressor": suppressor,
        "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 30,
    }
    name = composite(world, f"ALARM({one})", AlarmActions=[topic], **kept)
    assert {key: described(world, name)[key] for key in kept} == kept
    set_state(world, suppressor, "ALARM")
    set_state(world, one, "ALARM")
    assert described(world, name)["ActionsSuppressedBy"] == "Alarm"
    assert not [each for each in summaries(world, name) if "action" in each]
    with refused("ValidationError"):
        composite(world, "TRUE", ActionsSuppressor=suppressor)


def a_metric_alarm_does_not_replace_a_composite_one(world: World) -> None:
    name = composite(world, "TRUE")
    with refused("ValidationError"):
        alarm(world, AlarmName=name)
    assert described(world, name)["AlarmRule"] == "TRUE"


def an_alarm_on_promql_is_said_not_to_be_evaluated(world: World) -> None:
    name, criteria = named("promql"), {"PromQLCriteria": {"Query": "up == 0"}}
    cloudwatch(world).put_metric_alarm(AlarmName=name, EvaluationCriteria=criteria, EvaluationInterval=60)
    found = described(world, name)
    assert (found["StateValue"], found["EvaluationState"]) == ("INSUFFICIENT_DATA", "EVALUATION_ERROR")
    assert "the sandbox has no PromQL" in found["StateReason"]


def a_composite_alarm_can_be_set_and_disabled(world: World) -> None:
    name = composite(world, "FALSE")
    set_state(world, name, "ALARM")
    assert state(world, name) == "ALARM"
    cloudwatch(world).disable_alarm_actions(AlarmNames=[name])
    assert described(world, name)["ActionsEnabled"] is False


def alarms_are_described_in_pages(world: World) -> None:
    prefix = named("paged")
    names = sorted(alarm(world, AlarmName=f"{prefix}-{number}") for number in range(5))
    pages = cloudwatch(world).get_paginator("describe_alarms").paginate
    found = [each["MetricAlarms"] for each in pages(AlarmNamePrefix=prefix, PaginationConfig={"PageSize": 2})]
    assert [[each["AlarmName"] for each in page] for page in found] == [names[:2], names[2:4], names[4:]]


TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each not in _BUILDERS
]
