"""Every type through its life, against the sandbox's cloud: created, unchanged, drifted, imported, gone."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.encode import fill
from sandbox.provider.types import TYPES
from sandbox.provider.values import is_list, is_object
from tests.sandbox.provider_client import Client, RefusedError, unknowns
from tests.sandbox.provider_operations import COMPOSITE
from tests.sandbox.provider_world import (
    ATTACHMENT,
    BALANCER,
    EGRESS,
    GROUP,
    INGRESS,
    LISTENER,
    PROFILE,
    ROLE,
    RULE,
    SECURITY_GROUP,
    TARGET_GROUP,
    TEMPLATE,
    World,
)

_MISSING = pytest.mark.xfail(reason="the sandbox's cloud has no composite alarms", strict=True)
EVERY_TYPE = pytest.mark.parametrize(
    "token",
    [pytest.param(token, marks=_MISSING if token == COMPOSITE else ()) for token in TYPES],
    ids=[token.rpartition(":")[2] for token in TYPES],
)


@EVERY_TYPE
@pytest.mark.parametrize("amount", ["little", "much"])
def test_what_was_just_made_shows_no_difference_before_or_after_a_refresh(
    world: World, token: str, amount: str
) -> None:
    inputs = world.inputs_of(token) if amount == "little" else world.rich_inputs_of(token)
    resource = world.client.create(token, "web", **inputs)
    world.made.append(resource)
    assert world.client.diff(resource, inputs).detailed == {}
    made = dict(resource.state), dict(resource.inputs)
    assert world.client.refresh(resource)
    assert (resource.state, resource.inputs) == made
    assert world.client.diff(resource, inputs).detailed == {}


@EVERY_TYPE
def test_deleting_what_is_gone_already_succeeds_and_a_refresh_sees_that_it_is_gone(world: World, token: str) -> None:
    resource = world.make(token)
    world.made.remove(resource)
    world.client.delete(resource)
    assert not world.client.refresh(resource)
    world.client.delete(resource)


@EVERY_TYPE
def test_what_exists_can_be_imported_by_its_id(world: World, token: str) -> None:
    inputs = world.rich_inputs_of(token)
    made = world.client.create(token, "web", **inputs)
    world.made.append(made)
    imported = world.client.import_(token, "web", fill(TYPES[token].imported, {**made.state, "id": made.id}))
    assert imported.id == made.id
    inputs = {**inputs, "namePrefix": None, **({"name": made.state["name"]} if "name" in made.state else {})}
    wanted = {key: value for key, value in inputs.items() if value is not None}
    # The provider's own settings lie nowhere in AWS, and what it is imported as is its default.
    own = {name for name, field in TYPES[token].inputs.items() if field.local}
    differing = world.client.diff(imported, wanted).detailed
    assert {path for path in differing if path not in own} == set()


@pytest.mark.parametrize("token", TYPES, ids=lambda token: token.rpartition(":")[2])
def test_a_preview_knows_what_was_asked_for_and_leaves_open_what_aws_decides(world: World, token: str) -> None:
    inputs = world.rich_inputs_of(token)
    properties = world.client.preview(token, "web", **inputs)
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


def test_a_security_group_lets_nothing_out_unless_told(world: World, boto: Any) -> None:
    group = world.make(SECURITY_GROUP)
    (told,) = boto("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert told["IpPermissionsEgress"] == []
    world.make(EGRESS)
    (told,) = boto("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert [rule["IpProtocol"] for rule in told["IpPermissionsEgress"]] == ["-1"]


def test_rules_inside_a_security_group_change_one_by_one(world: World, boto: Any) -> None:
    rule = {"protocol": "tcp", "toPort": 80, "fromPort": 80, "cidrBlocks": ["10.0.0.0/8"]}
    other = {**rule, "fromPort": 443, "toPort": 443}
    group = world.make(SECURITY_GROUP, ingress=[rule])
    world.client.update(group, ingress=[other])
    (told,) = boto("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert [one["FromPort"] for one in told["IpPermissions"]] == [443]


def test_a_rule_of_a_security_group_changes_in_place_unless_its_kind_of_source_does(world: World) -> None:
    rule = world.make(INGRESS)
    inputs = world.inputs_of(INGRESS)
    assert world.client.diff(rule, {**inputs, "cidrIpv4": "192.168.0.0/16"}).replaces == set()
    other = {key: value for key, value in inputs.items() if key != "cidrIpv4"}
    assert world.client.diff(rule, {**other, "cidrIpv6": "::/0"}).replaces == {"cidrIpv4", "cidrIpv6"}
    world.client.update(rule, **{**inputs, "toPort": 90})
    assert rule.state["toPort"] == 90


def test_weights_of_a_rule_move_with_one_call(world: World, boto: Any) -> None:
    other = world.make(TARGET_GROUP, "other")
    first = world.one(TARGET_GROUP)

    def actions(one: int, two: int) -> list[Any]:
        groups = [{"arn": first.id, "weight": one}, {"arn": other.id, "weight": two}]
        return [{"type": "forward", "forward": {"targetGroups": groups}}]

    rule = world.make(RULE, actions=actions(100, 0))
    inputs = {**world.inputs_of(RULE), "actions": actions(10, 90)}
    assert set(world.client.diff(rule, inputs).detailed) == {
        "actions[0].forward.targetGroups[0].weight",
        "actions[0].forward.targetGroups[1].weight",
    }
    world.client.update(rule, **inputs)
    (told,) = boto("elbv2").describe_rules(RuleArns=[rule.id])["Rules"]
    assert [one["Weight"] for one in told["Actions"][0]["ForwardConfig"]["TargetGroups"]] == [10, 90]
    # A set has no order.
    swapped = [
        {"type": "forward", "forward": {"targetGroups": list(reversed(actions(10, 90)[0]["forward"]["targetGroups"]))}}
    ]
    assert world.client.diff(rule, {**inputs, "actions": swapped}).detailed == {}


def test_a_rule_without_a_priority_goes_behind_the_others(world: World) -> None:
    assert world.make(RULE, priority=10).state["priority"] == 10
    assert world.make(RULE).state["priority"] == 11


def test_a_rule_gets_another_priority_in_place(world: World) -> None:
    rule = world.make(RULE, priority=10)
    planned = world.client.diff(rule, {**world.inputs_of(RULE), "priority": 20})
    assert planned.detailed == {"priority": "UPDATE"}
    assert planned.replaces == set()
    world.client.update(rule, **{**world.inputs_of(RULE), "priority": 20})
    assert rule.state["priority"] == 20


def test_what_fails_after_the_creation_keeps_the_id_and_the_next_update_goes_on(world: World, boto: Any) -> None:
    missing = "no-such-role"
    with pytest.raises(RefusedError, match=missing) as failed:
        world.client.create(PROFILE, "web", role=missing)
    partial = failed.value.partial
    assert partial.id.startswith("web-")
    assert next(iter(partial.reasons)).startswith("iam:AddRoleToInstanceProfile: NoSuchEntity")
    assert "role" not in partial.properties.fields
    profile = world.client.import_(PROFILE, "web", partial.id)
    world.made.append(profile)
    role = world.one(ROLE).state["name"]
    assert "role" in world.client.diff(profile, {"name": partial.id, "role": role}).detailed
    world.client.update(profile, name=partial.id, role=role)
    told = boto("iam").get_instance_profile(InstanceProfileName=partial.id)["InstanceProfile"]
    assert [one["RoleName"] for one in told["Roles"]] == [role]
    world.made.reverse()


def test_a_role_in_use_by_a_profile_can_be_deleted(world: World) -> None:
    world.make(PROFILE)
    role = world.one(ROLE)
    world.client.delete(role)
    assert not world.client.refresh(role)


def test_an_attachment_is_named_by_role_and_policy(world: World) -> None:
    attachment = world.make(ATTACHMENT)
    assert attachment.id == f"{attachment.inputs['role']}/{attachment.inputs['policyArn']}"
    planned = world.client.diff(
        attachment, {**attachment.inputs, "policyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}
    )
    assert planned.replaces == {"policyArn"}
    assert planned.delete_before_replace


def test_a_balancer_and_its_listener_change_in_place(world: World, boto: Any) -> None:
    target, balancer = world.make(TARGET_GROUP), world.make(BALANCER)
    listener = world.make(LISTENER)
    inputs = {**world.inputs_of(BALANCER), "subnets": world.subnets, "idleTimeout": 90}
    planned = world.client.diff(balancer, inputs)
    assert set(planned.detailed) == {"subnets[2]", "idleTimeout"}
    assert not planned.replaces
    world.client.update(balancer, **inputs)
    assert sorted(balancer.state["subnets"]) == sorted(world.subnets)
    assert balancer.state["idleTimeout"] == 90
    forward = [{"type": "forward", "targetGroupArn": target.id}]
    world.client.update(listener, **{**world.inputs_of(LISTENER), "defaultActions": forward})
    (told,) = boto("elbv2").describe_listeners(ListenerArns=[listener.id])["Listeners"]
    assert told["DefaultActions"][0]["TargetGroupArn"] == target.id


def test_a_preview_of_new_data_leaves_the_latest_version_open(world: World) -> None:
    template = world.make(TEMPLATE)
    inputs = {**world.inputs_of(TEMPLATE), "instanceType": "t3.small"}
    assert world.client.diff(template, inputs).detailed == {"instanceType": "UPDATE", "latestVersion": "UPDATE"}
    properties = world.client.preview_update(template, **inputs)
    assert unknowns(properties) == {"latestVersion"}
    assert (properties["defaultVersion"], properties["instanceType"]) == (1, "t3.small")


def test_a_template_in_the_state_knows_its_versions(world: World, boto: Any) -> None:
    template = world.make(TEMPLATE)
    assert (template.state["latestVersion"], template.state["defaultVersion"]) == (1, 1)
    world.client.update(template, **{**world.inputs_of(TEMPLATE), "instanceType": "t3.small"})
    assert (template.state["latestVersion"], template.state["defaultVersion"]) == (2, 1)
    world.client.update(
        template, **{**world.inputs_of(TEMPLATE), "instanceType": "t3.large", "updateDefaultVersion": True}
    )
    assert (template.state["latestVersion"], template.state["defaultVersion"]) == (3, 3)
    versions = boto("ec2").describe_launch_template_versions(LaunchTemplateId=template.id)["LaunchTemplateVersions"]
    data = {one["VersionNumber"]: one["LaunchTemplateData"] for one in versions}
    assert [data[number]["InstanceType"] for number in (1, 2, 3)] == ["t3.micro", "t3.small", "t3.large"]
    assert all(one["ImageId"] == template.state["imageId"] for one in data.values())
