"""Machine images."""

from __future__ import annotations

import re
from typing import Any

from sandbox.provider.decode import tags
from sandbox.provider.lookup import Found, Lookup, LookupFailedError
from sandbox.provider.values import Values


def _matching(images: list[Any], arguments: Values) -> list[Any]:
    """Images whose name matches; of several, the newest if that is asked for."""
    if "nameRegex" in arguments:
        pattern = re.compile(arguments["nameRegex"])
        images = [image for image in images if pattern.search(image.get("Name") or "")]
    if not images:
        raise LookupFailedError("Your query returned no results. Please change your search criteria and try again.")
    if len(images) > 1:
        if not arguments.get("mostRecent"):
            raise LookupFailedError(
                "Your query returned more than one result. Please try a more specific search criteria, or set "
                "`most_recent` attribute to true."
            )
        images = sorted(images, key=lambda image: image["CreationDate"])[-1:]
    return images


def _arn(found: Found) -> str:
    return found.aws.arn("ec2", f"image/{found.item['ImageId']}", "")


def _tags(found: Found) -> dict[str, str]:
    return tags(found.item.get("Tags"))


def _devices(found: Found) -> list[Values]:
    return [
        {
            "deviceName": device.get("DeviceName"),
            "ebs": {key[0].lower() + key[1:]: str(value).lower() for key, value in device.get("Ebs", {}).items()},
            "noDevice": device.get("NoDevice", ""),
            "virtualName": device.get("VirtualName", ""),
        }
        for device in found.item.get("BlockDeviceMappings", [])
    ]


_SAME = (
    "architecture bootMode creationDate deprecationTime description enaSupport hypervisor imageId imageLocation "
    "imageOwnerAlias imageType imdsSupport kernelId lastLaunchedTime name ownerId platform platformDetails public "
    "ramdiskId rootDeviceName rootDeviceType sriovNetSupport state tpmSupport usageOperation virtualizationType"
)

ROWS = (
    Lookup(
        "aws:ec2/getAmi:getAmi",
        {
            **{name: name[0].upper() + name[1:] for name in _SAME.split()},
            "arn": _arn,
            "blockDeviceMappings": _devices,
            "id": "ImageId",
            "productCodes": "ProductCodes[].{productCodeId: ProductCodeId, productCodeType: ProductCodeType}",
            "rootSnapshotId": "BlockDeviceMappings[?Ebs.SnapshotId].Ebs.SnapshotId | [0]",
            "tags": _tags,
        },
        operation="DescribeImages",
        items="Images",
        arguments={
            "allowUnsafeFilter": "",
            "executableUsers": "ExecutableUsers",
            "includeDeprecated": "IncludeDeprecated",
            "mostRecent": "",
            "nameRegex": "",
            "owners": "Owners",
        },
        one="EC2 image",
        choose=_matching,
    ),
)
