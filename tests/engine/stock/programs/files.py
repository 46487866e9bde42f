"""A file system that every zone mounts, and a place in it for one application."""

from typing import Any

import pulumi
import pulumi_aws as aws

given: dict[str, Any] = pulumi.Config("files").get_object("given") or {}

vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids

files = aws.efs.FileSystem(
    "files",
    encrypted=True,
    performance_mode=given.get("mode", "generalPurpose"),
    throughput_mode=given.get("throughput", "bursting"),
    lifecycle_policies=[{"transition_to_ia": given.get("cold", "AFTER_30_DAYS")}],
    tags={"Name": "files"},
)
nfs = aws.ec2.SecurityGroup(
    "nfs",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 2049, "to_port": 2049, "cidr_blocks": [vpc.cidr_block]}],
)
for number, subnet in enumerate(subnets):
    aws.efs.MountTarget(f"zone-{number}", file_system_id=files.id, subnet_id=subnet, security_groups=[nfs.id])
place = aws.efs.AccessPoint(
    "app",
    file_system_id=files.id,
    posix_user={"uid": 1000, "gid": 1000},
    root_directory={
        "path": given.get("path", "/app"),
        "creation_info": {"owner_uid": 1000, "owner_gid": 1000, "permissions": "0750"},
    },
    tags={"Name": "app"},
)
if "adopt" in given:
    aws.efs.FileSystem(
        "adopted", creation_token="by-hand", encrypted=True, opts=pulumi.ResourceOptions(import_=given["adopt"])
    )

pulumi.export("files", files.id)
pulumi.export("place", place.arn)
