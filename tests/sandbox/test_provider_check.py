"""Check and Diff: names, defaults, refusals, replacement. None of this needs a cloud."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.provider import naming
from sandbox.provider.check import Proposal, check
from sandbox.provider.config import ConfigError, parse, problems
from sandbox.provider.diff import Plan, plan
from sandbox.provider.types import TYPES
from sandbox.provider.values import UNKNOWN, Values, from_struct, to_struct
from tests.sandbox.provider_world import ASSUMED_BY_EC2, GROUP, ROLE, RULE, SECURITY_GROUP, TARGET_GROUP, TEMPLATE

TARGETS: Values = {"port": 80, "protocol": "HTTP", "vpcId": "vpc-1"}
SIZES: Values = {"minSize": 1, "maxSize": 2, "launchTemplate": {"id": "lt-1"}}


def checked(token: str, new: Values, old: Values | None = None, logical: str = "web", seed: bytes = b"seed") -> Values:
    """The inputs that Check answers, which must be right."""
    answer = check(TYPES[token], logical, old or {}, new, seed)
    assert answer.failures == []
    return answer.inputs


def refused(token: str, new: Values, logical: str = "web") -> dict[str, str]:
    """What Check refuses, by property."""
    return dict(check(TYPES[token], logical, {}, new, b"seed").failures)


def planned(token: str, old: Values, new: Values, ignored: tuple[str, ...] = (), **state: Any) -> Plan:
    """The plan from `old` to `new`, both checked; the state is as the old inputs ask, and more."""
    before = checked(token, old)
    tags = {"tagsAll": before.get("tags", {})} if TYPES[token].tags else {}
    after = checked(token, new, before)
    known = {**before, **tags, "region": "eu-west-1", **state}
    return plan(TYPES[token], before, known, after, {}, "eu-west-1", ignored)


def test_an_automatic_name_is_the_logical_one_with_seven_digits_that_depend_on_the_seed() -> None:
    inputs = checked(TARGET_GROUP, TARGETS)
    assert re.fullmatch(r"web-[0-9a-f]{7}", inputs["name"])
    assert "name" in inputs["__defaults"]
    assert checked(TARGET_GROUP, TARGETS)["name"] == inputs["name"]
    assert checked(TARGET_GROUP, TARGETS, seed=b"other")["name"] != inputs["name"]


def test_an_automatic_name_stays_as_long_as_the_resource_does() -> None:
    before = checked(TARGET_GROUP, TARGETS)
    after = checked(TARGET_GROUP, {**TARGETS, "deregistrationDelay": 5}, before, seed=b"other")
    assert after["name"] == before["name"]


def test_a_name_that_was_given_once_is_not_taken_for_an_automatic_one() -> None:
    before = checked(TARGET_GROUP, {**TARGETS, "name": "given"})
    assert checked(TARGET_GROUP, TARGETS, before)["name"] != "given"


@pytest.mark.parametrize(
    ("token", "given", "words"),
    [
        (
            TARGET_GROUP,
            {"name": "web-1.5.0"},
            'only alphanumeric characters and hyphens allowed in "name": "web-1.5.0"',
        ),
        (TARGET_GROUP, {"name": "w" * 33}, f'"name" cannot be longer than 32 characters: "{"w" * 33}"'),
        (TARGET_GROUP, {"name": "-web"}, '"name" cannot begin with a hyphen: "-web"'),
        (TARGET_GROUP, {"name": "web-"}, '"name" cannot end with a hyphen: "web-"'),
        (TARGET_GROUP, {"namePrefix": "website-"}, '"name_prefix" cannot be longer than 6 characters: "website-"'),
        (SECURITY_GROUP, {"name": "sg-web"}, 'invalid value for name (cannot begin with sg-): "sg-web"'),
        (GROUP, {"namePrefix": "w" * 230}, f'"name_prefix" cannot be longer than 229 characters: "{"w" * 230}"'),
    ],
)
def test_a_name_that_aws_would_refuse_is_refused_in_the_real_providers_words(
    token: str, given: Values, words: str
) -> None:
    base = {TARGET_GROUP: TARGETS, GROUP: SIZES}.get(token, {})
    (name,) = given
    assert refused(token, {**base, **given})[name] == words


def test_an_automatic_name_is_held_to_the_rules_too() -> None:
    assert "only alphanumeric" in refused(TARGET_GROUP, TARGETS, logical="web-1.5.0")["name"]
    too_long = refused(TARGET_GROUP, TARGETS, logical="w" * 30)["name"]
    assert too_long == f"name '{'w' * 30}-' plus 7 random chars is longer than maximum length 32"


def test_the_engines_own_naming_is_heeded() -> None:
    def name(proposal: Proposal) -> Any:
        answer = check(TYPES[TARGET_GROUP], "web", {}, TARGETS, b"seed", proposal)
        return answer.inputs.get("name"), dict(answer.failures).get("name", "")

    assert name(Proposal("mine", mandatory=False, disabled=False)) == ("mine", "")
    assert name(Proposal("m" * 40, mandatory=False, disabled=False))[0] == "m" * 32
    assert "cannot be longer" in name(Proposal("m" * 40, mandatory=True, disabled=False))[1]
    assert "disabled" in name(Proposal("", mandatory=False, disabled=True))[1]


@given(st.from_regex(r"[a-z][a-z-]{0,5}", fullmatch=True))
def test_a_name_made_from_a_prefix_has_26_digits_rises_with_time_and_leads_back_to_it(prefix: str) -> None:
    first, second = naming.unique(prefix), naming.unique(prefix)
    assert re.fullmatch(re.escape(prefix) + r"\d{18}[0-9a-f]{8}", first)
    assert first[: len(prefix) + 18] <= second[: len(prefix) + 18]
    assert first != second
    assert naming.prefix_of(first) == prefix


def test_defaults_are_filled_in_and_marked_on_every_level() -> None:
    inputs = checked(TARGET_GROUP, {**TARGETS, "healthCheck": {"path": "/healthz"}})
    assert inputs["deregistrationDelay"] == 300
    assert inputs["healthCheck"]["interval"] == 30
    assert inputs["healthCheck"]["__defaults"] == [
        "enabled",
        "healthyThreshold",
        "interval",
        "port",
        "protocol",
        "unhealthyThreshold",
    ]
    assert "healthCheck" not in checked(TARGET_GROUP, TARGETS)
    assert checked(GROUP, SIZES)["waitForCapacityTimeout"] == "10m"
    assert "desiredCapacity" not in checked(GROUP, SIZES)


@pytest.mark.parametrize(
    ("token", "given", "name", "path"),
    [
        (TARGET_GROUP, {**TARGETS, "colour": "red"}, "colour", "colour"),
        (
            TARGET_GROUP,
            {**TARGETS, "stickiness": {"type": "lb_cookie", "sweet": True}},
            "stickiness",
            "stickiness.sweet",
        ),
        (
            TEMPLATE,
            {"blockDeviceMappings": [{"ebs": {"size": 8}}]},
            "blockDeviceMappings",
            "blockDeviceMappings[0].ebs.size",
        ),
        (GROUP, {**SIZES, "warmPool": {"size": 1}}, "warmPool", "warmPool.size"),
        (GROUP, {**SIZES, "instanceRefresh": {"strategy": "Rolling"}}, "instanceRefresh", "instanceRefresh"),
    ],
)
def test_a_property_that_no_call_carries_is_refused_by_name(token: str, given: Values, name: str, path: str) -> None:
    words = refused(token, given)[name]
    assert words.startswith(f"{token}: property '{path}' is not supported by the sandbox")


def test_what_is_missing_or_excludes_itself_is_refused() -> None:
    assert refused(GROUP, {"minSize": 1, "launchTemplate": {"id": "x"}}) == {
        "maxSize": "Missing required property 'maxSize'"
    }
    assert "one of `launchConfiguration" in refused(GROUP, {"minSize": 1, "maxSize": 2})["launchConfiguration"]
    both = refused(TARGET_GROUP, {**TARGETS, "name": "web", "namePrefix": "web-"})
    assert both["name"] == 'Conflicting configuration arguments: "name" conflicts with namePrefix'
    assert refused(TARGET_GROUP, {"port": 80, "protocol": "HTTP"})["vpcId"].startswith("`vpcId` should be set")
    nested = refused(RULE, {"listenerArn": "l", "conditions": [], "actions": [{"targetGroupArn": "t"}]})
    assert nested == {"actions[0].type": "Missing required property 'actions[0].type'"}


def test_an_unknown_value_passes() -> None:
    assert checked(TARGET_GROUP, {**TARGETS, "vpcId": UNKNOWN})["vpcId"] == UNKNOWN
    assert checked(TARGET_GROUP, {**TARGETS, "name": UNKNOWN})["name"] == UNKNOWN


REPLACING = [
    (TARGET_GROUP, TARGETS, {"port": 81}, {"port"}),
    (TARGET_GROUP, TARGETS, {"vpcId": UNKNOWN}, {"vpcId"}),
    (TARGET_GROUP, TARGETS, {"deregistrationDelay": 5}, set[str]()),
    (TARGET_GROUP, TARGETS, {"healthCheck": {"path": "/x"}}, set[str]()),
    (TEMPLATE, {"imageId": "ami-1"}, {"imageId": "ami-2"}, set[str]()),
    (GROUP, SIZES, {"maxSize": 5}, set[str]()),
    (GROUP, SIZES, {"launchTemplate": {"id": "lt-1", "version": "2"}}, set[str]()),
    (GROUP, SIZES, {"initialLifecycleHooks": [{"name": "h", "lifecycleTransition": "t"}]}, {"initialLifecycleHooks"}),
    (SECURITY_GROUP, {"vpcId": "vpc-1"}, {"description": "other"}, {"description"}),
    (SECURITY_GROUP, {"vpcId": "vpc-1"}, {"tags": {"a": "b"}}, set[str]()),
]


@pytest.mark.parametrize(("token", "base", "change", "replaces"), REPLACING, ids=lambda one: str(one)[:40])
def test_only_what_aws_cannot_change_in_place_replaces(
    token: str, base: Values, change: Values, replaces: set[str]
) -> None:
    found = planned(token, base, {**base, **change})
    assert found.replaces == replaces
    assert found.differences


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ({"name": "one"}, {"name": "one", "port": 81}, True),
        ({"name": "one"}, {"name": "two"}, True),
        ({"namePrefix": "web-"}, {"namePrefix": "web-", "port": 81}, False),
        ({"namePrefix": "web-"}, {"namePrefix": "api-"}, False),
        ({}, {"port": 81}, False),
    ],
)
def test_only_an_explicit_name_has_the_old_one_deleted_first(old: Values, new: Values, first: bool) -> None:
    found = planned(TARGET_GROUP, {**TARGETS, **old}, {**TARGETS, **new})
    assert found.replaces
    assert found.delete_before_replace is first


def test_a_desired_capacity_that_is_not_declared_is_no_difference() -> None:
    assert planned(GROUP, SIZES, SIZES, desiredCapacity=7).differences == ()
    assert [
        one.path for one in planned(GROUP, SIZES, {**SIZES, "desiredCapacity": 2}, desiredCapacity=7).differences
    ] == ["desiredCapacity"]


def test_new_data_of_a_template_moves_its_latest_version_and_the_default_one_only_on_request() -> None:
    old, new = {"imageId": "ami-1"}, {"imageId": "ami-2"}
    assert planned(TEMPLATE, old, new).moved == {"latestVersion"}
    assert planned(TEMPLATE, old, {**new, "updateDefaultVersion": True}).moved == {"latestVersion", "defaultVersion"}
    assert planned(TEMPLATE, old, {**old, "tags": {"a": "b"}}).moved == frozenset()


def test_what_the_program_ignores_is_no_difference() -> None:
    new = {**SIZES, "maxSize": 9}
    assert planned(GROUP, SIZES, new, ignored=("maxSize",)).differences == ()
    tagged = {**TARGETS, "tags": {"a": "b"}}
    assert planned(TARGET_GROUP, TARGETS, tagged, ignored=("tags", "tagsAll")).differences == ()
    notes = {"a": "b", "app:note": "x"}
    noted = {"tags": notes, "tagsAll": notes}
    each = ('tags["app:note"]', 'tagsAll["app:note"]')
    assert planned(TARGET_GROUP, tagged, tagged, each, **noted).differences == ()
    assert planned(TARGET_GROUP, tagged, tagged, each[:1], **noted).changed == {"tagsAll"}
    assert planned(TARGET_GROUP, tagged, TARGETS, each, **noted).changed == {"tags", "tagsAll"}


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (GROUP, {**SIZES, "vpcZoneIdentifiers": ["a", "b"]}, {**SIZES, "vpcZoneIdentifiers": ["b", "a"]}),
        (GROUP, {**SIZES, "maxSize": 2}, {**SIZES, "maxSize": "2"}),
        (TARGET_GROUP, TARGETS, {**TARGETS, "deregistrationDelay": 300}),
        (TARGET_GROUP, TARGETS, {**TARGETS, "tags": {}}),
    ],
    ids=["order of a set", "type of a number", "the default spelled out", "no tags at all"],
)
def test_the_same_in_other_words_is_no_difference(token: str, old: Values, new: Values) -> None:
    assert planned(token, old, new).differences == ()


def test_a_document_is_compared_by_what_it_says() -> None:
    said = {"assumeRolePolicy": ASSUMED_BY_EC2}
    for same in (json.dumps(json.loads(ASSUMED_BY_EC2), indent=2), json.loads(ASSUMED_BY_EC2)):
        assert planned(ROLE, said, {"assumeRolePolicy": same}).differences == ()
    assert planned(ROLE, said, {"assumeRolePolicy": "{}"}).differences


_JSON = st.recursive(
    st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), _JSON, max_size=5))
def test_values_survive_the_wire(values: Values) -> None:
    assert from_struct(to_struct(values)) == values


def test_config_that_would_not_be_heeded_is_refused_and_no_endpoint_is_no_cloud(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert [key for key, _ in problems({"region": "eu-west-1", "ignoreTags": "{}"})] == ["ignoreTags"]
    with pytest.raises(ConfigError, match=r"AWS_ENDPOINT_URL is not set.*python -m sandbox env"):
        parse({"region": "eu-west-1"})
    endpoints = '[{"ec2": "http://127.0.0.1:1", "elbv2": "http://127.0.0.1:2"}]'
    settings = parse({"region": "eu-west-1", "endpoints": endpoints, "defaultTags": '{"tags": {"a": "b"}}'})
    assert settings.endpoints == {"ec2": "http://127.0.0.1:1", "elbv2": "http://127.0.0.1:2"}
    assert settings.default_tags == {"a": "b"}
