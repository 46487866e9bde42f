"""What counts as the same, as properties of any values, and parameters that land where the row says."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.provider.compare import asked, differences, reconciled, same
from sandbox.provider.decode import properties
from sandbox.provider.encode import attributes, encode, put
from sandbox.provider.models import input_shape
from sandbox.provider.row import Field, Live
from sandbox.provider.types.target_group import TARGET_GROUP
from sandbox.provider.values import Values

_LITERAL = st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)
#: Few, so that two objects have some of them in common.
_NAME = st.sampled_from(["a", "b", "abc", "X", "aX", "XYZ", "a.b", ".X", "."])
VALUES = st.recursive(
    _LITERAL, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAME, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(_NAME, VALUES, max_size=3)

SET = Field(unordered=True)


@given(VALUES)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert list(differences("x", Field(), value, value, value)) == []


@given(OBJECTS, OBJECTS)
def test_what_aws_adds_by_itself_is_no_difference(wanted: Values, more: Values) -> None:
    assert same(Field(), {**more, **wanted}, wanted)


@given(st.lists(_LITERAL, max_size=6), st.randoms())
def test_a_set_has_no_order_and_is_told_in_the_order_of_the_program(wanted: list[Any], shuffle: random.Random) -> None:
    state = list(wanted)
    shuffle.shuffle(state)
    assert list(differences("x", SET, wanted, state, wanted)) == []
    assert reconciled(SET, state, wanted) == wanted


@given(st.lists(st.integers(), min_size=1, unique=True), st.integers())
def test_a_set_with_another_element_differs(wanted: list[int], other: int) -> None:
    state = [*wanted[:-1], other]
    assert same(SET, state, wanted) is (other == wanted[-1])
    assert not same(SET, [*wanted, "more"], wanted)


@given(OBJECTS, OBJECTS)
def test_telling_it_in_the_programs_words_changes_nothing_that_matters(state: Values, wanted: Values) -> None:
    told = reconciled(Field(), state, wanted)
    assert same(Field(), told, wanted) is same(Field(), state, wanted)
    assert reconciled(Field(), told, wanted) == told


@given(OBJECTS, OBJECTS)
def test_a_refresh_asks_only_for_what_was_asked_for(state: Values, before: Values) -> None:
    found = asked(Field(), state, before)
    assert set(found) <= set(before)
    assert same(Field(), state, found)


def test_what_is_taken_away_differs_unless_aws_has_a_value_of_its_own() -> None:
    assert [one.path for one in differences("x", Field(), {"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1})] == ["x.b"]
    computed = Field(fields={"b": Field(computed=True)})
    assert list(differences("x", computed, {"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1})) == []


def test_a_path_leads_through_objects_and_lists() -> None:
    parameters: Values = {}
    put(parameters, "Rules[0].Arn", "a")
    put(parameters, "Rules[0].Priority", 1)
    put(parameters, "Ids[0]", "i")
    assert parameters == {"Rules": [{"Arn": "a", "Priority": 1}], "Ids": ["i"]}


def test_properties_land_on_members_and_attributes_and_come_back() -> None:
    nowhere: Any = None
    shape = input_shape("elbv2", "CreateTargetGroup")
    check = {"path": "/x", "interval": "5", "matcher": "200", "enabled": True}
    sent = encode("healthCheck", TARGET_GROUP.inputs["healthCheck"], check, "CreateTargetGroup", shape)
    assert sent == {
        "HealthCheckPath": "/x",
        "HealthCheckIntervalSeconds": 5,
        "Matcher": {"HttpCode": "200"},
        "HealthCheckEnabled": True,
    }
    sticky = {"stickiness": {"type": "app_cookie", "cookieDuration": 60, "cookieName": "c"}, "slowStart": 30}
    pairs = attributes(TARGET_GROUP, sticky)
    assert pairs == {
        "stickiness.type": "app_cookie",
        "stickiness.app_cookie.duration_seconds": "60",
        "stickiness.app_cookie.cookie_name": "c",
        "slow_start.duration_seconds": "30",
    }
    told = properties(TARGET_GROUP, Live("arn:aws:x:y:z:targetgroup/a/b", {**sent, "attributes": pairs}, nowhere))
    assert told["healthCheck"] == {"path": "/x", "interval": 5, "matcher": "200", "enabled": True}
    assert told["stickiness"] == sticky["stickiness"]
    assert told["slowStart"] == 30
    assert told["arnSuffix"] == "targetgroup/a/b"
