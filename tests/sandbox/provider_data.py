"""Valid inputs for the types that keep data: file systems, registries, buckets, tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.provider.values import Values

if TYPE_CHECKING:
    from tests.sandbox.provider_world import World

FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"
MOUNT_TARGET = "aws:efs/mountTarget:MountTarget"
ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"
REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE_POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
TABLE = "aws:dynamodb/table:Table"

TAGS = {"team": "web", "a.b:c": "d e"}


def expiring(days: int) -> str:
    """A lifecycle policy of a repository."""
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def little(world: World, token: str) -> Values:
    """The least that creates a resource of the type."""
    match token:
        case "aws:efs/mountTarget:MountTarget":
            return {"fileSystemId": world.one(FILE_SYSTEM).id, "subnetId": world.subnets[0]}
        case "aws:efs/accessPoint:AccessPoint":
            return {"fileSystemId": world.one(FILE_SYSTEM).id}
        case "aws:ecr/lifecyclePolicy:LifecyclePolicy":
            return {"repository": world.one(REPOSITORY).id, "policy": expiring(14)}
        case "aws:s3/bucketVersioning:BucketVersioning":
            return {"bucket": world.one(BUCKET).id, "versioningConfiguration": {"status": "Enabled"}}
        case "aws:dynamodb/table:Table":
            keys: dict[str, Any] = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}]}
            return {**keys, "readCapacity": 1, "writeCapacity": 1}
        case _:
            return {}


def rich(world: World, token: str) -> Values:
    """What a resource of the type may have beside."""
    match token:
        case "aws:efs/fileSystem:FileSystem":
            policies = [{"transitionToIa": "AFTER_30_DAYS"}, {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
            speed = {"throughputMode": "provisioned", "provisionedThroughputInMibps": 8}
            return {"encrypted": True, "creationToken": "files", "lifecyclePolicies": policies, **speed, "tags": TAGS}
        case "aws:efs/mountTarget:MountTarget":
            return {"securityGroups": [world.one("aws:ec2/securityGroup:SecurityGroup").id]}
        case "aws:efs/accessPoint:AccessPoint":
            owner = {"ownerGid": 1000, "ownerUid": 1000, "permissions": "0755"}
            user = {"gid": 1000, "uid": 1000, "secondaryGids": [1001]}
            return {"posixUser": user, "rootDirectory": {"path": "/web", "creationInfo": owner}, "tags": TAGS}
        case "aws:ecr/repository:Repository":
            return {
                "name": "team/web",
                "imageTagMutability": "IMMUTABLE",
                "imageScanningConfiguration": {"scanOnPush": True},
                "encryptionConfigurations": [{"encryptionType": "AES256"}],
                "forceDelete": True,
                "tags": TAGS,
            }
        case "aws:s3/bucket:Bucket":
            return {"bucket": "web-of-the-team", "forceDestroy": True, "tags": TAGS}
        case "aws:dynamodb/table:Table":
            names = {"id": "S", "at": "N", "user": "S"}
            units = {"readCapacity": 2, "writeCapacity": 2}
            by_user = {"name": "user", "hashKey": "user", "rangeKey": "at", "projectionType": "ALL", **units}
            by_time = {"name": "time", "rangeKey": "at", "projectionType": "INCLUDE", "nonKeyAttributes": ["state"]}
            return {
                "name": "orders",
                "hashKey": "id",
                "rangeKey": "user",
                "attributes": [{"name": name, "type": kind} for name, kind in names.items()],
                "globalSecondaryIndexes": [by_user, {**by_user, "name": "moment", "hashKey": "at", "rangeKey": "id"}],
                "localSecondaryIndexes": [by_time],
                "streamEnabled": True,
                "streamViewType": "NEW_IMAGE",
                "ttl": {"attributeName": "until", "enabled": True},
                "pointInTimeRecovery": {"enabled": True},
                "deletionProtectionEnabled": False,
                "tags": TAGS,
                **units,
            }
        case _:
            return {}
