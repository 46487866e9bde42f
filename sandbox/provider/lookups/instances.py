"""Instances."""

from __future__ import annotations

import base64
import binascii
import hashlib

from sandbox.provider import decode
from sandbox.provider.decode import search
from sandbox.provider.lookup import FILTERS, Also, Filter, Found, Lookup, here, moment, tags
from sandbox.provider.values import Values

#: The network interface that counts as the instance's own.
_FIRST = "NetworkInterfaces[?Attachment.DeviceIndex==`0`] | [0]"


def _arn(found: Found) -> str:
    return found.aws.arn("ec2", f"instance/{found.item['InstanceId']}")


def _profile(found: Found) -> str | None:
    """The profile's name, without its path."""
    return found.item.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2] or None


def _devices(found: Found, *, root: bool) -> list[Values]:
    mapped: list[Values] = [one for one in found.item.get("BlockDeviceMappings", []) if one.get("Ebs")]
    name = found.item.get("RootDeviceName")
    return [_device(one, found.item["volumes"]) for one in mapped if (one["DeviceName"] == name) is root]


def _device(mapped: Values, volumes: list[Values]) -> Values:
    volume = next(one for one in volumes if one["VolumeId"] == mapped["Ebs"]["VolumeId"])
    told: Values = search(
        "{encrypted: Encrypted, iops: Iops || `0`, kmsKeyId: KmsKeyId || '', throughput: Throughput || `0`, "
        "volumeId: VolumeId, volumeSize: Size, volumeType: VolumeType}",
        volume,
    )
    return {
        **told,
        "deleteOnTermination": mapped["Ebs"]["DeleteOnTermination"],
        "deviceName": mapped["DeviceName"],
        "snapshotId": volume.get("SnapshotId", ""),
        "tags": decode.tags(volume.get("Tags")),
    }


def _root(found: Found) -> list[Values]:
    """Where a root's snapshot came from is its image's matter."""
    told = _devices(found, root=True)
    return [{key: value for key, value in one.items() if key != "snapshotId"} for one in told]


def _others(found: Found) -> list[Values]:
    return _devices(found, root=False)


def _user_data(found: Found) -> str | None:
    """A hash of it: what an instance runs may hold secrets."""
    written = found.item["userData"]
    if not written:
        return None
    try:
        plain = base64.b64decode(written, validate=True)
    except binascii.Error:
        plain = written.encode()
    return hashlib.sha1(plain, usedforsecurity=False).hexdigest()


def _user_data_base64(found: Found) -> str | None:
    return found.item["userData"] or None if found.arguments.get("getUserData") else None


def _password_data(found: Found) -> str | None:
    if not found.arguments.get("getPasswordData"):
        return None
    asked = {"InstanceId": found.item["InstanceId"]}
    return found.aws.call("ec2", "GetPasswordData", asked)["PasswordData"].strip()


def _group_names(found: Found) -> list[str] | None:
    """Only the default VPC, and no VPC at all, know groups by name."""
    default = found.item.get("VpcId") is None or found.item["defaultVpc"]
    return [one["GroupName"] for one in found.item["SecurityGroups"]] if default else None


def _attribute(name: str, under: str) -> Also:
    member = name[0].upper() + name[1:]
    identified = {"InstanceId": "InstanceId", "Attribute": f"'{name}'"}
    return Also("DescribeInstanceAttribute", identified, f"{member}.Value", under)


