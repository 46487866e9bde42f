"""Prunes of a real sandbox cloud with 500 images and templates: exactly the right things go."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from operations.errors import OperationError
from operations.prune.plan import Act
from operations.prune.walk import Done
from sandbox import cloud
from tests.operations.prune_world import LATER, NOW, OTHER, Images, World, world_of
from tests.sandbox.cloud_world import error_of

pytestmark = pytest.mark.slow

CONFIGURED, UNNEEDED, TEMPLATES = 145, 65, 275


def by_group(world: World, template: str) -> None:
    world.group(LaunchTemplate={"LaunchTemplateId": template, "Version": "1"})


def by_an_override(world: World, template: str) -> None:
    first = {"LaunchTemplateSpecification": _version(world.template(FOREIGN, ours=False))}
    override = {"InstanceType": "t3.small", "LaunchTemplateSpecification": _version(template)}
    world.group(MixedInstancesPolicy={"LaunchTemplate": {**first, "Overrides": [override]}})


def by_an_instance_of_a_template(world: World, template: str) -> None:
    world.instance(LaunchTemplate=_version(template), SubnetId=world.subnets[0])


def by_a_fleet(world: World, template: str) -> None:
    world.ec2.create_fleet(
        LaunchTemplateConfigs=[
            {"LaunchTemplateSpecification": {"LaunchTemplateName": world.named(template), "Version": "1"}}
        ],
        TargetCapacitySpecification={"TotalTargetCapacity": 0, "DefaultTargetCapacityType": "on-demand"},
        Type="maintain",
    )


#: What may name a launch template, and so its image and that one's snapshot.
TEMPLATE_USERS = [by_group, by_an_override, by_an_instance_of_a_template, by_a_fleet]


def by_an_instance(world: World, image: str) -> None:
    world.instance(ImageId=image)


def by_a_stopped_instance(world: World, image: str) -> None:
    world.ec2.stop_instances(InstanceIds=[world.instance(ImageId=image)])


def by_a_launch_configuration(world: World, image: str) -> None:
    world.scaling.create_launch_configuration(
        LaunchConfigurationName=world.name("lc"), ImageId=image, InstanceType="t3.micro"
    )


def by_somebody_elses_template(world: World, image: str) -> None:
    world.template(image, ours=False)


def by_an_old_version_of_somebody_elses_template(world: World, image: str) -> None:
    template = world.template(image, ours=False)
    for _ in range(2):
        world.ec2.create_launch_template_version(
            LaunchTemplateId=template, LaunchTemplateData={"ImageId": FOREIGN, "InstanceType": "t3.micro"}
        )
    world.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")


def by_a_parameter(world: World, image: str) -> None:
    world.ssm.put_parameter(Name=f"/golden/{image}", Value=image, Type="String")


def by_a_list_in_a_parameter(world: World, image: str) -> None:
    world.ssm.put_parameter(Name=f"golden-{image}", Value=f"{FOREIGN},{image}", Type="StringList")


def by_an_old_version_of_a_parameter(world: World, image: str) -> None:
    name = f"/pinned/{image}"
    for value in (image, FOREIGN):
        world.ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    world.template(f"resolve:ssm:{name}:1", ours=False)


def by_a_copy_that_runs(world: World, image: str) -> None:
    copy = world.ec2.copy_image(SourceImageId=image, SourceRegion="eu-west-1", Name=world.name("copy"))["ImageId"]
    world.ec2.create_tags(Resources=[copy], Tags=[{"Key": "service", "Value": "web"}])
    by_an_instance(world, copy)


def by_another_account(world: World, image: str) -> None:
    world.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}]})


def by_everybody(world: World, image: str) -> None:
    world.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})


def by_somebody_who_protected_it(world: World, image: str) -> None:
    world.ec2.enable_image_deregistration_protection(ImageId=image)


#: What may name an image, or hold it.
IMAGE_USERS = [
    by_an_instance,
    by_a_stopped_instance,
    by_a_launch_configuration,
    by_somebody_elses_template,
    by_an_old_version_of_somebody_elses_template,
    by_a_parameter,
    by_a_list_in_a_parameter,
    by_an_old_version_of_a_parameter,
    by_a_copy_that_runs,
    by_another_account,
    by_everybody,
    by_somebody_who_protected_it,
]

FOREIGN = "ami-00000000000000001"
"""The first image of the seed: another service's."""


