"""Whether what a release boots is still there: its machine image, and its container where ECR keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from components.release import Release
from operations.cloud import Cloud

Described = Mapping[str, str]
"""An image as EC2 describes it."""

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^@]+)@(sha256:[0-9a-f]{64})")


def described(cloud: Cloud, releases: Iterable[Release]) -> list[Described]:
    """The images of these releases that are visible, as EC2 describes them.

    Raises:
        ClientError, BotoCoreError: AWS can't be asked.
    """
    wanted = [{"Name": "image-id", "Values": sorted({one.image for one in releases})}]
    pages = cloud.client("ec2").get_paginator("describe_images")
    found = pages.paginate(Filters=wanted, IncludeDeprecated=True, IncludeDisabled=True)
    return [one for page in found for one in page["Images"]]


def missing(images: Iterable[Described], releases: Iterable[Release], profile: str | None) -> dict[str, str]:
    """By label, what of a release can't be had any more and why. Containers of other registries are not looked for.

    Raises:
        ClientError, BotoCoreError: a registry can't be asked.
    """
    states = {one["ImageId"]: str(one.get("State", "available")) for one in images}
    problems: dict[str, str] = {}
    for one in releases:
        image, container = states.get(one.image), _ECR.fullmatch(one.container or "")
        if image is None:
            problems[one.label] = f"its image {one.image} is gone, or no longer ours to use"
        elif image != "available":
            problems[one.label] = f"its image {one.image} is {image}"
        elif container and not _in_registry(profile, *container.groups()):
            problems[one.label] = f"its container {one.container} is gone"
    return problems


def deprecated(images: Iterable[Described], releases: Iterable[Release]) -> list[str]:
    """Those whose image is past the date from which it should not be used."""
    wanted = {one.image: one.label for one in releases}
    now = datetime.now(UTC).isoformat()
    return [
        f"{wanted[one['ImageId']]}: its image {one['ImageId']} is deprecated since {one['DeprecationTime'][:10]}"
        for one in images
        if one.get("DeprecationTime", "9") < now
    ]


def _in_registry(profile: str | None, account: str, region: str, name: str, digest: str) -> bool:
    client = Cloud(region, profile).client("ecr")
    try:
        client.describe_images(registryId=account, repositoryName=name, imageIds=[{"imageDigest": digest}])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return False
        raise
    return True
