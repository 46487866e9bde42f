"""What single types do in a way of their own, against the sandbox's cloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.provider.types import TYPES
from tests.sandbox.provider_client import RefusedError, unknowns
from tests.sandbox.provider_world import (
    ATTACHMENT,
    BALANCER,
    EGRESS,
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


def test_what_fails_after_the_creation_keeps_the_id_and_the_next_update_goes_on(
    world: World, boto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The role might be a new one: the real provider waits two minutes for it.
    monkeypatch.setitem(TYPES, PROFILE, replace(TYPES[PROFILE], retries=(), awaited_s=0))
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
    role = world.make(ROLE)
    world.make(PROFILE)
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
