"""VPCs, subnets and security groups."""

from __future__ import annotations

from typing import Any

from sandbox.provider.decode import search
from sandbox.provider.lookup import SEARCH, Filter, Found, Lookup, here, tags
from sandbox.provider.values import Values


def _vpc_arn(found: Found) -> str:
    return found.aws.arn("ec2", f"vpc/{found.item['VpcId']}", found.item.get("OwnerId"))


def _vpc_attribute(name: str) -> Any:
    member = name[0].upper() + name[1:]

    def attribute(found: Found) -> bool:
        asked = {"VpcId": found.item["VpcId"], "Attribute": name}
        return bool(search(f"{member}.Value", found.aws.call("ec2", "DescribeVpcAttribute", asked)))

    return attribute


def _main_route_table(found: Found) -> str | None:
    filters = [
        {"Name": "vpc-id", "Values": [found.item["VpcId"]]},
        {"Name": "association.main", "Values": ["true"]},
    ]
    return search("RouteTables[0].RouteTableId", found.aws.call("ec2", "DescribeRouteTables", {"Filters": filters}))


def _subnet_ids(found: Found) -> list[str]:
    return sorted(subnet["SubnetId"] for subnet in found.item)


def _group_arn(found: Found, group: Values) -> str:
    return found.aws.arn("ec2", f"security-group/{group['GroupId']}", group["OwnerId"])


def _its_arn(found: Found) -> str:
    return _group_arn(found, found.item)


def _their_arns(found: Found) -> list[str]:
    return [_group_arn(found, group) for group in found.item]


_SUBNET = (
    "assignIpv6AddressOnCreation availabilityZone availabilityZoneId availableIpAddressCount cidrBlock "
    "customerOwnedIpv4Pool defaultForAz enableDns64 enableLniAtDeviceIndex ipv6Native mapCustomerOwnedIpOnLaunch "
    "mapPublicIpOnLaunch outpostArn ownerId state vpcId"
)

ROWS = (
    Lookup(
        "aws:ec2/getVpc:getVpc",
        {
            "arn": _vpc_arn,
            "cidrBlock": "CidrBlock",
            "cidrBlockAssociations": (
                "CidrBlockAssociationSet[].{associationId: AssociationId, cidrBlock: CidrBlock, "
                "state: CidrBlockState.State}"
            ),
            "default": "IsDefault",
            "dhcpOptionsId": "DhcpOptionsId",
            "enableDnsHostnames": _vpc_attribute("enableDnsHostnames"),
            "enableDnsSupport": _vpc_attribute("enableDnsSupport"),
            "enableNetworkAddressUsageMetrics": _vpc_attribute("enableNetworkAddressUsageMetrics"),
            "id": "VpcId",
            "instanceTenancy": "InstanceTenancy",
            "ipv6AssociationId": "Ipv6CidrBlockAssociationSet[0].AssociationId",
            "ipv6CidrBlock": "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock",
            "mainRouteTableId": _main_route_table,
            "ownerId": "OwnerId",
            "state": "State",
            "tags": tags,
        },
        operation="DescribeVpcs",
        items="Vpcs",
        arguments={
            **SEARCH,
            "cidrBlock": Filter("cidr"),
            "default": Filter("isDefault"),
            "dhcpOptionsId": Filter("dhcp-options-id"),
            "id": "VpcIds[0]",
            "state": Filter("state"),
        },
        one="EC2 VPC",
    ),
    Lookup(
        "aws:ec2/getVpcs:getVpcs",
        {"id": here, "ids": "[].VpcId"},
        operation="DescribeVpcs",
        items="Vpcs",
        arguments=SEARCH,
    ),
    Lookup(
        "aws:ec2/getSubnets:getSubnets",
        {"id": here, "ids": _subnet_ids},
        operation="DescribeSubnets",
        items="Subnets",
        arguments=SEARCH,
    ),
    Lookup(
        "aws:ec2/getSubnet:getSubnet",
        {
            **{name: name[0].upper() + name[1:] for name in _SUBNET.split()},
            "arn": "SubnetArn",
            "availableIpAddressCount": "AvailableIpAddressCount",
            "enableResourceNameDnsARecordOnLaunch": "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord",
            "enableResourceNameDnsAaaaRecordOnLaunch": "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord",
            "id": "SubnetId",
            "ipv6CidrBlock": "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock",
            "ipv6CidrBlockAssociationId": "Ipv6CidrBlockAssociationSet[0].AssociationId",
            "privateDnsHostnameTypeOnLaunch": "PrivateDnsNameOptionsOnLaunch.HostnameType",
            "tags": tags,
        },
        operation="DescribeSubnets",
        items="Subnets",
        arguments={
            **SEARCH,
            "availabilityZone": Filter("availabilityZone"),
            "availabilityZoneId": Filter("availabilityZoneId"),
            "cidrBlock": Filter("cidrBlock"),
            "defaultForAz": Filter("defaultForAz"),
            "id": "SubnetIds[0]",
            "ipv6CidrBlock": Filter("ipv6-cidr-block-association.ipv6-cidr-block"),
            "state": Filter("state"),
            "vpcId": Filter("vpc-id"),
        },
        one="EC2 Subnet",
    ),
    Lookup(
        "aws:ec2/getSecurityGroup:getSecurityGroup",
        {
            "arn": _its_arn,
            "description": "Description",
            "id": "GroupId",
            "name": "GroupName",
            "tags": tags,
            "vpcId": "VpcId",
        },
        operation="DescribeSecurityGroups",
        items="SecurityGroups",
        arguments={**SEARCH, "id": "GroupIds[0]", "name": Filter("group-name"), "vpcId": Filter("vpc-id")},
        one="EC2 Security Group",
    ),
    Lookup(
        "aws:ec2/getSecurityGroups:getSecurityGroups",
        {"arns": _their_arns, "id": here, "ids": "[].GroupId", "vpcIds": "[].VpcId"},
        operation="DescribeSecurityGroups",
        items="SecurityGroups",
        arguments=SEARCH,
    ),
)
