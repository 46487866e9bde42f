"""S3: buckets and their versioning."""

from __future__ import annotations

from typing import Any

from sandbox.provider.aws import Retry
from sandbox.provider.limits import among
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_BUCKET = {"Bucket": "{id}"}
_RULES = (
    (
        r"^[a-z0-9][a-z0-9.-]+[a-z0-9]$",
        'validating S3 Bucket (name): only lowercase alphanumeric characters, hyphens and dots allowed in "{value}"',
    ),
)
#: Where S3 keeps what an alias record has to name.
#: https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints
_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}


def _place(step: Step, parameters: Values) -> None:
    """S3 wants the region named, except for its first."""
    if step.aws.region != "us-east-1":
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": step.aws.region}


def _empty(step: Step) -> None:
    """A bucket with anything in it can't be deleted; with `forceDestroy` it is emptied first."""
    if not step.old.get("forceDestroy"):
        return
    told = step.aws.call("s3", "ListObjectVersions", {"Bucket": step.id})
    found: list[Any] = [*(told.get("Versions") or []), *(told.get("DeleteMarkers") or [])]
    for start in range(0, len(found), 1000):
        keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found[start : start + 1000]]
        step.aws.call("s3", "DeleteObjects", {"Bucket": step.id, "Delete": {"Objects": keys, "Quiet": True}})


def _region(live: Live) -> str:
    return live.answer.get("LocationConstraint") or "us-east-1"


def _arn(live: Live) -> str:
    return f"arn:{live.aws.partition}:s3:::{live.id}"


def _locks(live: Live) -> bool:
    told: Values = live.answer.get("lock") or {}
    return told.get("ObjectLockEnabled") == "Enabled"


def _absent(_live: Live) -> None:
    """Only a bucket that serves a website has it."""


# https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/
BUCKET = Type(
    "aws:s3/bucket:Bucket",
    "s3",
    inputs={
        "bucket": Field("Bucket", read=lambda live: live.id, replace=Replace.CHANGED, computed=True),
        "bucketPrefix": Field(local=True, replace=Replace.CHANGED),
        "forceDestroy": Field(local=True, default=False),
        "objectLockEnabled": Field(
            "ObjectLockEnabledForBucket", read=_locks, kind=bool, replace=Replace.CHANGED, computed=True
        ),
    },
    outputs={
        "arn": _arn,
        "bucketDomainName": lambda live: f"{live.id}.s3.amazonaws.com",
        "bucketRegion": _region,
        "bucketRegionalDomainName": lambda live: f"{live.id}.s3.{_region(live)}.amazonaws.com",
        "hostedZoneId": lambda live: _ZONES.get(_region(live)),
        "websiteDomain": _absent,
        "websiteEndpoint": _absent,
    },
    create=Call("CreateBucket"),
    reads=(
        Read("GetBucketLocation", _BUCKET, "@"),
        Read("GetBucketTagging", _BUCKET, "{Tags: TagSet}", optional=True),
        Read("GetObjectLockConfiguration", _BUCKET, "ObjectLockConfiguration", under="lock", optional=True),
    ),
    delete=Call("DeleteBucket", _BUCKET),
    id="Bucket",
    tags=Tagging(Call("PutBucketTagging", _BUCKET), Call("DeleteBucketTagging", _BUCKET), whole="Tagging.TagSet"),
    naming=Naming(63, 37, _RULES, shortest=3, name="bucket", prefix="bucketPrefix"),
    exclusive=(("bucket", "bucketPrefix"),),
    retries=(Retry("OperationAborted", 120),),
    before_create=(_place,),
    before_delete=(_empty,),
)


def _stop(parameters: Values, _known: Values) -> None:
    """What was versioned once can't be unversioned: it stops making new versions."""
    parameters["VersioningConfiguration"] = {"Status": "Suspended"}


# https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketversioning/
BUCKET_VERSIONING = Type(
    "aws:s3/bucketVersioning:BucketVersioning",
    "s3",
    inputs={
        "bucket": Field("Bucket", read=lambda live: live.id, required=True, replace=Replace.CHANGED),
        "expectedBucketOwner": Field(replace=Replace.CHANGED, unread=True),
        "mfa": Field("MFA", unread=True),
        "versioningConfiguration": Field(
            required=True,
            read="Versioning",
            fields={
                "mfaDelete": Field("MFADelete", computed=True, limit=among("Enabled", "Disabled")),
                "status": Field(required=True, limit=among("Enabled", "Suspended")),
            },
        ),
    },
    outputs={},
    create=Call("PutBucketVersioning"),
    reads=(Read("GetBucketVersioning", _BUCKET, "{Versioning: @}"),),
    updates=(Call("PutBucketVersioning", _BUCKET, whole=True),),
    delete=Call("PutBucketVersioning", _BUCKET, adjust=_stop),
    id="Bucket",
    retries=(Retry("NoSuchBucket", 60),),
)

ROWS = (BUCKET, BUCKET_VERSIONING)