ROWS = (
    Lookup(
        "aws:ec2/getInstance:getInstance",
        {
            "ami": "ImageId",
            "arn": _arn,
            "associatePublicIpAddress": f"({_FIRST}).Association != null",
            "availabilityZone": "Placement.AvailabilityZone",
            "creditSpecifications": "[credits][?@].{cpuCredits: @}",
            "disableApiStop": "disableApiStop",
            "disableApiTermination": "disableApiTermination",
            "ebsBlockDevices": _others,
            "ebsOptimized": "EbsOptimized",
            "enclaveOptions": "[EnclaveOptions][?@].{enabled: Enabled}",
            "ephemeralBlockDevices": "`[]`",
            "hostId": "Placement.HostId",
            "hostResourceGroupArn": "Placement.HostResourceGroupArn",
            "iamInstanceProfile": _profile,
            "id": "InstanceId",
            "instanceId": "InstanceId",
            "instanceState": "State.Name",
            "instanceType": "InstanceType",
            "ipv6Addresses": f"({_FIRST}).Ipv6Addresses[].Ipv6Address",
            "keyName": "KeyName",
            "launchTime": moment("LaunchTime"),
            "maintenanceOptions": "[MaintenanceOptions][?@].{autoRecovery: AutoRecovery}",
            "metadataOptions": (
                "[MetadataOptions][?@].{httpEndpoint: HttpEndpoint, httpProtocolIpv6: HttpProtocolIpv6, "
                "httpPutResponseHopLimit: HttpPutResponseHopLimit, httpTokens: HttpTokens, "
                "instanceMetadataTags: InstanceMetadataTags}"
            ),
            "monitoring": "Monitoring.State == 'enabled' || Monitoring.State == 'pending'",
            "networkInterfaceId": f"({_FIRST}).NetworkInterfaceId",
            "outpostArn": "OutpostArn",
            "passwordData": _password_data,
            "placementGroup": "Placement.GroupName",
            "placementGroupId": "Placement.GroupId",
            "placementPartitionNumber": "Placement.PartitionNumber",
            "privateDns": "PrivateDnsName",
            "privateDnsNameOptions": (
                "[PrivateDnsNameOptions][?@].{enableResourceNameDnsARecord: EnableResourceNameDnsARecord, "
                "enableResourceNameDnsAaaaRecord: EnableResourceNameDnsAAAARecord, hostnameType: HostnameType}"
            ),
            "privateIp": "PrivateIpAddress",
            "publicDns": "PublicDnsName",
            "publicIp": "PublicIpAddress",
            "rootBlockDevices": _root,
            "secondaryPrivateIps": f"({_FIRST}).PrivateIpAddresses[?!Primary].PrivateIpAddress",
            "securityGroups": _group_names,
            "sourceDestCheck": "SourceDestCheck",
            "subnetId": f"({_FIRST}).SubnetId || SubnetId",
            "tags": tags,
            "tenancy": "Placement.Tenancy",
            "userData": _user_data,
            "userDataBase64": _user_data_base64,
            "vpcSecurityGroupIds": "SubnetId && SecurityGroups[].GroupId",
        },
        operation="DescribeInstances",
        items="Reservations[].Instances[]",
        arguments={
            **FILTERS,
            "getPasswordData": "",
            "getUserData": "",
            "instanceId": "InstanceIds[0]",
            "instanceTags": Filter("tag"),
            "tags": "",
        },
        one="EC2 Instance",
        also=(
            _attribute("disableApiStop", "disableApiStop"),
            _attribute("disableApiTermination", "disableApiTermination"),
            _attribute("userData", "userData"),
            Also(
                "DescribeInstanceTypes",
                {"InstanceTypes[0]": "InstanceType"},
                "InstanceTypes[0].BurstablePerformanceSupported",
                "burstable",
            ),
            Also(
                "DescribeInstanceCreditSpecifications",
                {"InstanceIds[0]": "InstanceId"},
                "InstanceCreditSpecifications[0].CpuCredits",
                "credits",
                when="burstable",
            ),
            Also("DescribeVpcs", {"VpcIds[0]": "VpcId"}, "Vpcs[0].IsDefault", "defaultVpc", when="VpcId"),
            Also(
                "DescribeVolumes",
                {"VolumeIds": "BlockDeviceMappings[].Ebs.VolumeId"},
                "Volumes",
                "volumes",
                when="BlockDeviceMappings[].Ebs.VolumeId",
            ),
        ),
    ),
    Lookup(
        "aws:ec2/getInstances:getInstances",
        {
            "id": here,
            "ids": "[].InstanceId",
            "ipv6Addresses": "[].Ipv6Address",
            "privateIps": "[].PrivateIpAddress",
            "publicIps": "[].PublicIpAddress",
        },
        operation="DescribeInstances",
        items="Reservations[].Instances[]",
        arguments={
            **FILTERS,
            "instanceStateNames": Filter("instance-state-name"),
            "instanceTags": Filter("tag"),
        },
        defaults={"instanceStateNames": ["running"]},
    ),
)
