"""State lives outside the fleets: a server's volumes die with it, and stores of data are kept and encrypted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import Severity

from policies.kinds import INSTANCE, LAUNCH_CONFIGURATION, TEMPLATE
from policies.rule import Found, Rule, Subject, listed

_FILE_SYSTEM, _BUCKET = "aws:efs/fileSystem:FileSystem", "aws:s3/bucket:Bucket"
_BUCKET_V2 = "aws:s3/bucketV2:BucketV2"
_TABLE, _VOLUME = "aws:dynamodb/table:Table", "aws:ebs/volume:Volume"
_DATABASES = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster")
_STORES = (_FILE_SYSTEM, _BUCKET, _BUCKET_V2, _TABLE, _VOLUME, *_DATABASES)

#: By type, the input that says whether it is encrypted; AWS encrypts buckets and tables by itself.
_ENCRYPTED = {_FILE_SYSTEM: "encrypted", _VOLUME: "encrypted", **dict.fromkeys(_DATABASES, "storageEncrypted")}
#: By type, inputs that would lose data, and those that keep it where they are set.
_LOSING = {
    _BUCKET: "forceDestroy",
    _BUCKET_V2: "forceDestroy",
    **dict.fromkeys(_DATABASES, "skipFinalSnapshot"),
}
_KEEPING = {_TABLE: "deletionProtectionEnabled", **dict.fromkeys(_DATABASES, "deletionProtection")}


def _mortal_volumes(subject: Subject) -> Found:
    devices = list(_devices(subject))
    if not devices:
        yield "it declares no volume, so the image decides whether the root is encrypted and dies with the server"
    for path, volume, keeps in devices:
        with subject.as_far_as_known():
            if not _true(volume.get("encrypted")):
                yield f"{path}.encrypted is {volume.get('encrypted', 'not set')}"
            if not _true(volume.get("deleteOnTermination"), default=not keeps):
                kept = volume.get("deleteOnTermination", "not set")
                yield f"{path}.deleteOnTermination is {kept}, so it outlives its server"


def _devices(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Each EBS volume, and whether AWS keeps it unless told otherwise."""
    if subject.type == TEMPLATE:
        for index, device in enumerate(listed(subject.inputs.get("blockDeviceMappings"))):
            if (ebs := device.get("ebs")) is not None:
                yield f"blockDeviceMappings[{index}].ebs", ebs, True
        return
    for name in ("rootBlockDevice", "ebsBlockDevices"):
        for index, device in enumerate(listed(subject.inputs.get(name))):
            yield f"{name}[{index}]" if name.endswith("s") else name, device, False


def _true(value: Any, *, default: bool = False) -> bool:
    return default if value is None else str(value).lower() == "true"


def _no_attachment(_subject: Subject) -> Found:
    yield "a volume that is attached to a server is state inside the fleet: the next server has not got it"


def _kept(subject: Subject) -> Found:
    if subject.settings["protect"] and not subject.options.protect:
        yield "it is not protected, so one edit of the program deletes the data"
    if (name := _ENCRYPTED.get(subject.type)) and not subject.inputs.get(name):
        yield f"{name} is not set, so the data lies in the clear"
    if (name := _LOSING.get(subject.type)) and subject.inputs.get(name):
        yield f"{name} is set, so deleting it loses the data"
    if (name := _KEEPING.get(subject.type)) and not subject.inputs.get(name):
        yield f"{name} is not set, so AWS would let it be deleted"


RULES = (
    Rule(
        "volumes-die-with-servers",
        "A fleet's volumes are encrypted and die with their server.",
        Severity.HIGH,
        "Declare each volume with encrypted and delete_on_termination set",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html",
        (TEMPLATE, INSTANCE, LAUNCH_CONFIGURATION),
        _mortal_volumes,
    ),
    Rule(
        "no-volume-attachments",
        "No volume is attached to a server by hand.",
        Severity.HIGH,
        "Keep the state in a file system, a bucket or a database",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-attaching-volume.html",
        ("aws:ec2/volumeAttachment:VolumeAttachment",),
        _no_attachment,
    ),
    Rule(
        "data-kept",
        "Stores of data are protected, retained and encrypted.",
        Severity.CRITICAL,
        "Set protect=True and what the finding names",
        "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
        _STORES,
        _kept,
        settings={
            "protect": {
                "type": "boolean",
                "default": True,
                "description": "Whether Pulumi's own protection is asked for, beside AWS's.",
            }
        },
    ),
)
