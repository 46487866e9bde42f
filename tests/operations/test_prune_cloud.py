"""Prunes of a real sandbox cloud with 500 images and templates: exactly the right things go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from operations.prune.plan import Act
from tests.operations.prune_world import LATER, NOW, OTHER, Images, World, world_of

pytestmark = pytest.mark.slow

CONFIGURED, UNNEEDED, TEMPLATES = 140, 130, 200


def by_group(world: World, template: str) -> None:
    world.group(LaunchTemplate={"LaunchTemplateId": template, "Version": "1"})


def by_an_override(world: World, template: str) -> None:
    first = {"LaunchTemplateSpecification": _version(world.template(FOREIGN, ours=False))}
    override = {"InstanceType": "t3.small", "LaunchTemplateSpecification": _version(template)}
    world.group(MixedInstancesPolicy={"LaunchTemplate": {**first, "Overrides": [override]}})


def by_an_instance_of_a_template(world: World, template: str) -> None:
    world.instance(LaunchTemplate=_version(template), SubnetId=world.subnets[0])


def by_a_fleet(world: World, template: str) -> None:
    name = world.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"][0]["LaunchTemplateName"]
    world.ec2.create_fleet(
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": {"LaunchTemplateName": name, "Version": "1"}}],
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


def test_of_500_images_and_templates_exactly_those_that_nothing_needs_go(tmp_path: Path) -> None:
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
