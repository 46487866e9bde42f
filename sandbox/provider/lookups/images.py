"""Machine images."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from sandbox.provider.lookup import FILTERS, Found, Lookup, Words, asked, tags
from sandbox.provider.values import Values


def _named(images: list[Any], arguments: Values) -> list[Any]:
    """Images whose name matches, the oldest first."""
    if "nameRegex" in arguments:
        pattern = re.compile(arguments["nameRegex"])
        images = [image for image in images if image.get("Name") and pattern.search(image["Name"])]
    return sorted(images, key=lambda image: image["CreationDate"])


def _matching(images: list[Any], arguments: Values) -> list[Any]:
    """Images whose name matches; of several, the newest if that is asked for."""
    images = _named(images, arguments)
    return images[-1:] if arguments.get("mostRecent") else images


def _sorted(images: list[Any], arguments: Values) -> list[Any]:
    """Images whose name matches, in the order that the real provider gives them: `sortAscending` turns it round."""
    images = _named(images, arguments)
    return images[::-1] if arguments["sortAscending"] else images


def _searched(found: Found) -> str:
    """An id that depends on what was asked for alone, as the real provider's does."""
    return str(zlib.crc32(json.dumps(found.arguments, sort_keys=True).encode()))


def _arn(found: Found) -> str:
    return found.aws.arn("ec2", f"image/{found.item['ImageId']}", "")


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


#: Of machine images and container images alike.
ONE_IMAGE = Words(
    "Your query returned no results. Please change your search criteria and try again.",
    "Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` "
    "attribute to true.",
)

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
            "tags": tags,
        },
        operation="DescribeImages",
        items="Images",
        arguments={
            **FILTERS,
            "allowUnsafeFilter": "",
            "executableUsers": "ExecutableUsers",
            "includeDeprecated": "IncludeDeprecated",
            "mostRecent": "",
            "nameRegex": "",
            "owners": "Owners",
            "tags": "",
            "uefiData": "",
        },
        one=ONE_IMAGE,
        choose=_matching,
    ),
    Lookup(
        "aws:ec2/getAmiIds:getAmiIds",
        {
            "id": _searched,
            "ids": "[].ImageId",
            "includeDeprecated": asked("includeDeprecated"),
            "sortAscending": asked("sortAscending"),
        },
        operation="DescribeImages",
        items="Images",
        arguments={
            **FILTERS,
            "executableUsers": "ExecutableUsers",
            "includeDeprecated": "IncludeDeprecated",
            "nameRegex": "",
            "owners": "Owners",
            "sortAscending": "",
        },
        required=("owners",),
        defaults={"includeDeprecated": False, "sortAscending": False},
        choose=_sorted,
    ),
)
