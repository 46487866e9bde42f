"""What the commands ask AWS beside the engine: images' dates, groups' sizes. Without an answer they say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from policies.allowed import when


class Cloud:
    """One region of the account that the environment, or a profile, has credentials for."""

    def __init__(self, region: str | None, profile: str | None = None) -> None:
        self._region, self._profile = region, profile
        self._clients = dict[str, Any]()

    def image_dates(self, images: Iterable[str]) -> dict[str, datetime]:
        """When each image was made; those that nobody knows are left out."""
        wanted = sorted(set(images))
        if not wanted:
            return {}
        try:
            pages = (
                self.client("ec2")
                .get_paginator("describe_images")
                .paginate(Filters=[{"Name": "image-id", "Values": wanted}], IncludeDeprecated=True)
            )
            found = [image for page in pages for image in page["Images"]]
        except (BotoCoreError, ClientError):
            return {}
        return {image["ImageId"]: when(image["CreationDate"]) for image in found}

    def sizes(self) -> Mapping[str, int] | None:
        """How many instances each Auto Scaling group asks for; None if AWS doesn't answer."""
        try:
            pages = self.client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
            return {
                group["AutoScalingGroupName"]: group["DesiredCapacity"]
                for page in pages
                for group in page["AutoScalingGroups"]
            }
        except (BotoCoreError, ClientError):
            return None

    def client(self, service: str) -> Any:
        """A boto3 client; one for each service, as each takes a tenth of a second to make."""
        if service not in self._clients:
            # A third of a second to import, which help and completion would wait for.
            import boto3
            from botocore.config import Config

            boto: Any = boto3
            session = boto.Session(region_name=self._region, profile_name=self._profile)
            self._clients[service] = session.client(service, config=Config(retries=_RETRIES))
        return self._clients[service]


_RETRIES = {"mode": "standard", "total_max_attempts": 8}
"""AWS throttles who asks for much; the last of these waits come after a minute or so."""
