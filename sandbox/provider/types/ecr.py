"""ECR: repositories of container images, and what is removed from them."""

from __future__ import annotations

from sandbox.provider.aws import Retry
from sandbox.provider.codec import JSON, SINGLE
from sandbox.provider.limits import among
from sandbox.provider.row import Call, Field, Naming, Read, Replace, Tagging, Type
from sandbox.provider.values import Values

_REPOSITORY = {"repositoryName": "{id}"}
_RULES = (
    (
        r"^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$",
        '"{name}" must be lower case letters, digits, and . _ - / between them: "{value}"',
    ),
)


def _with_images(parameters: Values, known: Values) -> None:
    parameters["force"] = bool(known.get("forceDelete", False))


# https://www.pulumi.com/registry/packages/aws/api-docs/ecr/repository/
REPOSITORY = Type(
    "aws:ecr/repository:Repository",
    "ecr",
    inputs={
        "encryptionConfigurations": Field(
            "encryptionConfiguration",
            replace=Replace.CHANGED,
            computed=True,
            codec=SINGLE,
        ),
        "forceDelete": Field(local=True),
        "imageScanningConfiguration": Field(
            "imageScanningConfiguration", computed=True, fields={"scanOnPush": Field("scanOnPush", required=True)}
        ),
        "imageTagMutability": Field("imageTagMutability", default="MUTABLE", limit=among("MUTABLE", "IMMUTABLE")),
        "name": Field("repositoryName", replace=Replace.CHANGED, computed=True),
    },
    outputs={"arn": "repositoryArn", "registryId": "registryId", "repositoryUrl": "repositoryUri"},
    create=Call("CreateRepository"),
    reads=(
        Read("DescribeRepositories", {"repositoryNames[0]": "{id}"}, "repositories[0]"),
        Read("ListTagsForResource", {"resourceArn": "{repositoryArn}"}, "@"),
    ),
    updates=(
        Call("PutImageTagMutability", _REPOSITORY),
        Call("PutImageScanningConfiguration", _REPOSITORY),
    ),
    delete=Call("DeleteRepository", _REPOSITORY, adjust=_with_images),
    id="repository.repositoryName",
    tags=Tagging(
        Call("TagResource", {"resourceArn": "{arn}"}),
        Call("UntagResource", {"resourceArn": "{arn}"}),
        keys="tagKeys",
        read="tags",
    ),
    naming=Naming(256, 0, _RULES, shortest=2),
    retries=(Retry("InvalidParameterException", 120, "KMS"),),
)

# A repository has one policy: deleting the old after the new is put would take the new one, too.
# https://github.com/pulumi/pulumi-aws/pull/2085
# https://www.pulumi.com/registry/packages/aws/api-docs/ecr/lifecyclepolicy/
LIFECYCLE_POLICY = Type(
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "ecr",
    inputs={
        "policy": Field("lifecyclePolicyText", codec=JSON, required=True, replace=Replace.CHANGED),
        "repository": Field("repositoryName", required=True, replace=Replace.CHANGED),
    },
    outputs={"registryId": "registryId"},
    create=Call("PutLifecyclePolicy"),
    reads=(Read("GetLifecyclePolicy", _REPOSITORY, "@"),),
    delete=Call("DeleteLifecyclePolicy", _REPOSITORY),
    id="repositoryName",
    delete_before_replace=True,
)

ROWS = (REPOSITORY, LIFECYCLE_POLICY)
