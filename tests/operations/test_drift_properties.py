"""What a refresh found, as sentences: whose it is, what it is, and who says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.immutability import GROUP, TARGET_GROUP, TEMPLATE
from components.layouts import Plan, plan
from components.release import Release
from operations.drift.held import Held
from operations.drift.properties import Refreshed, properties
from operations.drift.words import at, property_words, value_words

RELEASE = Release(version="1.5.0", image="ami-0123456789abcdef0", instance_types=("t3.micro",), port=8080)
PLAN: Plan = plan("web", RELEASE)
NAME = PLAN.name
SERVICE = "urn:pulumi:dev::immutable::immutable:aws:Service::web"
FLEET = f"urn:pulumi:dev::immutable::immutable:aws:Service$immutable:aws:Fleet::{NAME}"
POLICY, RULE, SG = (
    "aws:autoscaling/policy:Policy",
    "aws:lb/listenerRule:ListenerRule",
    "aws:ec2/securityGroup:SecurityGroup",
)
KINDS = {TEMPLATE: "template", GROUP: "group", TARGET_GROUP: "target_group"}


def urn(type_: str, name: str = NAME) -> str:
    return f"urn:pulumi:dev::immutable::x${type_}::{name}"


def held() -> Held:
    """A state with one fleet of one service, and the stack's security group."""
    children = [(type_, NAME, FLEET) for type_ in KINDS] + [(RULE, f"{NAME}-preview", FLEET)]
    children += [(POLICY, NAME, SERVICE), (RULE, "web", SERVICE), (SG, "web", "")]
    own = [{"urn": SERVICE}, {"urn": FLEET, "parent": SERVICE}]
    return Held({"resources": [*own, *({"urn": urn(type_, name), "parent": up} for type_, name, up in children)]})


def inputs(type_: str) -> dict[str, Any]:
    """The inputs of one part of the fleet, as its release makes it; camelCase or not is the same to a digest."""
    return {**PLAN.literals[KINDS[type_]], "tags": {"immutable:digest": PLAN.digest_tags[KINDS[type_]]}}  # type: ignore[index]


def told(type_: str, paths: tuple[str, ...], old: Any, new: Any, name: str = NAME, op: str = "update") -> list[str]:
    found = properties([Refreshed(op, urn(type_, name), type_, old, new, paths)], held(), {NAME: PLAN}, "dev")
    return [f"{one.said} | {one.remedy}" for one in found]


BY_HAND = "Put it back by hand, as `pulumi up` refuses to change a fleet in place, or raise the release's `revision`"
UP = "`pulumi up --refresh --stack dev`"


def test_a_release_is_told_what_it_says_even_if_the_state_says_otherwise() -> None:
    good = inputs(TARGET_GROUP)
    other = {**good, "health_check": {**good["health_check"], "path": "/x"}}
    sentence = f"{NAME}: its target group's health check path is /x, the release says / | {BY_HAND}"
    assert told(TARGET_GROUP, ("healthCheck.path",), good, other) == [sentence]
    assert told(TARGET_GROUP, (), other, other, op="same") == [sentence]
    assert told(TARGET_GROUP, (), good, good, op="same") == []


def test_what_may_change_in_place_is_put_back_by_an_update_and_desired_capacity_is_scalings() -> None:
    good = {**inputs(GROUP), "maxSize": 8, "desiredCapacity": 2}
    other = {**good, "maxSize": 9, "desiredCapacity": 5}
    assert told(GROUP, ("maxSize", "desiredCapacity"), good, other) == [
        f"{NAME}: its Auto Scaling group's max size is 9, the last update left 8 | {UP} puts it back"
    ]


def test_what_is_no_part_of_a_release_and_may_not_change_in_place_is_put_back_by_hand() -> None:
    good = {**inputs(TEMPLATE), "vpcSecurityGroupIds": ["sg-1"]}
    other = {**good, "vpcSecurityGroupIds": ["sg-2"]}
    assert told(TEMPLATE, ("vpcSecurityGroupIds[0]",), good, other) == [
        f"{NAME}: its launch template's security groups are sg-2, the last update left sg-1 | {BY_HAND}"
    ]


@pytest.mark.parametrize(
    ("type_", "name", "sentence"),
    [
        (GROUP, NAME, f"{NAME}: its Auto Scaling group is gone | {UP} makes it again"),
        (RULE, f"{NAME}-preview", f"{NAME}: its preview rule is gone | {UP} makes it again"),
        (
            TEMPLATE,
            NAME,
            f"{NAME}: its launch template is gone | Raise the release's `revision`: what refers to it can't follow in "
            "place",
        ),
        (RULE, "web", f"listener rule web: it is gone | {UP} makes it again"),
        (SG, "web", f"security group web: it is gone | {UP} makes it again"),
    ],
)
def test_what_is_gone_is_told_with_what_makes_it_again(type_: str, name: str, sentence: str) -> None:
    assert told(type_, (), {}, {}, name, "delete") == [sentence]


def test_a_scaling_policy_is_its_fleets_and_the_gates_own_tag_is_nobodys() -> None:
    path = "targetTrackingConfiguration.targetValue"
    old, new = ({"targetTrackingConfiguration": {"targetValue": value}} for value in (50, 70))
    (sentence,) = told(POLICY, (path,), old, new)
    assert sentence == (
        f"{NAME}: its scaling policy's target tracking configuration target value is 70, the last update left 50 | "
        f"{UP} puts it back"
    )
    weighed = ("actions[0].forward.targetGroups[0].weight", 'tags["immutable:weights-since"]')
    assert told(RULE, weighed, {}, {}, "web") == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("healthCheck.path", "health check path"),
        ("mixedInstancesPolicy.launchTemplate.overrides[0].instanceType", "instance type"),
        ("mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version", "launch template version"),
        ("mixedInstancesPolicy.instancesDistribution.onDemandBaseCapacity", "on demand base capacity"),
        ('tags["immutable:release"]', "tag immutable:release"),
        ("tags.Name", "tag Name"),
        ("conditions[0].pathPattern.values[0]", "conditions path pattern values"),
    ],
)
def test_a_property_reads_in_the_fields_words(path: str, words: str) -> None:
    assert property_words(path) == words


def test_a_long_value_is_cut_and_user_data_is_told_by_its_sum() -> None:
    assert value_words("x", "a" * 200) == "a" * 79 + "…"
    assert value_words("userData", "IyEvYmluL3NoCg==") == "sha256 a8076d3d"
    assert value_words("x", None) == "nothing"


_KEYS = st.from_regex(r"[a-z][a-zA-Z:]{0,6}", fullmatch=True)


@given(st.lists(_KEYS | st.integers(0, 3), max_size=5), st.integers())
def test_any_path_leads_to_what_stands_there(steps: list[str | int], value: int) -> None:
    tree: Any = value
    for step in reversed(steps):
        tree = {step: tree} if isinstance(step, str) else [None] * step + [tree]
    path = "".join(f"[{step}]" if isinstance(step, int) else f'["{step}"]' for step in steps)
    assert at(tree, path) == value
    assert at(tree, f"{path}.missing") is None
