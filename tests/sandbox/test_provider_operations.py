"""The types that operate a fleet, input by input: what changes in place, what replaces, what can be taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.provider.row import Replace
from sandbox.provider.types import TYPES
from sandbox.provider.values import Values
from tests.sandbox.provider_client import Client, RefusedError, Resource
from tests.sandbox.provider_lives import LIVES, Life, Lived
from tests.sandbox.provider_operations import (
    ALARM,
    DASHBOARD,
    HOOK,
    LOG_GROUP,
    PARAMETER,
    SCHEDULE,
    SUBSCRIPTION,
    TOPIC,
)
from tests.sandbox.provider_world import World

pytestmark = pytest.mark.slow


def _cases(kind: str) -> list[Any]:
    return [
        pytest.param(
            life,
            name,
            id=f"{life.token.rpartition(':')[2]}-{name}",
        )
        for life in LIVES
        for name in getattr(life, kind)
    ]


@pytest.mark.parametrize("token", sorted({life.token for life in LIVES}))
def test_every_input_is_shown_to_change(token: str) -> None:
    row = TYPES[token]
    shown = {name for life in LIVES if life.token == token for name in {**life.changes, **life.replacing}}
    own = {name for name, one in row.inputs.items() if one.local or one.write_only} | {"arn"}
    # A hook is put on the other group, and stays on the first: the real provider's way.
    own |= {"autoscalingGroupName"} if token == HOOK else set()
    named = {"name", "namePrefix"} if {"name", "namePrefix"} & shown else set[str]()
    assert {*row.inputs, *(["tags"] if row.tags else [])} - own <= shown | named
    replacing = {name for life in LIVES if life.token == token for name in life.replacing}
    assert replacing | named == {name for name, one in row.inputs.items() if one.replace is not Replace.NEVER} | named


#: Without these an alarm is of nothing.
NEEDED = {"metricName", "namespace", "statistic", "period", "extendedStatistic"} | {
    "evaluationPeriods",
    "evaluationCriteria",
    "valueWoVersion",
}
#: Left out of the call they stay: the real provider never takes them away either.
KEPT = {(HOOK, name) for name in ("notificationMetadata", "notificationTargetArn", "roleArn")}
#: What makes no sense without the other.
DEPENDING = {("filterPolicy", "filterPolicyScope")}
_NONE = TYPES[ALARM].inputs["unit"]


def _is_optional(token: str, name: str) -> bool:
    if (token, name) in KEPT or name in NEEDED:
        return False
    return name == "tags" or not (TYPES[token].inputs[name].computed or TYPES[token].inputs[name].required)


@pytest.mark.parametrize(("life", "name"), _cases("changes"))
def test_an_input_changes_in_place_and_can_be_taken_away_where_it_is_optional(
    client: Client, lived: Lived, life: Life, name: str
) -> None:
    resource, inputs = lived.made(life), lived.inputs(life)
    changed = {**inputs, name: life.changes[name]}
    planned = client.diff(resource, changed)
    assert {path.partition(".")[0].partition("[")[0] for path in planned.detailed} - {"tagsAll", "version"} == {name}
    assert planned.replaces == set()
    id_ = resource.id
    client.update(resource, **changed)
    assert client.refresh(resource)
    assert resource.id == id_
    assert client.diff(resource, changed).detailed == {}
    assert client.diff(resource, inputs).detailed != {}
    if not _is_optional(life.token, name):
        return
    bare = {key: one for key, one in inputs.items() if key != name and (name, key) not in DEPENDING}
    client.update(resource, **bare)
    assert client.refresh(resource)
    assert client.diff(resource, bare).detailed == {}
    assert resource.state.get(name) in (None, "", [], TYPES[life.token].inputs.get(name, _NONE).default)


@pytest.mark.parametrize(("life", "name"), _cases("replacing"))
def test_an_input_that_aws_cannot_change_replaces(client: Client, lived: Lived, life: Life, name: str) -> None:
    resource, inputs = lived.made(life), lived.inputs(life)
    planned = client.diff(resource, {**inputs, name: life.replacing[name]})
    assert planned.replaces == {name}
    is_named = TYPES[life.token].naming is not None and "name" in {*inputs, name}
    assert planned.delete_before_replace is is_named


@pytest.mark.parametrize("life", [life for life in LIVES if len(life.changes) > 1])
def test_everything_at_once_can_change_and_be_taken_back(client: Client, lived: Lived, life: Life) -> None:
    resource, inputs = lived.made(life), lived.inputs(life)
    for wanted in ({**inputs, **life.changes}, inputs):
        client.update(resource, **wanted)
        assert client.refresh(resource)
        assert client.diff(resource, wanted).detailed == {}


def test_an_alarm_that_changes_keeps_what_is_not_changed(world: World, boto: Any) -> None:
    alarm, inputs = world.client.create(ALARM, "web", **world.rich_inputs_of(ALARM)), world.rich_inputs_of(ALARM)
    world.made.append(alarm)
    world.client.update(alarm, **{**inputs, "threshold": 90})
    (told,) = boto("cloudwatch").describe_alarms(AlarmNames=[alarm.id])["MetricAlarms"]
    assert (told["Threshold"], told["ActionsEnabled"], told["Unit"]) == (90, False, "Percent")
    assert {one["Name"]: one["Value"] for one in told["Dimensions"]} == inputs["dimensions"]


def test_a_value_is_told_as_the_property_that_was_asked_for(world: World, boto: Any) -> None:
    open_ = world.make(PARAMETER, "open", value=None, insecureValue="seen")
    assert ("value" in open_.state, open_.state["insecureValue"]) == (False, "seen")
    plain = world.make(PARAMETER, "plain", value="hidden")
    assert ("insecureValue" in plain.state, plain.state["value"]) == (False, "hidden")
    unseen = {"type": "SecureString", "value": None, "valueWo": "never seen", "valueWoVersion": 1}
    written = world.make(PARAMETER, "written", **unseen)
    assert "never seen" not in json.dumps(written.state)
    assert written.state["hasValueWo"] is True
    given = {name: value for name, value in unseen.items() if value is not None}
    assert world.client.diff(written, {**given, "valueWo": "another"}).detailed == {}
    world.client.update(written, **{**given, "valueWo": "another", "valueWoVersion": 2})
    told = boto("ssm").get_parameter(Name=written.id, WithDecryption=True)["Parameter"]
    assert (told["Value"], told["Version"]) == ("another", 2)


def test_a_parameter_that_exists_is_overwritten_only_on_request(world: World, boto: Any) -> None:
    boto("ssm").put_parameter(Name="/taken", Value="theirs", Type="String")
    with pytest.raises(RefusedError, match="ParameterAlreadyExists"):
        world.make(PARAMETER, name="/taken")
    mine = world.make(PARAMETER, name="/taken", overwrite=True, tags={"team": "web"})
    assert mine.state["version"] == 2
    tags = boto("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId="/taken")["TagList"]
    assert tags == [{"Key": "team", "Value": "web"}]


def test_a_log_group_is_left_behind_if_it_shall_be(world: World, boto: Any) -> None:
    kept = world.make(LOG_GROUP, skipDestroy=True)
    world.made.remove(kept)
    world.client.delete(kept)
    assert world.client.refresh(kept)
    boto("logs").delete_log_group(logGroupName=kept.id)


def test_a_subscription_that_a_person_must_confirm_is_not_waited_for(world: World) -> None:
    mail = world.make(SUBSCRIPTION, protocol="email", endpoint="ops@web.example")
    assert mail.state["pendingConfirmation"] is True
    assert mail.state["confirmationWasAuthenticated"] is False
    world.client.delete(mail)  # AWS refuses to, until it is confirmed or has lapsed.
    assert world.make(SUBSCRIPTION).state["pendingConfirmation"] is False


def test_a_schedule_sends_a_size_of_zero_and_leaves_out_minus_one(world: World, boto: Any) -> None:
    schedule = world.make(SCHEDULE, minSize=None, maxSize=-1, desiredCapacity=None)
    group = schedule.state["autoscalingGroupName"]
    told = boto("autoscaling").describe_scheduled_actions(AutoScalingGroupName=group)["ScheduledUpdateGroupActions"]
    assert [(one["MinSize"], one.get("MaxSize"), one["DesiredCapacity"]) for one in told] == [(0, None, 0)]
    assert (schedule.state["minSize"], schedule.state["maxSize"]) == (0, -1)


REFUSED = [
    (ALARM, {"period": 45}, "expected period to be one of [10, 20, 30] or divisible by 60, got 45"),
    (ALARM, {"statistic": "Median"}, "expected statistic to be one of"),
    (ALARM, {"alarmActions": ["me"]}, '"alarm_actions" (me) is an invalid ARN: arn: invalid prefix'),
    (ALARM, {"extendedStatistic": "p99"}, '"statistic" conflicts with extendedStatistic'),
    (ALARM, {"statistic": None}, "One of `statistic` or `extended_statistic` must be set"),
    (DASHBOARD, {"dashboardBody": "{"}, '"dashboard_body" contains an invalid JSON'),
    (HOOK, {"heartbeatTimeout": 10}, "expected heartbeat_timeout to be in the range (30 - 7200), got 10"),
    (HOOK, {"autoscalingGroupName": "g", "lifecycleTransition": "x"}, "expected lifecycle_transition to be one of"),
    (LOG_GROUP, {"retentionInDays": 2}, "expected retention_in_days to be one of [0 1 3 5 7 14"),
    (LOG_GROUP, {"name": "a b"}, "isn't a valid log group name"),
    (PARAMETER, {"type": "SecureString", "value": None, "insecureValue": "x"}, "cannot set type = SecureString"),
    (PARAMETER, {"insecureValue": "x"}, "only one of `insecureValue,value,valueWo` can be specified"),
    (PARAMETER, {"value": None, "valueWo": "x"}, "all of `value_wo,value_wo_version` must be specified"),
    (SCHEDULE, {"startTime": "tomorrow"}, '"tomorrow" cannot be parsed as iso8601 Timestamp Format'),
    (SUBSCRIPTION, {"protocol": "fax"}, "expected protocol to be one of"),
    (SUBSCRIPTION, {"filterPolicyScope": "MessageBody"}, "filter_policy is required when filter_policy_scope is set"),
    (TOPIC, {"name": "a.b"}, "invalid topic name: a.b"),
    (TOPIC, {"name": "web", "fifoTopic": True}, "invalid topic name: web"),
    (TOPIC, {"contentBasedDeduplication": True}, "content-based deduplication can only be set for FIFO topics"),
    (TOPIC, {"sqsSuccessFeedbackSampleRate": 101}, "expected sqs_success_feedback_sample_rate to be in the range"),
]


@pytest.mark.parametrize(("token", "wrong", "words"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_the_real_provider_refuses_is_refused_before_anything_is_called(
    world: World, token: str, wrong: Values, words: str
) -> None:
    given = {**world.inputs_of(token), **wrong}
    with pytest.raises(RefusedError) as refused:
        world.client.check(Resource(token, "web"), {key: one for key, one in given.items() if one is not None})
    assert words in str(refused.value)
