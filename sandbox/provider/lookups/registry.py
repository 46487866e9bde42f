"""Container registries: repositories, images, and what one logs in with."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.provider.lookup import Also, Found, Lookup, Words, here, moment, reading, tags
from sandbox.provider.lookups.images import ONE_IMAGE
from sandbox.provider.values import Values


def _newest_first(images: list[Any]) -> list[Any]:
    return sorted(images, key=lambda image: image["imagePushedAt"], reverse=True)


def _newest_tags(found: Found) -> list[str] | None:
    images = _newest_first(found.item["images"] or [])
    return images[0].get("imageTags") if images else None


def _newest(images: list[Any], arguments: Values) -> list[Any]:
    return _newest_first(images)[:1] if arguments.get("mostRecent") else images


def _pushed_at(found: Found) -> int:
    return int(found.item["imagePushedAt"].timestamp())


def _uri(found: Found) -> str:
    return f"{found.item['repository']}@{found.item['imageDigest']}"


def _login(found: Found) -> list[str]:
    """The name and the password that the token holds."""
    return base64.b64decode(found.item["authorizationToken"]).decode().split(":", 1)


_REPOSITORY = {"repositoryName": "repositoryName", "registryId": "registryId"}

ROWS = (
    Lookup(
        "aws:ecr/getRepository:getRepository",
        {
            "arn": "repositoryArn",
            "encryptionConfigurations": (
                "[encryptionConfiguration][?@].{encryptionType: encryptionType, kmsKey: kmsKey || ''}"
            ),
            "id": "repositoryName",
            "imageScanningConfigurations": "[imageScanningConfiguration][?@].{scanOnPush: scanOnPush}",
            "imageTagMutability": "imageTagMutability",
            "imageTagMutabilityExclusionFilters": (
                "(imageTagMutabilityExclusionFilters || `[]`)[].{filter: filter, filterType: filterType}"
            ),
            "mostRecentImageTags": _newest_tags,
            "name": "repositoryName",
            "registryId": "registryId",
            "repositoryUrl": "repositoryUri",
            "tags": tags,
        },
        service="ecr",
        operation="DescribeRepositories",
        items="repositories",
        arguments={"name": "repositoryNames[0]", "registryId": "registryId", "tags": ""},
        required=("name",),
        one=reading("ECR Repository ({name})"),
        also=(
            Also("ListTagsForResource", {"resourceArn": "repositoryArn"}, "tags", "Tags"),
            Also("DescribeImages", _REPOSITORY, "imageDetails", "images"),
        ),
    ),
    Lookup(
        "aws:ecr/getImage:getImage",
        {
            "id": "imageDigest",
            "imageDigest": "imageDigest",
            "imagePushedAt": _pushed_at,
            "imageSizeInBytes": "imageSizeInBytes",
            "imageTags": "imageTags || `[]`",
            "imageUri": _uri,
            "registryId": "registryId",
            "repositoryName": "repositoryName",
        },
        service="ecr",
        operation="DescribeImages",
        items="imageDetails",
        arguments={
            "imageDigest": "imageIds[0].imageDigest",
            "imageTag": "imageIds[0].imageTag",
            "mostRecent": "",
            "registryId": "registryId",
            "repositoryName": "repositoryName",
        },
        required=("repositoryName",),
        exclusive=(("mostRecent", "imageDigest"), ("mostRecent", "imageTag")),
        any_of=(("imageDigest", "imageTag", "mostRecent"),),
        choose=_newest,
        one=Words(ONE_IMAGE.none, ONE_IMAGE.several, "reading ECR Images: {error}"),
        also=(
            Also(
                "DescribeRepositories",
                {"repositoryNames[0]": "repositoryName", "registryId": "registryId"},
                "repositories[0].repositoryUri",
                "repository",
            ),
        ),
    ),
    Lookup(
        "aws:ecr/getImages:getImages",
        {"imageIds": "[].{imageDigest: imageDigest, imageTag: imageTag || ''}"},
        service="ecr",
        operation="ListImages",
        items="imageIds",
        arguments={"registryId": "registryId", "repositoryName": "repositoryName"},
        required=("repositoryName",),
    ),
    Lookup(
        "aws:ecr/getRepositories:getRepositories",
        {"id": here, "names": "[].repositoryName"},
        service="ecr",
        operation="DescribeRepositories",
        items="repositories",
    ),
    Lookup(
        "aws:ecr/getAuthorizationToken:getAuthorizationToken",
        {
            "authorizationToken": "authorizationToken",
            "expiresAt": moment("expiresAt"),
            "id": here,
            "password": lambda found: _login(found)[1],
            "proxyEndpoint": "proxyEndpoint",
            "userName": lambda found: _login(found)[0],
        },
        service="ecr",
        operation="GetAuthorizationToken",
        items="authorizationData[0]",
        arguments={"registryId": "registryIds[0]"},
    ),
)
