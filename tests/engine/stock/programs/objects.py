"""A bucket that keeps every version of what lies in it."""

from typing import Any

import pulumi
import pulumi_aws as aws

given: dict[str, Any] = pulumi.Config("objects").get_object("given") or {}

objects = aws.s3.Bucket(
    "objects",
    bucket=given.get("name", "stock-objects"),
    force_destroy=True,
    tags={"Purpose": given.get("purpose", "site")},
)
aws.s3.BucketVersioning(
    "objects", bucket=objects.id, versioning_configuration={"status": given.get("versions", "Enabled")}
)
if "adopt" in given:
    aws.s3.Bucket("adopted", bucket="by-hand", opts=pulumi.ResourceOptions(import_=given["adopt"]))

pulumi.export("bucket", objects.id)
pulumi.export("arn", objects.arn)
