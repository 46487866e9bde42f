"""What moto searches for, found by its key: the larger a cloud, the longer each of its calls took."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Let each resource of EC2 know its tags; moto looks through all tags of the region."""

    @around(TaggedEC2Resource, "get_tags")
    def _tags(_original: Any, self: Any) -> list[dict[str, str]]:
        if not self.id or not (tags := self.ec2_backend.tags.get(self.id)):
            return []
        of = {"resource_id": self.id, "resource_type": EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")}
        return [{**of, "key": key, "value": value} for key, value in tags.items()]
