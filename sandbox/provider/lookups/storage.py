"""Buckets and file systems."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.provider import models
from sandbox.provider.lookup import Also, Found, Lookup, asked, moment, reading, tagged, tags

#: Zones of the buckets' website endpoints. Source: docs.aws.amazon.com/general/latest/gr/s3.html
_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-northeast-2": "Z3W03O7B5YMIYP",
    "ap-northeast-3": "Z2YQB5RD63NC85",
    "ap-south-1": "Z11RGJOFQNVJUP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29",
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
#: Regions whose website endpoints have a dash before the region. Source: as above, "Amazon S3 website endpoints".
_DASHED = "ap-northeast-1 ap-southeast-1 ap-southeast-2 eu-west-1 sa-east-1 us-east-1 us-gov-west-1 us-west-1 us-west-2"


def _bucket(found: Found) -> str:
    return found.arguments["bucket"]


def _suffix(found: Found) -> str:
    return models.endpoint_partition(found.aws.partition)["dnsSuffix"]


def _region(found: Found) -> str:
    """The bucket's own, which a bucket of us-east-1 doesn't tell."""
    return found.item["location"] or "us-east-1"


def _bucket_arn(found: Found) -> str:
    return f"arn:{found.aws.partition}:s3:::{_bucket(found)}"


def _domain_name(found: Found) -> str:
    return f"{_bucket(found)}.s3.{_suffix(found)}"


def _regional_domain_name(found: Found) -> str:
    return f"{_bucket(found)}.s3.{_region(found)}.{_suffix(found)}"


def _zone(found: Found) -> str | None:
    return _ZONES.get(_region(found))


def _website_domain(found: Found) -> str | None:
    if found.item["website"] is None:
        return None
    dash = "-" if _region(found) in _DASHED.split() else "."
    return f"s3-website{dash}{_region(found)}.{_suffix(found)}"


def _website_endpoint(found: Found) -> str | None:
    domain = _website_domain(found)
    return domain and f"{_bucket(found)}.{domain}"


def _file_system_name(found: Found) -> str:
    return f"{found.item['FileSystemId']}.efs.{found.aws.region}.{_suffix(found)}"


def _throughput(found: Found) -> float:
    return found.item.get("ProvisionedThroughputInMibps", 0.0)


#: Whether an object is one that people read. Source: `isContentTypeAllowed` of the real provider's
#: internal/service/s3/object_data_source.go
_TEXT = """(starts_with(ContentType || '', 'text/') || contains(`["application/atom+xml", "application/json",
    "application/ld+json", "application/x-csh", "application/x-httpd-php", "application/x-sh", "application/x-sql",
    "application/xhtml+xml", "application/xml", "application/yaml"]`, ContentType))"""
_OBJECT = {"Bucket": "asked.bucket", "Key": "asked.key", "VersionId": "VersionId"}
_RANGE = {"Range": "asked.range"}


def _object(found: Found) -> str:
    return f"{_bucket(found)}/{found.arguments['key'].removeprefix('/')}"


def _object_id(found: Found) -> str:
    version = found.arguments.get("versionId")
    return _object(found) + (f"@{version}" if version else "")


def _object_arn(found: Found) -> str:
    return f"arn:{found.aws.partition}:s3:::{_object(found)}"


def _body(found: Found) -> str | None:
    body = found.item.get("body")
    return body and body.read().decode(errors="replace")


def _body_base64(found: Found) -> str | None:
    body = found.item.get("base64")
    return body and base64.b64encode(body.read()).decode()


def _changed(found: Found) -> str:
    return found.item["LastModified"].strftime("%a, %d %b %Y %H:%M:%S %Z")


def _listed(found: Found) -> list[Any]:
    """No more than were asked for; the client asks for all pages."""
    contents: list[Any] = found.item.get("Contents") or []
    return contents[: int(found.arguments["maxKeys"])]


_POLICY = (
    "lifecycle[].{transitionToArchive: TransitionToArchive || '', transitionToIa: TransitionToIA || '', "
    "transitionToPrimaryStorageClass: TransitionToPrimaryStorageClass || ''}"
)

ROWS = (
    Lookup(
        "aws:s3/getBucket:getBucket",
        {
            "arn": _bucket_arn,
            "bucketDomainName": _domain_name,
            "bucketRegion": _region,
            "bucketRegionalDomainName": _regional_domain_name,
            "hostedZoneId": _zone,
            "id": _bucket,
            "websiteDomain": _website_domain,
            "websiteEndpoint": _website_endpoint,
        },
        service="s3",
        operation="HeadBucket",
        items="[@]",
        arguments={"bucket": "Bucket"},
        required=("bucket",),
        one=reading("S3 Bucket ({bucket})"),
        also=(
            Also("GetBucketLocation", {"Bucket": "asked.bucket"}, "LocationConstraint", "location"),
            Also("GetBucketWebsite", {"Bucket": "asked.bucket"}, "@", "website", optional=True),
        ),
    ),
    Lookup(
        "aws:s3/getObject:getObject",
        {
            "arn": _object_arn,
            "body": _body,
            "bodyBase64": _body_base64,
            "bucketKeyEnabled": "BucketKeyEnabled || `false`",
            "cacheControl": "CacheControl || ''",
            "checksumCrc32": "ChecksumCRC32 || ''",
            "checksumCrc32c": "ChecksumCRC32C || ''",
            "checksumCrc64nvme": "ChecksumCRC64NVME || ''",
            "checksumSha1": "ChecksumSHA1 || ''",
            "checksumSha256": "ChecksumSHA256 || ''",
            "contentDisposition": "ContentDisposition || ''",
            "contentEncoding": "ContentEncoding || ''",
            "contentLanguage": "ContentLanguage || ''",
            "contentLength": "ContentLength",
            "contentType": "ContentType",
            "etag": lambda found: found.item["ETag"].strip('"'),
            "expiration": "Expiration || ''",
            "expires": "ExpiresString || ''",
            "id": _object_id,
            "lastModified": _changed,
            "metadata": "Metadata",
            "objectLockLegalHoldStatus": "ObjectLockLegalHoldStatus || ''",
            "objectLockMode": "ObjectLockMode || ''",
            "objectLockRetainUntilDate": moment("ObjectLockRetainUntilDate"),
            "serverSideEncryption": "ServerSideEncryption || ''",
            "sseKmsKeyId": "SSEKMSKeyId || ''",
            "storageClass": "StorageClass || 'STANDARD'",
            "tags": tags,
            "versionId": "VersionId || ''",
            "websiteRedirectLocation": "WebsiteRedirectLocation || ''",
        },
        service="s3",
        operation="HeadObject",
        items="[@]",
        arguments={
            "bucket": "Bucket",
            "checksumMode": "ChecksumMode",
            "downloadBody": "",
            "key": "Key",
            "range": "Range",
            "tags": "",
            "versionId": "VersionId",
        },
        required=("bucket", "key"),
        one=reading("S3 Bucket ({bucket}) Object ({key})"),
        also=(
            Also("GetObjectTagging", _OBJECT, "TagSet", "Tags"),
            Also("GetObject", _OBJECT | _RANGE, "Body", "body", when=f"asked.downloadBody != 'false' && {_TEXT}"),
            Also("GetObject", _OBJECT | _RANGE, "Body", "base64", when="asked.downloadBody == 'true'"),
        ),
    ),
    Lookup(
        "aws:s3/getObjects:getObjects",
        {
            "commonPrefixes": "(CommonPrefixes || `[]`)[].Prefix",
            "id": _bucket,
            "keys": lambda found: [one["Key"] for one in _listed(found)],
            "maxKeys": asked("maxKeys"),
            "owners": lambda found: [one["Owner"]["ID"] for one in _listed(found) if "Owner" in one],
            "requestCharged": "RequestCharged || ''",
        },
        service="s3",
        operation="ListObjectsV2",
        arguments={
            "bucket": "Bucket",
            "delimiter": "Delimiter",
            "encodingType": "EncodingType",
            "fetchOwner": "FetchOwner",
            "maxKeys": "",
            "prefix": "Prefix",
            "requestPayer": "RequestPayer",
            "startAfter": "StartAfter",
        },
        required=("bucket",),
        defaults={"maxKeys": 1000},
    ),
    Lookup(
        "aws:efs/getFileSystem:getFileSystem",
        {
            "arn": "FileSystemArn",
            "availabilityZoneId": "AvailabilityZoneId",
            "availabilityZoneName": "AvailabilityZoneName",
            "creationToken": "CreationToken",
            "dnsName": _file_system_name,
            "encrypted": "Encrypted",
            "fileSystemId": "FileSystemId",
            "id": "FileSystemId",
            "kmsKeyId": "KmsKeyId",
            "lifecyclePolicies": _POLICY,
            "name": "Name",
            "performanceMode": "PerformanceMode",
            "protections": "[FileSystemProtection][?@].{replicationOverwrite: ReplicationOverwriteProtection}",
            "provisionedThroughputInMibps": _throughput,
            "sizeInBytes": "SizeInBytes.Value",
            "tags": tags,
            "throughputMode": "ThroughputMode",
        },
        service="efs",
        operation="DescribeFileSystems",
        items="FileSystems",
        arguments={"creationToken": "CreationToken", "fileSystemId": "FileSystemId", "tags": ""},
        choose=tagged,
        one="EFS file system",
        also=(
            Also("DescribeLifecycleConfiguration", {"FileSystemId": "FileSystemId"}, "LifecyclePolicies", "lifecycle"),
        ),
    ),
)
