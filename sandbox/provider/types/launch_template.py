"""EC2 launch templates: every change of what they hold is a new version of the same template."""

from __future__ import annotations

from sandbox.provider.codec import each
from sandbox.provider.row import Call, Field, Live, Naming, Read, Replace, Step, Tagging, Type
from sandbox.provider.values import Values

_TEXT = Field(kind=str)
_ID = {"LaunchTemplateId": "{id}"}
_NEW_VERSION = "CreateLaunchTemplateVersion"


def _data(names: str, **fields: Field) -> dict[str, Field]:
    """Fields that a version holds."""
    return {name: Field(f"LaunchTemplateData.{name[0].upper()}{name[1:]}") for name in names.split()} | fields


_REQUIREMENTS = Field(
    "LaunchTemplateData.InstanceRequirements",
    fields={
        "vcpuCount": Field("VCpuCount"),
        "memoryMib": Field("MemoryMiB"),
        "memoryGibPerVcpu": Field("MemoryGiBPerVCpu"),
        "acceleratorTotalMemoryMib": Field("AcceleratorTotalMemoryMiB"),
        "totalLocalStorageGb": Field("TotalLocalStorageGB"),
    },
)
_INTERFACES = Field(
    "LaunchTemplateData.NetworkInterfaces",
    fields={
        "associateCarrierIpAddress": _TEXT,
        "associatePublicIpAddress": _TEXT,
        "deleteOnTermination": _TEXT,
        "primaryIpv6": _TEXT,
        "securityGroups": Field("Groups", unordered=True),
        "ipv4AddressCount": Field("SecondaryPrivateIpAddressCount"),
        "ipv4Addresses": Field("PrivateIpAddresses", codec=each("PrivateIpAddress")),
        "ipv6Addresses": Field("Ipv6Addresses", codec=each("Ipv6Address")),
        "ipv4Prefixes": Field("Ipv4Prefixes", codec=each("Ipv4Prefix")),
        "ipv6Prefixes": Field("Ipv6Prefixes", codec=each("Ipv6Prefix")),
    },
)

_DATA = _data(
    "cpuOptions creditSpecification capacityReservationSpecification disableApiStop disableApiTermination "
    "enclaveOptions hibernationOptions iamInstanceProfile imageId instanceInitiatedShutdownBehavior "
    "instanceMarketOptions instanceType kernelId keyName licenseSpecifications maintenanceOptions monitoring "
    "networkPerformanceOptions placement ramDiskId userData",
    blockDeviceMappings=Field(
        "LaunchTemplateData.BlockDeviceMappings",
        fields={"ebs": Field(fields={"deleteOnTermination": _TEXT, "encrypted": _TEXT})},
    ),
    ebsOptimized=Field("LaunchTemplateData.EbsOptimized", kind=str),
    instanceRequirements=_REQUIREMENTS,
    metadataOptions=Field("LaunchTemplateData.MetadataOptions", computed=True),
    networkInterfaces=_INTERFACES,
    privateDnsNameOptions=Field(
        "LaunchTemplateData.PrivateDnsNameOptions",
        fields={"enableResourceNameDnsAaaaRecord": Field("EnableResourceNameDnsAAAARecord")},
    ),
    securityGroupNames=Field("LaunchTemplateData.SecurityGroups", unordered=True),
    # moto lists the template's own tags among those of what it launches.
    tagSpecifications=Field(
        "LaunchTemplateData.TagSpecifications",
        read="LaunchTemplateData.TagSpecifications[?ResourceType!='launch-template']",
    ),
    vpcSecurityGroupIds=Field("LaunchTemplateData.SecurityGroupIds", unordered=True),
    description=Field("VersionDescription"),
)


def _arn(live: Live) -> str:
    return live.aws.arn("ec2", f"launch-template/{live.id}")


def _moved(changed: frozenset[str], new: Values) -> frozenset[str]:
    if not changed & _DATA.keys():
        return frozenset()
    return frozenset({"latestVersion", "defaultVersion"} if new.get("updateDefaultVersion") else {"latestVersion"})


def _move_default_version(step: Step) -> None:
    """Only on request: who launches by the default version goes on getting what they got."""
    if not (step.new.get("updateDefaultVersion") and step.old):
        return
    found = step.aws.call("ec2", "DescribeLaunchTemplates", {"LaunchTemplateIds": [step.id]})["LaunchTemplates"][0]
    if found["DefaultVersionNumber"] != found["LatestVersionNumber"]:
        newest = {"LaunchTemplateId": step.id, "DefaultVersion": str(found["LatestVersionNumber"])}
        step.aws.call("ec2", "ModifyLaunchTemplate", newest)


_RULE = r"^[0-9A-Za-z().\-/_]+$"
_WORDS = '"{name}" can only alphanumeric characters and ()./_- symbols: "{value}"'

LAUNCH_TEMPLATE = Type(
    "aws:ec2/launchTemplate:LaunchTemplate",
    "ec2",
    inputs={
        **_DATA,
        "defaultVersion": Field(read="DefaultVersionNumber", computed=True),
        "name": Field("LaunchTemplateName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "updateDefaultVersion": Field(local=True),
    },
    outputs={"arn": _arn, "latestVersion": "LatestVersionNumber"},
    create=Call("CreateLaunchTemplate"),
    reads=(
        Read("DescribeLaunchTemplates", {"LaunchTemplateIds[0]": "{id}"}, "LaunchTemplates[0]"),
        Read("DescribeLaunchTemplateVersions", {**_ID, "Versions[0]": "$Latest"}, "LaunchTemplateVersions[0]"),
    ),
    updates=(Call(_NEW_VERSION, _ID, whole=True), Call("ModifyLaunchTemplate", _ID)),
    delete=Call("DeleteLaunchTemplate", _ID),
    id="LaunchTemplate.LaunchTemplateId",
    tags=Tagging(
        Call("CreateTags", {"Resources[0]": "{id}"}),
        Call("DeleteTags", {"Resources[0]": "{id}"}),
        keys="Tags",
        specification="launch-template",
    ),
    naming=Naming(128, 102, ((_RULE, _WORDS),), ((_RULE, _WORDS),), shortest=3),
    exclusive=(
        ("name", "namePrefix"),
        ("defaultVersion", "updateDefaultVersion"),
        ("instanceType", "instanceRequirements"),
        ("securityGroupNames", "vpcSecurityGroupIds"),
    ),
    moves=_moved,
    after_change=(_move_default_version,),
)

ROWS = (LAUNCH_TEMPLATE,)
