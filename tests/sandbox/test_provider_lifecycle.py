"""Every type through its life, against the sandbox's cloud: created, unchanged, drifted, imported, gone."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.provider.encode import fill
from sandbox.provider.types import TYPES
from sandbox.provider.values import Values, is_list, is_object
from tests.sandbox.provider_client import Client, Resource, unknowns
from tests.sandbox.provider_data import VERSIONING
from tests.sandbox.provider_world import (
    GROUP,
    ROLE,
    RULE,
    SECURITY_GROUP,
    TARGET_GROUP,
    World,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=TYPES, ids=lambda token: token.rpartition(":")[2])
def token(request: pytest.FixtureRequest) -> str:
    """Each type."""
    return request.param


@dataclass(frozen=True)
class Made:
    """A resource, and the inputs it was made with."""

    resource: Resource
    inputs: Values


@contextlib.contextmanager
def _made(world: World, token: str, inputs: Values) -> Generator[Made]:
    resource = world.client.create(token, "web", **inputs)
    yield Made(resource, inputs)
    world.client.delete(resource)


@pytest.fixture(scope="module")
def little(lasting: World, token: str) -> Iterator[Made]:
    """A resource of the type with the least said; it is deleted before there is one with much."""
    with _made(lasting, token, lasting.inputs_of(token)) as made:
        yield made


@pytest.fixture(scope="module")
def much(lasting: World, token: str) -> Iterator[Made]:
    """A resource of the type with much said."""
    with _made(lasting, token, lasting.rich_inputs_of(token)) as made:
        yield made


def _assert_no_difference(client: Client, made: Made) -> None:
    resource = made.resource
    assert client.diff(resource, made.inputs).detailed == {}
    before = dict(resource.state), dict(resource.inputs)
    assert client.refresh(resource)
    assert (resource.state, resource.inputs) == before
    assert client.diff(resource, made.inputs).detailed == {}


def test_what_was_just_made_with_little_shows_no_difference_before_or_after_a_refresh(
    client: Client, little: Made
) -> None:
    _assert_no_difference(client, little)


def test_deleting_what_is_gone_already_succeeds_and_a_refresh_sees_that_it_is_gone(
    client: Client, little: Made
) -> None:
    client.delete(little.resource)
    # What has been versioned stays so: its versioning is suspended, not gone.
    assert client.refresh(little.resource) is (little.resource.token == VERSIONING)
    client.delete(little.resource)


def test_what_was_just_made_with_much_shows_no_difference_before_or_after_a_refresh(client: Client, much: Made) -> None:
    _assert_no_difference(client, much)


def test_what_exists_can_be_imported_by_its_id(client: Client, token: str, much: Made) -> None:
    made, inputs = much.resource, dict(much.inputs)
    imported = client.import_(token, "web", fill(TYPES[token].imported, {**made.state, "id": made.id}))
    assert imported.id == made.id
    if rules := TYPES[token].naming:
        inputs |= {rules.prefix: None, rules.name: made.state[rules.name]}
    wanted = {key: value for key, value in inputs.items() if value is not None}
    # The provider's own settings lie nowhere in AWS, and what it is imported as is its default.
    own = {name for name, field in TYPES[token].inputs.items() if field.local}
    differing = client.diff(imported, wanted).detailed
    assert {path for path in differing if path not in own} == set()


def test_a_preview_knows_what_was_asked_for_and_leaves_open_what_aws_decides(
    client: Client, lasting: World, token: str
) -> None:
    inputs = lasting.rich_inputs_of(token)
    properties = client.preview(token, "web", **inputs)
    assert set(TYPES[token].outputs) <= unknowns(properties)
    assert not unknowns(properties) & set(inputs)


DRIFTS: list[tuple[str, str, str, dict[str, Any], str]] = [
    (GROUP, "autoscaling", "update_auto_scaling_group", {"AutoScalingGroupName": "{id}", "MaxSize": 9}, "maxSize"),
    (
        TARGET_GROUP,
        "elbv2",
        "modify_target_group",
        {"TargetGroupArn": "{id}", "HealthCheckPath": "/x"},
        "healthCheck.path",
    ),
    (
        TARGET_GROUP,
        "elbv2",
        "modify_target_group_attributes",
        {"TargetGroupArn": "{id}", "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "9"}]},
        "deregistrationDelay",
    ),
    (RULE, "elbv2", "set_rule_priorities", {"RulePriorities": [{"RuleArn": "{id}", "Priority": 99}]}, "priority"),
    (
        ROLE,
        "iam",
        "update_role",
        {"RoleName": "{id}", "Description": "other", "MaxSessionDuration": 3600},
        "description",
    ),
    (
        SECURITY_GROUP,
        "ec2",
        "create_tags",
        {"Resources": ["{id}"], "Tags": [{"Key": "by", "Value": "hand"}]},
        "tagsAll",
    ),
    (
        TARGET_GROUP,
        "elbv2",
        "add_tags",
        {"ResourceArns": ["{id}"], "Tags": [{"Key": "team", "Value": "x"}]},
        "tags.team",
    ),
]


@pytest.mark.parametrize(("token", "service", "operation", "parameters", "path"), DRIFTS, ids=lambda one: str(one)[:40])
def test_a_refresh_brings_back_what_was_changed_by_hand_and_an_update_puts_it_right(
    world: World, boto: Any, token: str, service: str, operation: str, parameters: dict[str, Any], path: str
) -> None:
    inputs = world.rich_inputs_of(token)
    resource = world.client.create(token, "web", **inputs)
    world.made.append(resource)
    getattr(boto(service), operation)(**_filled(parameters, resource.id))
    assert world.client.refresh(resource)
    assert path in world.client.diff(resource, inputs).detailed
    world.client.update(resource, **inputs)
    world.client.refresh(resource)
    assert world.client.diff(resource, inputs).detailed == {}


def _filled(value: Any, id_: str) -> Any:
    if is_object(value):
        return {key: _filled(item, id_) for key, item in value.items()}
    if is_list(value):
        return [_filled(item, id_) for item in value]
    return id_ if value == "{id}" else value


def test_default_tags_reach_every_tagged_type_but_not_the_group(address: str) -> None:
    client = Client(address, defaultTags='{"tags": {"owner": "ops", "team": "default"}}')
    world = World(client)
    try:
        role = world.make(ROLE, tags={"team": "web"})
        assert role.state["tags"] == {"team": "web"}
        assert role.state["tagsAll"] == {"owner": "ops", "team": "web"}
        group = world.make(GROUP, tags=[{"key": "a", "value": "b", "propagateAtLaunch": True}])
        assert [tag["key"] for tag in group.state["tags"]] == ["a"]
        client.refresh(role)
        assert client.diff(role, {**world.inputs_of(ROLE), "tags": {"team": "web"}}).detailed == {}
    finally:
        world.clear()
        client.channel.close()


def test_a_resource_can_stand_in_another_region(world: World, boto: Any) -> None:
    group = world.make(SECURITY_GROUP, description="elsewhere", region="us-east-1")
    assert group.state["region"] == "us-east-1"
    assert ":us-east-1:" in group.state["arn"]
    assert group.id not in [one["GroupId"] for one in boto("ec2").describe_security_groups()["SecurityGroups"]]
    moved = world.client.diff(group, {"description": "elsewhere"})
    assert "region" in moved.replaces
