"""EFS: file systems, their mount targets and access points."""

from __future__ import annotations

from typing import Any

from sandbox.provider import naming
from sandbox.provider.aws import CloudError, Retry
from sandbox.provider.limits import among, between
from sandbox.provider.row import Call, Field, Live, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_WAIT_S = 600.0
_TAGS = Tagging(Call("TagResource", {"ResourceId": "{id}"}), Call("UntagResource", {"ResourceId": "{id}"}))
_FILE_SYSTEM = {"FileSystemId": "{id}"}
_TARGET = {"MountTargetId": "{id}"}
_TRANSITIONS = ("AFTER_1_DAY", *(f"AFTER_{days}_DAYS" for days in (7, 14, 30, 60, 90, 180, 270, 365)))


def _name_it(_step: Step, parameters: Values) -> None:
    """AWS wants a token for each creation; the real provider makes one up."""
    parameters.setdefault("CreationToken", naming.unique("terraform-"))


def _wait_for(step: Step, operation: str, identity: Values, path: str, wanted: str | None) -> None:
    """Until it is in a state, or gone if `wanted` is None."""
    deadline, waited = step.timeout_s or _WAIT_S, 0.0
    while True:
        try:
            found: Any = step.aws.call("efs", operation, identity)[path][0]
        except CloudError as error:
            if wanted is None and "NotFound" in error.code:
                return
            raise
        except IndexError:
            return
        state = found["LifeCycleState"]
        if state == wanted:
            return
        if waited >= deadline:
            raise TimeoutError(f"waiting for EFS {step.id}: it is {state} after {waited:.0f} s")
        step.aws.pause(1.0)
        waited += 1.0


def _until_available(step: Step) -> None:
    _wait_for(step, "DescribeFileSystems", {"FileSystemId": step.id}, "FileSystems", "available")


def _until_mounted(step: Step) -> None:
    _wait_for(step, "DescribeMountTargets", {"MountTargetId": step.id}, "MountTargets", "available")


def _dns_name(live: Live) -> str:
    return f"{live.answer['FileSystemId']}.efs.{live.aws.region}.amazonaws.com"


def _target_dns_name(live: Live) -> str | None:
    zone = live.answer.get("AvailabilityZoneName")
    return f"{zone}.{_dns_name(live)}" if zone else None


def _file_system_arn(live: Live) -> str:
    return live.aws.arn("elasticfilesystem", f"file-system/{live.answer['FileSystemId']}")


def _sizes(live: Live) -> list[Values]:
    size: Values = live.answer.get("SizeInBytes", {})
    members = {"value": "Value", "valueInIa": "ValueInIA", "valueInStandard": "ValueInStandard"}
    return [{name: size.get(member, 0) for name, member in members.items()}]


def _problems(inputs: Values) -> dict[str, str]:
    is_provisioned = inputs.get("throughputMode") == "provisioned"
    if is_provisioned and "provisionedThroughputInMibps" not in inputs:
        return {"provisionedThroughputInMibps": "must be given with throughput_mode provisioned"}
    return {}


def _only_provisioned(parameters: Values, inputs: Values) -> None:
    """A throughput that is taken away goes with its mode; there is none to send."""
    if inputs.get("throughputMode") != "provisioned":
        parameters.pop("ProvisionedThroughputInMibps", None)


_ONCE = Field(replace=Replace.CHANGED, computed=True)

