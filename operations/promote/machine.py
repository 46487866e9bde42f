"""The machine image that is promoted: found in a region, and judged by what the policy pack asks of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from operations.cloud import Cloud
from operations.errors import OperationError
from policies.allowed import Allowed, Objection, tags_of, wrong

Described = Mapping[str, Any]
"""An image as EC2 describes it."""


@dataclass(frozen=True)
class Asked:
    """What an image is wanted for."""

    service: str
    version: str
    region: str
    instance_types: Sequence[str]
    allowed: Allowed


def choose(cloud: Cloud, asked: Asked, ids: Sequence[str] | None) -> Described:
    """The one image of these, or of those whose tags name the service and version, that may boot.

    Raises:
        OperationError: there is none, or more than one, or it may not; every reason with its way out.
    """
    ec2 = cloud.client("ec2")
    found = _by_id(ec2, asked, ids) if ids is not None else _by_tags(ec2, asked)
    machines = architectures(ec2, asked.instance_types)
    fitting = [one for one in found if one["Architecture"] in machines]
    if ids is not None and len(fitting) > 1:
        told = ", ".join(f"{one['ImageId']} ({one.get('Name', '')})" for one in fitting)
        raise OperationError(f"More than one image could be meant in {asked.region}: {told}. Name one with --build")
    image = max(fitting or found, key=lambda one: one["CreationDate"])
    account = cloud.client("sts").get_caller_identity()["Account"]
    if objections := list(judge(image, asked, machines, account, datetime.now(UTC))):
        raise OperationError("\n".join(f"{asked.region}: {one.reason}. {one.way_out}" for one in objections))
    return image


def judge(
    image: Described, asked: Asked, machines: Collection[str], account: str, now: datetime
) -> Iterator[Objection]:
    """What speaks against an image: the policy pack's reasons, and that it is another thing than was asked for."""
    yield from wrong(image, account, asked.allowed, now)
    name, tags = f"image {image['ImageId']} ({image.get('Name', 'without a name')})", tags_of(image)
    for key, wanted in (("service", asked.service), ("version", asked.version)):
        if tags.get(key, wanted) != wanted:
            yield Objection(f"{name} is of {key} {tags[key]}, not {wanted}", "Name the image that was built for it")
    if image["Architecture"] not in machines:
        yield Objection(
            f"{name} is for {image['Architecture']}, and {', '.join(asked.instance_types)} are "
            f"{', '.join(sorted(machines)) or 'no instance types'}",
            "Name an image of the same version for them, or change instance_types",
        )


def architectures(ec2: Any, instance_types: Sequence[str]) -> set[str]:
    """What boots on all of these types."""
    found = ec2.describe_instance_types(InstanceTypes=list(instance_types))["InstanceTypes"]
    supported = [{*one["ProcessorInfo"]["SupportedArchitectures"]} for one in found]
    return set[str].intersection(*supported) if supported else set()


def _by_id(ec2: Any, asked: Asked, ids: Sequence[str]) -> list[Described]:
    found = list[Described]()
    for one in ids:
        try:
            found += ec2.describe_images(ImageIds=[one], IncludeDeprecated=True, IncludeDisabled=True)["Images"]
        except ClientError as error:
            answer: Any = error.response
            if "InvalidAMIID" not in answer["Error"]["Code"]:
                raise
    if not found:
        told = ", ".join(ids) or "an image of the manifest"
        raise OperationError(
            f"{asked.region}: {told} is not there, or not for this account. An image is of one region: have Packer "
            f"copy it (ami_regions), or aws ec2 copy-image --region {asked.region} …"
        )
    return found


def _by_tags(ec2: Any, asked: Asked) -> list[Described]:
    tags = {"service": asked.service, "version": asked.version}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    every_state = {"IncludeDeprecated": True, "IncludeDisabled": True}
    pages = ec2.get_paginator("describe_images").paginate(
        Owners=list(asked.allowed.owners), Filters=filters, **every_state
    )
    found = [image for page in pages for image in page["Images"]]
    if not found:
        told = " and ".join(f"{key}={value}" for key, value in tags.items())
        raise OperationError(f"{asked.region}: no image has the tags {told}. Name one with --image, or --manifest")
    return found
