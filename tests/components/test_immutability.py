"""What may change in place, what is refused, and how each refusal reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi._types import input_type_py_to_pulumi_names
from pulumi_policy.proxy import unknown_checking_proxy

from components.immutability import GROUP, TARGET_GROUP, TEMPLATE, Change, Immutability, MutationError, changes, tags_of
from tests.components.builders import edited

TAGS = {"immutable:service": "web", "immutable:release": "web-1.4.2-0a"}
WAY_OUT = "Put it back, or raise the release's `revision` to get a new fleet beside this one."
GONE_SERVICE = (
    "service web is no longer declared, and deleting web-1.4.2-0a would end it: an outage if it was renamed or removed "
    "by mistake. Put services.web back, or add web to `retired` if its end is meant."
)
STANDING: Mapping[str, dict[str, Any]] = {
    TEMPLATE: {
        "imageId": "ami-1",
        "namePrefix": "web-",
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 20.0, "encrypted": "true"}}],
        "iamInstanceProfile": {"arn": "arn:old"},
        "vpcSecurityGroupIds": ["sg-1"],
        "tags": TAGS,
    },
    GROUP: {
        "minSize": 2.0,
        "maxSize": 10.0,
        "mixedInstancesPolicy": {
            "launchTemplate": {
                "launchTemplateSpecification": {"launchTemplateId": "lt-1", "version": "1"},
                "overrides": [{"instanceType": "m7i.large"}],
            }
        },
        "vpcZoneIdentifiers": ["subnet-1", "subnet-2"],
        "waitForCapacityTimeout": "0",
        "tags": [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in TAGS.items()],
    },
    TARGET_GROUP: {"port": 8080.0, "protocol": "HTTP", "healthCheck": {"path": "/", "interval": 10.0}, "tags": TAGS},
}
"""The inputs of the resources of one fleet, as the engine hands them to a hook."""


def args(kind: str = GROUP, *, name: str = "web-1.4.2-0a", **sides: Any) -> pulumi.ResourceHookArgs:
    urn = f"urn:pulumi:prod::immutable::immutable:aws:Service$immutable:aws:Fleet${kind}::{name}"
    return pulumi.ResourceHookArgs(urn=urn, id="i", name=name, type=kind, **sides)


def immutability(*, declared: str = "web", retired: str = "", preview: bool = True) -> Immutability:
    return Immutability(frozenset(declared.split()), frozenset(retired.split()), preview)


async def refused(kind: str, edits: dict[str, Any]) -> str:
    """How an update of a standing resource by `edits` is refused."""
    old = STANDING[kind]
    with pytest.raises(MutationError) as caught:
        await immutability().refuse_mutation(args(kind, old_inputs=old, new_inputs=edited(old, edits)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "edits"),
    [
        (TEMPLATE, {"tags": {}}),
        (TEMPLATE, {"tagsAll": {"team": "shop"}}),
        (TARGET_GROUP, {"tags": {}}),
        (TARGET_GROUP, {"tagsAll": {"team": "shop"}}),
        (GROUP, {"minSize": 4.0}),
        (GROUP, {"maxSize": 40.0}),
        (GROUP, {"tags": []}),
        (GROUP, {"waitForCapacityTimeout": "1m"}),
        (GROUP, {"__defaults": ["name"]}),
        (GROUP, {"mixedInstancesPolicy.__defaults": []}),
    ],
)
async def test_sizes_and_tags_may_change_in_place(kind: str, edits: dict[str, Any]) -> None:
    old = STANDING[kind]
    await immutability().refuse_mutation(args(kind, old_inputs=old, new_inputs=edited(old, edits)))


@pytest.mark.parametrize(
    ("kind", "edits", "told"),
    [
        (TEMPLATE, {"imageId": "ami-2"}, "imageId from ami-1 to ami-2"),
        (TEMPLATE, {"namePrefix": "shop-"}, "namePrefix from web- to shop-"),
        (TEMPLATE, {"userData": "IyEvYmluL3No"}, "userData from nothing to IyEvYmluL3No"),
        (
            TEMPLATE,
            {"blockDeviceMappings[0].ebs.volumeSize": 40.0},
            "blockDeviceMappings[0].ebs.volumeSize from 20 to 40",
        ),
        (TEMPLATE, {"iamInstanceProfile.arn": "arn:new"}, "iamInstanceProfile.arn from arn:old to arn:new"),
        (TEMPLATE, {"vpcSecurityGroupIds": ["sg-2"]}, "vpcSecurityGroupIds[0] from sg-1 to sg-2"),
        (TEMPLATE, {"iamInstanceProfile": None}, "iamInstanceProfile from {'arn': 'arn:old'} to nothing"),
        (
            GROUP,
            {"mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version": "2"},
            "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version from 1 to 2",
        ),
        (
            GROUP,
            {"mixedInstancesPolicy.launchTemplate.overrides": []},
            "mixedInstancesPolicy.launchTemplate.overrides from [{'instanceType': 'm7i.large'}] to nothing",
        ),
        (
            GROUP,
            {"vpcZoneIdentifiers": ["subnet-1"]},
            "vpcZoneIdentifiers from ['subnet-1', 'subnet-2'] to ['subnet-1']",
        ),
        (GROUP, {"desiredCapacity": 4.0}, "desiredCapacity from nothing to 4"),
        (GROUP, {"healthCheckType": "EC2"}, "healthCheckType from nothing to EC2"),
        (TARGET_GROUP, {"port": 9090.0}, "port from 8080 to 9090"),
        (TARGET_GROUP, {"healthCheck.path": "/healthz"}, "healthCheck.path from / to /healthz"),
        (TARGET_GROUP, {"slowStart": 30.0}, "slowStart from nothing to 30"),
    ],
)
async def test_anything_else_is_refused_by_path_from_and_to(kind: str, edits: dict[str, Any], told: str) -> None:
    assert await refused(kind, edits) == f"web-1.4.2-0a must not change in place: {told}. {WAY_OUT}"


@pytest.mark.parametrize(
    ("kind", "inputs", "mutable"),
    [
        (TEMPLATE, aws.ec2.LaunchTemplateArgs, {"tags"}),
        (GROUP, aws.autoscaling.GroupArgs, {"minSize", "maxSize", "tags", "waitForCapacityTimeout"}),
        (TARGET_GROUP, aws.lb.TargetGroupArgs, {"tags"}),
    ],
)
def test_of_all_inputs_that_the_provider_knows_no_other_may_change(kind: str, inputs: type, mutable: set[str]) -> None:
    known = input_type_py_to_pulumi_names(inputs).values()
    assert {name for name in known if not changes(kind, {}, {name: "new"})} == mutable


async def test_every_change_is_told_at_once() -> None:
    assert await refused(TARGET_GROUP, {"port": 9090.0, "protocol": "HTTPS", "tags": {}}) == (
        "web-1.4.2-0a must not change in place: port from 8080 to 9090; protocol from HTTP to HTTPS. " + WAY_OUT
    )


async def test_what_is_not_known_yet_is_refused_too() -> None:
    assert await refused(TEMPLATE, {"vpcSecurityGroupIds[0]": pulumi.UNKNOWN}) == (
        f"web-1.4.2-0a must not change in place: vpcSecurityGroupIds[0] from sg-1 to a value not known yet. {WAY_OUT}"
    )


@pytest.mark.parametrize("kind", STANDING)
def test_the_same_values_in_another_guise_are_no_change(kind: str) -> None:
    guise = unknown_checking_proxy(STANDING[kind])
    assert changes(kind, STANDING[kind], guise) == []


def test_a_number_is_the_same_as_its_digits() -> None:
    assert changes(TARGET_GROUP, {"deregistrationDelay": 60.0}, {"deregistrationDelay": "60"}) == []
    assert changes(TARGET_GROUP, {"deregistrationDelay": 60.0}, {"deregistrationDelay": "61"}) == [
        Change("deregistrationDelay", "60", "61")
    ]


def test_tags_are_read_from_a_map_and_from_a_groups_list() -> None:
    assert tags_of(STANDING[TEMPLATE]) == tags_of(STANDING[GROUP]) == TAGS
    assert tags_of({}) == {}


async def test_a_replacement_inside_one_release_is_refused_in_a_preview() -> None:
    refusals = immutability()
    await refusals.note_creation(args(TEMPLATE, new_inputs={**STANDING[TEMPLATE], "namePrefix": "other-"}))
    with pytest.raises(MutationError) as caught:
        await refusals.refuse_replacement(args(TEMPLATE, old_inputs={**STANDING[TEMPLATE], "namePrefix": "web-"}))
    assert str(caught.value) == (
        "web-1.4.2-0a would be replaced inside release web-1.4.2-0a, and the old one destroyed under its own name: "
        f"namePrefix from web- to other-. {WAY_OUT}"
    )


async def test_a_replacement_that_was_asked_for_without_a_change_is_refused_too() -> None:
    refusals = immutability()
    await refusals.note_creation(args(TEMPLATE, new_inputs=STANDING[TEMPLATE]))
    with pytest.raises(MutationError, match="asked for by --replace or a dependency"):
        await refusals.refuse_replacement(args(TEMPLATE, old_inputs=STANDING[TEMPLATE]))


async def test_outside_a_preview_a_refused_replacement_would_wedge_the_stack_so_it_passes() -> None:
    refusals = immutability(preview=False)
    await refusals.note_creation(args(new_inputs=STANDING[GROUP]))
    await refusals.refuse_replacement(args(old_inputs=STANDING[GROUP]))


async def test_the_end_of_an_old_release_beside_a_new_one_is_no_replacement() -> None:
    refusals = immutability()
    await refusals.note_creation(args(name="web-1.5.0-0b", new_inputs=STANDING[GROUP]))
    await refusals.refuse_replacement(args(old_inputs=STANDING[GROUP]))


@pytest.mark.parametrize(("declared", "retired"), [("web", ""), ("shop", "web"), ("web shop", "")])
@pytest.mark.parametrize("kind", [TEMPLATE, GROUP])
async def test_a_service_that_is_declared_or_retired_may_lose_resources(kind: str, declared: str, retired: str) -> None:
    guard = immutability(declared=declared, retired=retired)
    await guard.guard_service(args(kind, old_inputs=STANDING[kind]))


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("kind", [TEMPLATE, GROUP])
async def test_a_service_that_vanished_is_guarded_in_previews_and_updates(kind: str, preview: bool) -> None:
    guard = immutability(declared="shop", retired="api", preview=preview)
    with pytest.raises(MutationError) as caught:
        await guard.guard_service(args(kind, old_inputs=STANDING[kind]))
    assert str(caught.value) == GONE_SERVICE
