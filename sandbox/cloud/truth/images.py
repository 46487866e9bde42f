"""What an image's tags say of what boots from it."""

from __future__ import annotations

from typing import Any


def tags(ec2: Any, image: str) -> dict[str, str]:
    """The tags of an image; none if it is gone."""
    found = ec2.amis.get(image)
    return {tag["key"]: tag["value"] for tag in found.get_tags()} if found else {}