# https://www.pulumi.com/registry/packages/aws/api-docs/efs/filesystem/
FILE_SYSTEM = Type(
    "aws:efs/fileSystem:FileSystem",
    "efs",
    inputs={
        "availabilityZoneName": _ONCE,
        "creationToken": _ONCE,
        "encrypted": _ONCE,
        "kmsKeyId": _ONCE,
        "lifecyclePolicies": Field(
            read="lifecycle",
            fields={
                "transitionToArchive": Field(limit=among(*_TRANSITIONS)),
                "transitionToIa": Field("TransitionToIA", limit=among(*_TRANSITIONS)),
                "transitionToPrimaryStorageClass": Field(limit=among("AFTER_1_ACCESS")),
            },
        ),
        "performanceMode": Field(replace=Replace.CHANGED, computed=True, limit=among("generalPurpose", "maxIO")),
        "provisionedThroughputInMibps": Field(kind=float, limit=between(1, 3414)),
        "throughputMode": Field(default="bursting", limit=among("bursting", "provisioned", "elastic")),
    },
    outputs={
        "arn": "FileSystemArn",
        "availabilityZoneId": "AvailabilityZoneId",
        "dnsName": _dns_name,
        "name": "Name",
        "numberOfMountTargets": "NumberOfMountTargets",
        "ownerId": "OwnerId",
        "sizeInBytes": _sizes,
    },
    create=Call("CreateFileSystem"),
    reads=(
        Read("DescribeFileSystems", _FILE_SYSTEM, "FileSystems[0]"),
        Read("DescribeLifecycleConfiguration", _FILE_SYSTEM, "LifecyclePolicies", under="lifecycle"),
    ),
    updates=(
        Call("UpdateFileSystem", _FILE_SYSTEM, adjust=_only_provisioned),
        Call("PutLifecycleConfiguration", _FILE_SYSTEM),
    ),
    delete=Call("DeleteFileSystem", _FILE_SYSTEM),
    id="FileSystemId",
    tags=_TAGS,
    retries=(Retry("FileSystemInUse", 600),),
    check=_problems,
    before_create=(_name_it,),
    after_create=(_until_available,),
    after_change=(_until_available,),
)

# https://www.pulumi.com/registry/packages/aws/api-docs/efs/mounttarget/
MOUNT_TARGET = Type(
    "aws:efs/mountTarget:MountTarget",
    "efs",
    inputs={
        "fileSystemId": Field(required=True, replace=Replace.CHANGED),
        "ipAddress": _ONCE,
        "securityGroups": Field(
            at={"ModifyMountTargetSecurityGroups": "SecurityGroups"}, read="groups", unordered=True, computed=True
        ),
        "subnetId": Field(required=True, replace=Replace.CHANGED),
    },
    outputs={
        "availabilityZoneId": "AvailabilityZoneId",
        "availabilityZoneName": "AvailabilityZoneName",
        "dnsName": _dns_name,
        "fileSystemArn": _file_system_arn,
        "mountTargetDnsName": _target_dns_name,
        "networkInterfaceId": "NetworkInterfaceId",
        "ownerId": "OwnerId",
    },
    create=Call("CreateMountTarget"),
    reads=(
        Read("DescribeMountTargets", _TARGET, "MountTargets[0]"),
        Read("DescribeMountTargetSecurityGroups", _TARGET, "SecurityGroups", under="groups"),
    ),
    updates=(Call("ModifyMountTargetSecurityGroups", _TARGET),),
    delete=Call("DeleteMountTarget", _TARGET),
    id="MountTargetId",
    delete_before_replace=True,
    after_create=(_until_mounted,),
)

_OWNER = {name: Field(required=True, kind=int) for name in ("ownerGid", "ownerUid")}

# https://www.pulumi.com/registry/packages/aws/api-docs/efs/accesspoint/
ACCESS_POINT = Type(
    "aws:efs/accessPoint:AccessPoint",
    "efs",
    inputs={
        "fileSystemId": Field(required=True, replace=Replace.CHANGED),
        "posixUser": Field(
            replace=Replace.CHANGED,
            fields={
                "gid": Field(required=True, kind=int),
                "secondaryGids": Field(unordered=True),
                "uid": Field(required=True, kind=int),
            },
        ),
        "rootDirectory": Field(
            replace=Replace.CHANGED,
            computed=True,
            fields={
                "creationInfo": Field(computed=True, fields={**_OWNER, "permissions": Field(required=True)}),
                "path": Field(computed=True),
            },
        ),
    },
    outputs={"arn": "AccessPointArn", "fileSystemArn": _file_system_arn, "ownerId": "OwnerId"},
    create=Call("CreateAccessPoint"),
    reads=(Read("DescribeAccessPoints", {"AccessPointId": "{id}"}, "AccessPoints[0]"),),
    delete=Call("DeleteAccessPoint", {"AccessPointId": "{id}"}),
    id="AccessPointId",
    tags=_TAGS,
)

ROWS = (FILE_SYSTEM, MOUNT_TARGET, ACCESS_POINT)
