"""A registry for container images that forgets the old ones."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

given: dict[str, Any] = pulumi.Config("images").get_object("given") or {}

images = aws.ecr.Repository(
    "images",
    name=given.get("name", "team/web"),
    image_tag_mutability=given.get("tags", "IMMUTABLE"),
    image_scanning_configuration={"scan_on_push": True},
    force_delete=True,
    tags={"Team": "web"},
)
aws.ecr.LifecyclePolicy(
    "images",
    repository=images.name,
    policy=json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "description": "Untagged images go soon",
                    "selection": {
                        "tagStatus": "untagged",
                        "countType": "sinceImagePushed",
                        "countUnit": "days",
                        "countNumber": given.get("days", 7),
                    },
                    "action": {"type": "expire"},
                }
            ]
        }
    ),
)
if "adopt" in given:
    aws.ecr.Repository("adopted", name="by-hand", opts=pulumi.ResourceOptions(import_=given["adopt"]))

pulumi.export("repository", images.name)
pulumi.export("url", images.repository_url)