def _version(template: str) -> dict[str, str]:
    return {"LaunchTemplateId": template, "Version": "1"}


@dataclass
class Expected:
    """What the stacks name, and what is to be left after everything else is gone."""

    named: list[str]
    gone: set[str] = field(default_factory=set[str])


def images_that_only_their_tags_tell_apart(images: Images) -> None:
    assert images.new(tags={"service": "another"}) == FOREIGN
    images.new(owner=OTHER)
    images.new(created=NOW - timedelta(days=29))
    images.new(tags={"immutable:keep": "a museum piece"})
    images.new(tags={"aws:backup:source-resource": "i-1"})


def target_groups(world: World, expected: Expected) -> None:
    """Named by a rule, by a group, with a target, somebody else's; and one that nothing needs."""
    ruled, grouped, full, _ = *(world.target_group() for _ in range(3)), world.target_group(ours=False)
    world.rule(ruled)
    world.group(LaunchTemplate=_version(world.template(FOREIGN, ours=False)), TargetGroupARNs=[grouped])
    world.elb.register_targets(TargetGroupArn=full, Targets=[{"Id": world.instance(ImageId=FOREIGN)}])
    expected.gone.add(world.target_group())


def snapshots(world: World, expected: Expected) -> None:
    """Under two images of which one is needed, or is another service's; data; what an image left; under one alone."""
    shared, under_theirs, alone = (world.snapshot() for _ in range(3))
    world.registered(under_theirs, service="another")
    expected.named.append(world.registered(shared))
    expected.gone |= {world.registered(one) for one in (shared, under_theirs, alone)} | {alone}
    world.snapshot("nightly backup of web", service="web")
    expected.gone.add(world.snapshot("Created by CreateImage(i-0123) for ami-0000000000000dead", service="web"))


def test_of_500_images_and_templates_exactly_those_that_nothing_needs_go(quick_clouds: None, tmp_path: Path) -> None:
    images = Images()
    images_that_only_their_tags_tell_apart(images)
    expected = Expected(images.several(CONFIGURED))
    used, launched = ({use: images.new() for use in users} for users in (IMAGE_USERS, TEMPLATE_USERS))
    unneeded = images.several(UNNEEDED)
    with world_of(tmp_path, images) as world:
        for use, image in used.items():
            use(world, image)
        for use, image in launched.items():
            use(world, world.template(image))
        expected.gone |= {world.template(unneeded[number % UNNEEDED]) for number in range(TEMPLATES)}
        world.ec2.terminate_instances(InstanceIds=[world.instance(ImageId=unneeded[0])])
        expected.gone |= {*unneeded, *world.snapshots_of(*unneeded)}
        target_groups(world, expected)
        snapshots(world, expected)
        before = world.everything()
        assert len([one for one in before if one.startswith(("ami-", "lt-"))]) >= 500
        marked, unchanged = world.prune(NOW, *expected.named), world.everything()
        done = world.prune(LATER, *expected.named)
        assert [one.error for one in (*marked, *done) if one.error] == []
        assert unchanged == before
        assert before - world.everything() == expected.gone
        assert {one.action.item.id for one in done if one.action.act is Act.DELETE} == expected.gone
        assert protected(world) >= {*expected.named, *launched.values()}


def protected(world: World) -> set[str]:
    return {id_ for id_, one in world.images().items() if one["DeregistrationProtection"] != "disabled"}


# What happens meanwhile


@pytest.fixture(scope="module")
def images() -> Images:
    """Of a service each, so that no test prunes another's."""
    return Images()


