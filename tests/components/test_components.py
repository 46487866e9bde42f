"""What a fleet asks the engine for: its parts, their options, and what must never be among them."""

from __future__ import annotations

import pytest

from components.digest import Kind, digest_tag
from components.immutability import tags_of
from components.layouts import Plan
from tests.components.builders import release_entry, service_entry, settings
from tests.components.stack import Stack, stand_up

BY_KIND: dict[str, Kind] = {"LaunchTemplate": "template", "Group": "group", "TargetGroup": "target_group"}


# Fleets.


def test_each_release_has_its_own_template_group_and_target_group_named_by_it(
    stack: Stack, plans: dict[str, Plan]
) -> None:
    names = {one.name for one in plans.values()}
    assert {one.name for one in stack.of("LaunchTemplate")} == {one.name for one in stack.of("Group")} == names
    assert {one.name for one in stack.of("TargetGroup")} == names - {plans["2.0.0"].name}


def test_a_template_asks_for_imdsv2_and_for_encrypted_volumes_that_go_with_their_instance(stack: Stack) -> None:
    for template in stack.of("LaunchTemplate"):
        assert template.inputs["metadataOptions"]["httpTokens"] == "required"
        for mapping in template.inputs["blockDeviceMappings"]:
            assert mapping["ebs"]["encrypted"] == mapping["ebs"]["deleteOnTermination"] == "true"


def test_a_template_has_no_key_pair_and_no_instance_type_of_its_own(stack: Stack) -> None:
    for template in stack.of("LaunchTemplate"):
        assert {"keyName", "instanceType", "defaultVersion", "updateDefaultVersion"}.isdisjoint(template.inputs)


def test_a_template_gives_instances_the_services_profile_and_security_group(
    stack: Stack, plans: dict[str, Plan]
) -> None:
    template = stack.one("LaunchTemplate", plans["1.5.0"].name)
    assert template.inputs["iamInstanceProfile"] == {"arn": "arn:aws:iam/instanceProfile:InstanceProfile:shop"}
    assert template.inputs["vpcSecurityGroupIds"] == ["shop-id"]


def test_a_group_launches_a_numbered_version_of_its_own_template(stack: Stack) -> None:
    for group in stack.of("Group"):
        specification = group.inputs["mixedInstancesPolicy"]["launchTemplate"]["launchTemplateSpecification"]
        assert specification == {"launchTemplateId": f"{group.name}-id", "version": "1"}


def test_a_group_has_limits_and_never_a_desired_size_and_is_not_waited_for(stack: Stack) -> None:
    for group in stack.of("Group"):
        assert (group.inputs["minSize"], group.inputs["maxSize"]) == (2, 10)
        assert group.inputs["waitForCapacityTimeout"] == "0"
        assert {"desiredCapacity", "minElbCapacity", "waitForElbCapacity", "forceDelete"}.isdisjoint(group.inputs)


def test_with_a_surge_the_releases_share_the_minimum_by_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    releases = [release_entry(weight=93), release_entry(version="1.5.0", weight=7), release_entry(version="1.6.0")]
    for others, sizes in (([], [40]), ([7], [38, 3]), ([7, 0], [38, 3, 2])):
        listed = [{**one, "weight": weight} for one, weight in zip(releases, [93, *others], strict=False)]
        capacity = {"min": 40, "max": 90, "surge": "10%"}
        service = service_entry(releases=listed, capacity=capacity)
        groups = stand_up(settings({"services": {"shop": service}}), monkeypatch).of("Group")
        assert sorted((one.name[:10], one.inputs["minSize"], one.inputs["maxSize"]) for one in groups) == [
            (f"shop-{version}", size, 90) for version, size in zip(("1.4.2", "1.5.0", "1.6.0"), sizes, strict=False)
        ]


def test_a_group_is_judged_by_its_balancer_or_by_ec2_where_there_is_none(stack: Stack, plans: dict[str, Plan]) -> None:
    served, worker = stack.one("Group", plans["1.5.0"].name), stack.one("Group", plans["2.0.0"].name)
    assert served.inputs["healthCheckType"] == "ELB"
    assert served.inputs["targetGroupArns"] == [f"arn:aws:lb/targetGroup:TargetGroup:{served.name}"]
    assert worker.inputs["healthCheckType"] == "EC2"
    assert "targetGroupArns" not in worker.inputs


