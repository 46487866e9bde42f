"""What AWS does with images and moto alone does not: it holds in the sandbox's cloud only."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cloud_truths_operations import a_name
from tests.sandbox.cloud_world import World, refused


def _image(world: World, snapshot: str | None = None, **settings: Any) -> str:
    """A new image's id; over a snapshot if one is given."""
    if snapshot:
        settings["BlockDeviceMappings"] = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}]
    return world.ec2.register_image(Name=a_name("image"), RootDeviceName="/dev/xvda", **settings)["ImageId"]


def _told(world: World, image: str) -> dict[str, Any]:
    (told,) = world.ec2.describe_images(ImageIds=[image], IncludeDisabled=True)["Images"]
    return told


def _snapshot(world: World) -> str:
    volume = world.ec2.create_volume(Size=8, AvailabilityZone="eu-west-1a")["VolumeId"]
    return world.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]


def a_protected_image_is_not_deregistered(world: World) -> None:
    image = _image(world)
    assert _told(world, image)["DeregistrationProtection"] == "disabled"
    world.ec2.enable_image_deregistration_protection(ImageId=image)
    assert _told(world, image)["DeregistrationProtection"] == "enabled-without-cooldown"
    with refused("OperationNotPermitted"):
        world.ec2.deregister_image(ImageId=image)
    world.ec2.disable_image_deregistration_protection(ImageId=image)
    world.ec2.deregister_image(ImageId=image)


def nothing_boots_from_a_disabled_image(world: World) -> None:
    image = _image(world)
    template = {"LaunchTemplateId": world.template(image)}
    world.ec2.disable_image(ImageId=image)
    with refused("InvalidAMIID.Unavailable"):
        world.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
    with refused("InvalidAMIID.Unavailable"):
        world.ec2.run_instances(LaunchTemplate=template, MinCount=1, MaxCount=1)
    world.ec2.enable_image(ImageId=image)
    world.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)


def a_group_launches_nothing_from_a_disabled_image(world: World) -> None:
    image = _image(world)
    group = world.group(0, world.template(image))
    world.ec2.disable_image(ImageId=image)
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    assert world.instances(group) == []


def a_disabled_image_is_private_and_shown_only_if_asked_for(world: World) -> None:
    image = _image(world)
    world.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": "999999999999"}]})
    world.ec2.disable_image(ImageId=image)
    assert world.ec2.describe_images(ImageIds=[image])["Images"] == []
    assert _told(world, image)["State"] == "disabled"
    told = world.ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")
    assert told["LaunchPermissions"] == []


def an_images_deprecation_is_told(world: World) -> None:
    image = _image(world)
    world.ec2.enable_image_deprecation(ImageId=image, DeprecateAt="2026-01-01T00:00:00Z")
    assert _told(world, image)["DeprecationTime"] == "2026-01-01T00:00:00.000Z"


def a_registered_image_keeps_its_tags_and_architecture(world: World) -> None:
    tags = [{"ResourceType": "image", "Tags": [{"Key": "service", "Value": "web"}]}]
    told = _told(world, _image(world, Architecture="arm64", TagSpecifications=tags))
    assert (told["Architecture"], told["Tags"]) == ("arm64", [{"Key": "service", "Value": "web"}])


def a_snapshot_lives_as_long_as_any_image_over_it(world: World) -> None:
    snapshot = _snapshot(world)
    images = [_image(world, snapshot) for _ in range(2)]
    for image in images:
        with refused("InvalidSnapshot.InUse"):
            world.ec2.delete_snapshot(SnapshotId=snapshot)
        world.ec2.deregister_image(ImageId=image)
    world.ec2.delete_snapshot(SnapshotId=snapshot)


def an_image_that_is_gone_has_no_attributes(world: World) -> None:
    image = _image(world)
    world.ec2.deregister_image(ImageId=image)
    with refused("InvalidAMIID.NotFound"):
        world.ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")


def snapshots_are_told_by_owner(world: World) -> None:
    own, snapshot = world.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"], _snapshot(world)
    assert {one["OwnerId"] for one in own} <= {"123456789012"}
    assert world.ec2.describe_snapshots(OwnerIds=["999999999999"])["Snapshots"] == []
    assert snapshot in [one["SnapshotId"] for one in world.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]]


def a_copy_tells_what_it_was_copied_from(world: World) -> None:
    image = _image(world)
    copy = world.ec2.copy_image(SourceImageId=image, SourceRegion="eu-west-1", Name=a_name("copy"))["ImageId"]
    assert (_told(world, copy)["SourceImageId"], _told(world, copy)["SourceImageRegion"]) == (image, "eu-west-1")


def templates_and_their_versions_are_told_page_by_page(world: World) -> None:
    template = world.template()
    for _ in range(16):
        world.template()
        world.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"KernelId": "aki-1"})
    pages = world.ec2.get_paginator("describe_launch_template_versions").paginate(LaunchTemplateId=template)
    numbers = [one["VersionNumber"] for page in pages for one in page["LaunchTemplateVersions"]]
    assert sorted(numbers) == [*range(1, 18)]
    answers = [*world.ec2.get_paginator("describe_launch_templates").paginate(PaginationConfig={"PageSize": 10})]
    assert len(answers) > 1
    found = [one["LaunchTemplateId"] for page in answers for one in page["LaunchTemplates"]]
    assert len(found) == len({*found}) > 16


TRUTHS = [
    a_protected_image_is_not_deregistered,
    nothing_boots_from_a_disabled_image,
    a_group_launches_nothing_from_a_disabled_image,
    a_disabled_image_is_private_and_shown_only_if_asked_for,
    an_images_deprecation_is_told,
    a_registered_image_keeps_its_tags_and_architecture,
    a_snapshot_lives_as_long_as_any_image_over_it,
    an_image_that_is_gone_has_no_attributes,
    snapshots_are_told_by_owner,
    a_copy_tells_what_it_was_copied_from,
    templates_and_their_versions_are_told_page_by_page,
]
