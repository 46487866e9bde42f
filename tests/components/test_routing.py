"""What stands around the fleets: rules, listeners, security groups, the role and scaling."""

from __future__ import annotations

import pytest

from components.layouts import Plan
from components.rules import preview_priority
from tests.components.builders import CERTIFICATE, JOBS, service_entry, settings
from tests.components.stack import Stack, stand_up

# Rules and listeners.


def test_each_release_has_a_preview_rule_which_its_group_waits_for(stack: Stack, plans: dict[str, Plan]) -> None:
    for label in ("1.4.2", "1.5.0"):
        name = plans[label].name
        rule, target_group = stack.one("ListenerRule", f"{name}-preview"), stack.one("TargetGroup", name)
        assert rule.inputs["priority"] == preview_priority(name)
        assert rule.inputs["conditions"] == [
            {"httpHeader": {"httpHeaderName": "X-Immutable-Release", "values": [name]}}
        ]
        assert rule.inputs["actions"] == [{"type": "forward", "targetGroupArn": f"arn:{target_group.kind}:{name}"}]
        assert f"{rule.kind}::{rule.name}" in stack.one("Group", name).depends_on


def test_the_traffic_rule_has_the_weights_and_waits_for_every_fleet(stack: Stack, plans: dict[str, Plan]) -> None:
    rule = stack.one("ListenerRule", "shop")
    [action] = rule.inputs["actions"]
    assert {one["arn"].rpartition(":")[2]: one["weight"] for one in action["forward"]["targetGroups"]} == {
        plans["1.4.2"].name: 90,
        plans["1.5.0"].name: 10,
    }
    assert rule.inputs["priority"] == 49_100
    assert {f"aws:autoscaling/group:Group::{plans[label].name}" for label in ("1.4.2", "1.5.0")} <= rule.depends_on


def test_what_no_rule_claims_is_answered_with_503(stack: Stack) -> None:
    for listener in stack.of("Listener"):
        [action] = listener.inputs["defaultActions"]
        assert action["type"] == "fixed-response"
        assert action["fixedResponse"]["statusCode"] == "503"


def test_with_a_certificate_services_answer_on_https_and_http_redirects_there(stack: Stack) -> None:
    https, redirect = stack.one("Listener", "https"), stack.one("ListenerRule", "to-https")
    assert (https.inputs["port"], https.inputs["protocol"], https.inputs["certificateArn"]) == (
        443,
        "HTTPS",
        CERTIFICATE,
    )
    assert redirect.inputs["listenerArn"] == "arn:aws:lb/listener:Listener:http"
    assert redirect.inputs["actions"] == [
        {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
    ]
    rules = [one for one in stack.of("ListenerRule") if one is not redirect]
    assert {one.inputs["listenerArn"] for one in rules} == {"arn:aws:lb/listener:Listener:https"}


def test_without_a_certificate_there_is_http_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stand_up(settings(), monkeypatch)
    assert [one.name for one in stack.of("Listener")] == ["http"]
    assert "to-https" not in [one.name for one in stack.of("ListenerRule")]
    assert [one.inputs["fromPort"] for one in stack.of("SecurityGroupIngressRule") if "cidrIpv4" in one.inputs] == [80]


def test_the_balancer_stands_in_one_subnet_a_zone(stack: Stack) -> None:
    assert stack.one("LoadBalancer").inputs["subnets"] == ["subnet-a", "subnet-b"]


# The network and the role.


def test_only_the_balancer_may_reach_instances_and_on_their_ports_alone(stack: Stack) -> None:
    rules = [one.inputs for one in stack.of("SecurityGroupIngressRule") if "cidrIpv4" not in one.inputs]
    group = stack.one("LoadBalancer").inputs["securityGroups"]
    assert {(one["securityGroupId"], one["fromPort"], one["toPort"]) for one in rules} == {
        ("shop-id", 8080, 8080),
        ("shop-id", 9090, 9090),
    }
    assert [[one["referencedSecurityGroupId"]] for one in rules] == [group, group]


def test_a_service_may_have_any_name_that_the_config_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("balancer", "router", "network", "http", "https", "to-https", "sg", "a", "a-b-c-d", "z" * 31)
    services = {
        name: service_entry(route={"priority": place, "paths": [f"/{name}"]}) for place, name in enumerate(names, 1)
    }
    stack = stand_up(settings({"services": services}), monkeypatch)
    urns = [(one.request.parent.rpartition("::")[0], one.kind, one.name) for one in stack]
    assert len(set(urns)) == len(urns)
    assert [one for one in stack.of("SecurityGroup") if one.inputs["namePrefix"].startswith("sg-")] == []
    assert {len(one.inputs["namePrefix"]) for one in stack.of("TargetGroup")} <= set(range(2, 7))
    assert max(len(one.inputs["namePrefix"]) for one in stack.of("Role")) <= 38


def test_the_role_has_the_services_policies_and_is_for_instances(stack: Stack) -> None:
    attachment = stack.one("RolePolicyAttachment")
    assert attachment.inputs == {
        "role": "shop-physical",
        "policyArn": "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
    }
    assert all('"ec2.amazonaws.com"' in one.inputs["assumeRolePolicy"] for one in stack.of("Role"))


# Scaling.


def test_requests_are_scaled_by_target_and_held_while_two_releases_stand(stack: Stack, plans: dict[str, Plan]) -> None:
    for label in ("1.4.2", "1.5.0"):
        name = plans[label].name
        policy = stack.one("Policy", name)
        tracking = policy.inputs["targetTrackingConfiguration"]
        assert tracking == {
            "predefinedMetricSpecification": {
                "predefinedMetricType": "ALBRequestCountPerTarget",
                "resourceLabel": f"suffix/router/suffix/{name}",
            },
            "targetValue": 3000,
            "disableScaleIn": True,
        }
        assert policy.inputs["autoscalingGroupName"] == f"{name}-physical"
        assert "aws:lb/listenerRule:ListenerRule::shop" in policy.depends_on


def test_a_release_that_stands_alone_scales_in_too(stack: Stack, plans: dict[str, Plan]) -> None:
    assert stack.one("Policy", plans["2.0.0"].name).inputs["targetTrackingConfiguration"] == {
        "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"},
        "targetValue": 60,
        "disableScaleIn": False,
    }


# Without a balancer.


def test_workers_alone_have_no_balancer_and_nothing_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stand_up(settings({"services": {"jobs": JOBS}}), monkeypatch)
    assert [one.kind for one in stack if one.kind.startswith("aws:lb/")] == []
    assert stack.of("SecurityGroupIngressRule") == []
    assert stack.of("Group")
