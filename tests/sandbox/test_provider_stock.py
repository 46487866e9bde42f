"""What the examples of pulumi_aws's documentation say of types that this project uses otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.provider.values import Values
from tests.sandbox.provider_world import BALANCER, LISTENER, ROLE, SECURITY_GROUP, TARGET_GROUP, World


def _steady(world: World, token: str, **inputs: Any) -> Values:
    """The state of a resource that is made so, and that neither a preview nor a refresh changes."""
    made = world.make(token, **inputs)
    asked = {**world.inputs_of(token), **inputs}
    wanted = {key: one for key, one in asked.items() if one is not None}
    assert not world.client.diff(made, wanted).detailed
    state = dict(made.state)
    world.client.refresh(made)
    assert made.state == state
    assert not world.client.diff(made, wanted).detailed
    return made.state


def _policy(action: str) -> str:
    statement = {"Action": [action], "Effect": "Allow", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_inline_policies_of_a_role_are_told_in_the_programs_order(world: World) -> None:
    policies = [{"name": name, "policy": _policy(f"{name}:*")} for name in ("s3", "ec2", "sqs")]
    assert _steady(world, ROLE, inlinePolicies=policies)["inlinePolicies"] == policies


def test_an_empty_inline_policy_says_that_there_is_to_be_none(world: World, boto: Any) -> None:
    role = _steady(world, ROLE, inlinePolicies=[{}])["name"]
    boto("iam").put_role_policy(RoleName=role, PolicyName="strange", PolicyDocument=_policy("s3:*"))
    world.client.refresh(world.one(ROLE))
    world.client.update(world.one(ROLE), **world.inputs_of(ROLE), inlinePolicies=[{}])
    assert boto("iam").list_role_policies(RoleName=role)["PolicyNames"] == []


def test_nothing_leaves_a_new_group_by_ipv6_either(world: World, boto: Any) -> None:
    vpc = boto("ec2").create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    assert _steady(world, SECURITY_GROUP, vpcId=vpc)["egress"] == []


def test_the_health_of_a_target_group_is_an_attribute_each(world: World, boto: Any) -> None:
    health = {
        "dnsFailover": {"minimumHealthyTargetsCount": "1", "minimumHealthyTargetsPercentage": "off"},
        "unhealthyStateRouting": {"minimumHealthyTargetsCount": 2, "minimumHealthyTargetsPercentage": "off"},
    }
    states = [{"enableUnhealthyConnectionTermination": False, "unhealthyDrainingInterval": 9}]
    said = {"protocol": "TCP", "targetGroupHealth": health, "targetHealthStates": states}
    made = _steady(world, TARGET_GROUP, **said)
    told = boto("elbv2").describe_target_group_attributes(TargetGroupArn=made["arn"])["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in told}
    assert attributes["target_group_health.unhealthy_state_routing.minimum_healthy_targets.count"] == "2"
    assert attributes["target_health_state.unhealthy.connection_termination.enabled"] == "false"
    assert attributes["target_health_state.unhealthy.draining_interval_seconds"] == "9"


@pytest.mark.parametrize("kind", ["privateIpv4Address", "allocationId"])
def test_a_network_balancers_addresses_are_told(world: World, boto: Any, kind: str) -> None:
    ec2 = boto("ec2")
    block = ec2.describe_subnets(SubnetIds=world.subnets[:1])["Subnets"][0]["CidrBlock"].rpartition(".")[0]
    value = f"{block}.77" if kind[0] == "p" else ec2.allocate_address(Domain="vpc")["AllocationId"]
    mappings = [{"subnetId": world.subnets[0], kind: value}]
    said = {"loadBalancerType": "network", "subnetMappings": mappings, "subnets": None, "securityGroups": None}
    assert _steady(world, BALANCER, **said)["subnetMappings"][0][kind] == value


def test_a_listener_validates_tokens(world: World) -> None:
    claims = [{"format": "string-array", "name": "scope", "values": ["a", "b"]}]
    issued = {"issuer": "https://example.com", "jwksEndpoint": "https://example.com/keys", "additionalClaims": claims}
    forward = {"type": "forward", "targetGroupArn": world.one(TARGET_GROUP).id}
    actions = [{"type": "jwt-validation", "jwtValidation": issued}, forward]
    assert _steady(world, LISTENER, defaultActions=actions)["defaultActions"][0]["jwtValidation"] == issued