@pytest.fixture(scope="module")
def world(quick_clouds: None, images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for service in SERVICES:
        for _ in range(3):
            images.new(tags={"service": service})
    with world_of(tmp_path_factory.mktemp("prune"), images) as world:
        yield world


SERVICES = ("between", "second", "third", "half", "throttled", "twice", "given back", "killed")


def images_of(world: World, service: str) -> set[str]:
    """Ids of those that still stand."""
    return {id_ for id_, one in world.images().items() if {"Key": "service", "Value": service} in one["Tags"]}


def keys(world: World, image: str) -> set[str]:
    return {tag["Key"] for tag in world.images()[image]["Tags"]}


def errors(done: list[Done]) -> list[tuple[str, str]]:
    return [(one.action.item.id, one.error) for one in done if one.error]


def test_what_comes_into_use_after_its_mark_stays_and_loses_it(world: World) -> None:
    one, *_ = sorted(images_of(world, "between"))
    world.prune(NOW, service="between")
    assert "immutable:unneeded-since" in keys(world, one)
    world.prune(LATER, one, service="between")
    assert images_of(world, "between") == {one}
    assert keys(world, one) == {"service"}


def test_what_comes_into_use_before_the_second_look_stays_and_boots_again(world: World) -> None:
    one, *_ = sorted(images_of(world, "second"))
    world.prune(NOW, service="second")

    def use() -> None:
        assert world.images()[one]["State"] == "disabled"
        by_a_parameter(world, one)

    world.prune(LATER, service="second", second=use)
    assert images_of(world, "second") == {one}
    assert world.images()[one]["State"] == "available"
    world.instance(ImageId=one)


def test_nothing_boots_from_an_image_between_the_second_look_and_its_deletion(world: World) -> None:
    one, *_ = sorted(images_of(world, "third"))
    world.prune(NOW, service="third")
    codes: list[str] = []

    def launch() -> None:
        with pytest.raises(ClientError) as caught:
            world.instance(ImageId=one)
        codes.append(error_of(caught.value)["Code"])

    world.prune(LATER, service="third", second=launch)
    assert codes == ["InvalidAMIID.Unavailable"]
    assert images_of(world, "third") == set()


def test_a_deletion_that_fails_is_told_and_the_rest_goes_on(world: World) -> None:
    one, other, _ = sorted(images_of(world, "half"))
    template, gone = world.template(one), world.template(other)
    world.prune(NOW, service="half")
    snapshot = world.snapshots_of(one)
    cloud.order_fault(world.directory, "DeleteLaunchTemplate", "error", times=3)
    done = world.prune(LATER, service="half")
    failed = dict(errors(done))
    assert failed.keys() == {template, one, *snapshot}
    assert "An internal error has occurred" in failed[template]
    assert failed[one] == f"launch template {world.named(template)} ({template}), which needs it, is still there"
    assert images_of(world, "half") == {one}
    assert world.images()[one]["State"] == "available"
    assert gone not in world.everything()
    assert errors(world.prune(LATER, service="half")) == []
    assert images_of(world, "half") == set()


def test_throttling_only_takes_longer(world: World) -> None:
    for operation in ("DescribeImages", "DescribeImageAttribute", "CreateTags"):
        cloud.order_fault(world.directory, operation, "throttle", times=2)
    assert errors(world.prune(NOW, service="throttled")) == []
    for operation in ("DisableImage", "DeregisterImage", "DeleteSnapshot"):
        cloud.order_fault(world.directory, operation, "throttle", times=2)
    assert errors(world.prune(LATER, service="throttled")) == []
    assert images_of(world, "throttled") == set()


def test_two_at_once_do_what_one_does(world: World) -> None:
    kept, *_ = sorted(images_of(world, "twice"))
    with ThreadPoolExecutor(2) as pool:
        for now in (NOW, LATER):
            runs = [pool.submit(world.prune, now, kept, service="twice") for _ in range(2)]
            assert [errors(run.result()) for run in runs] == [[], []]
    assert images_of(world, "twice") == {kept}
    assert world.images()[kept]["State"] == "available"


def test_if_the_second_look_fails_all_is_given_back(world: World) -> None:
    before = images_of(world, "given back")
    world.prune(NOW, service="given back")

    def fail() -> None:
        raise OperationError("Stack prod can't be read")

    with pytest.raises(OperationError, match="Stack prod can't be read"):
        world.prune(LATER, service="given back", second=fail)
    assert images_of(world, "given back") == before
    assert {world.images()[one]["State"] for one in before} == {"available"}


def test_what_a_killed_prune_left_disabled_is_given_back_or_deleted(world: World) -> None:
    needed, unneeded, _ = sorted(images_of(world, "killed"))
    world.prune(NOW, service="killed")

    def kill() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.prune(LATER, service="killed", second=kill)
    assert world.images()[needed]["State"] == world.images()[unneeded]["State"] == "disabled"
    assert errors(world.prune(LATER, needed, service="killed")) == []
    assert images_of(world, "killed") == {needed}
    assert world.images()[needed]["State"] == "available"