def test_a_group_stands_in_every_subnet(stack: Stack) -> None:
    assert all(one.inputs["vpcZoneIdentifiers"] == ["subnet-a", "subnet-b", "subnet-c"] for one in stack.of("Group"))


def test_nothing_has_a_fixed_name_and_short_prefixes_are_short(stack: Stack) -> None:
    assert [one.kind for one in stack if "name" in one.inputs] == []
    prefixed = "SecurityGroup", "LaunchTemplate", "Group", "TargetGroup", "LoadBalancer", "Role", "InstanceProfile"
    assert all(one.inputs["namePrefix"] for kind in prefixed for one in stack.of(kind))
    assert all(len(one.inputs["namePrefix"]) <= 6 for one in (*stack.of("TargetGroup"), *stack.of("LoadBalancer")))


def test_no_part_of_a_fleet_is_deleted_before_its_replacement_stands(stack: Stack) -> None:
    for kind in BY_KIND:
        for one in stack.of(kind):
            assert one.request.deleteBeforeReplaceDefined
            assert not one.request.deleteBeforeReplace


def test_each_part_carries_a_digest_that_whoever_sees_it_can_recompute(stack: Stack, plans: dict[str, Plan]) -> None:
    planned = {one.name: one for one in plans.values()}
    for kind, of in BY_KIND.items():
        for one in stack.of(kind):
            digest = tags_of(one.inputs)["immutable:digest"]
            assert digest == digest_tag(of, one.inputs) == planned[one.name].digest_tags[of]


def test_every_part_says_whose_it_is_and_instances_and_volumes_do_too(stack: Stack, plans: dict[str, Plan]) -> None:
    name = plans["1.5.0"].name
    said = {"immutable:service": "shop", "immutable:version": "1.5.0", "immutable:release": name}
    for kind in BY_KIND:
        assert said.items() <= tags_of(stack.one(kind, name).inputs).items()
    assert all(tag["propagateAtLaunch"] for tag in stack.one("Group", name).inputs["tags"])
    [volumes] = stack.one("LaunchTemplate", name).inputs["tagSpecifications"]
    assert volumes == {"resourceType": "volume", "tags": said}


# Hooks.


def test_every_part_of_a_fleet_refuses_mutation_and_replacement(stack: Stack) -> None:
    for kind in BY_KIND:
        for one in stack.of(kind):
            assert one.hooks("before_create") == ["immutable-note-creation"]
            assert one.hooks("before_update") == ["immutable-refuse-mutation"]
            assert one.hooks("before_delete")[0] == "immutable-refuse-replacement"


def test_a_group_goes_behind_the_guard_and_the_retire_gate(stack: Stack) -> None:
    for group in stack.of("Group"):
        assert group.hooks("before_delete")[1:] == ["immutable-guard-service", "immutable-retire-gate"]


def test_traffic_moves_behind_its_gate_and_ends_behind_the_guard(stack: Stack) -> None:
    rule = stack.one("ListenerRule", "shop")
    assert rule.hooks("before_create") == rule.hooks("before_update") == ["immutable-traffic-gate"]
    assert rule.hooks("before_delete") == ["immutable-guard-service", "immutable-note-end"]


def test_no_gate_is_an_after_hook(stack: Stack) -> None:
    after = {hook for one in stack for when in ("create", "update", "delete") for hook in one.hooks(f"after_{when}")}
    assert after == {"immutable-note-weights"}


# Options that would take the guarantees away.


def test_no_option_hides_a_change_or_turns_a_refusal_into_a_replacement(stack: Stack) -> None:
    for one in stack:
        noted = (
            ['tags["immutable:weights-since"]', 'tagsAll["immutable:weights-since"]']
            if one.kind.endswith(":ListenerRule")
            else []
        )
        assert list(one.request.ignoreChanges) in ([], noted)
        assert not one.request.replaceOnChanges
        assert not one.request.retainOnDelete


def test_children_belong_to_their_component(stack: Stack) -> None:
    custom = [one for one in stack if one.request.custom]
    assert all("immutable:aws:" in one.request.parent for one in custom)


# Tags.


def test_whatever_takes_tags_says_its_name_and_its_stack(stack: Stack) -> None:
    untagged = {"aws:autoscaling/policy:Policy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
    for one in stack:
        if one.kind.startswith("aws:") and one.kind not in untagged:
            said = {"Name": one.name, "immutable:stack": "immutable/prod"}
            assert said.items() <= tags_of(one.inputs).items(), one.kind
