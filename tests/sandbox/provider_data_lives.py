"""What becomes of a resource that keeps data: a change for every input."""

from __future__ import annotations

from typing import Any

from tests.sandbox.provider_data import (
    ACCESS_POINT,
    BUCKET,
    FILE_SYSTEM,
    LIFECYCLE_POLICY,
    MOUNT_TARGET,
    REPOSITORY,
    TABLE,
    VERSIONING,
    expiring,
)
from tests.sandbox.provider_lives import Life

_NAMES = {"id": "S", "at": "N", "user": "S"}
_ATTRIBUTES = [{"name": name, "type": kind} for name, kind in _NAMES.items()]
_BY_USER: dict[str, Any] = {
    "name": "user", "hashKey": "user", "rangeKey": "at", "projectionType": "ALL", "readCapacity": 2, "writeCapacity": 2
}  # fmt: skip

DATA_LIVES = (
    Life(
        FILE_SYSTEM,
        {
            "lifecyclePolicies": [{"transitionToIa": "AFTER_7_DAYS"}],
            "provisionedThroughputInMibps": 16,
            "throughputMode": "elastic",
            "tags": {"team": "files"},
        },
        {
            "availabilityZoneName": "eu-west-1a",
            "creationToken": "others",
            "encrypted": False,
            "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1",
            "performanceMode": "maxIO",
        },
    ),
    Life(
        MOUNT_TARGET,
        {"securityGroups": ["{other security group}"]},
        {"fileSystemId": "fs-1", "ipAddress": "172.31.0.77", "subnetId": "subnet-1"},
    ),
    Life(
        ACCESS_POINT,
        {"tags": {"team": "files"}},
        {
            "fileSystemId": "fs-1",
            "posixUser": {"gid": 7, "uid": 7},
            "rootDirectory": {"path": "/other"},
        },
    ),
    Life(
        REPOSITORY,
        {
            "imageScanningConfiguration": {"scanOnPush": False},
            "imageTagMutability": "MUTABLE",
            "tags": {"team": "images"},
        },
        {"encryptionConfigurations": [{"encryptionType": "KMS"}], "name": "team/other"},
    ),
    Life(LIFECYCLE_POLICY, {}, {"policy": expiring(30), "repository": "other"}),
    Life(BUCKET, {"tags": {"team": "files"}}, {"bucket": "another-of-the-team", "objectLockEnabled": True}),
    Life(
        VERSIONING,
        {"versioningConfiguration": {"status": "Suspended"}},
        {"bucket": "another-of-the-team", "expectedBucketOwner": "123456789012"},
    ),
    Life(
        TABLE,
        {
            "billingMode": "PAY_PER_REQUEST",
            "deletionProtectionEnabled": True,
            "globalSecondaryIndexes": [{**_BY_USER, "name": "by-user"}],
            "pointInTimeRecovery": {"enabled": False},
            "readCapacity": 3,
            "serverSideEncryption": {"enabled": True},
            "streamEnabled": False,
            "streamViewType": "KEYS_ONLY",
            "tableClass": "STANDARD_INFREQUENT_ACCESS",
            "tags": {"team": "orders"},
            "ttl": {"attributeName": "until", "enabled": False},
            "writeCapacity": 3,
        },
        {
            "hashKey": "at",
            "localSecondaryIndexes": [{"name": "other", "rangeKey": "at", "projectionType": "ALL"}],
            "name": "others",
            "rangeKey": "at",
        },
        {"tableClass": "STANDARD"},
    ),
)
