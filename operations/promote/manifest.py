"""The images in a manifest of Packer's. Pure.

https://developer.hashicorp.com/packer/docs/post-processors/manifest
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from operations.errors import OperationError

_ARTIFACT = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d):(ami-[0-9a-f]+)")


def images(text: str, build: str | None = None) -> Mapping[str, list[str]]:
    """By region, the AMIs of the manifest's last run; only those of the build of that name, if one is given.

    Raises:
        OperationError: it is no manifest, or holds no such AMI.
    """
    try:
        document = json.loads(text)
        last = document["last_run_uuid"]
        builds: list[dict[str, Any]] = [one for one in document["builds"] if one["packer_run_uuid"] == last]
    except (ValueError, KeyError, TypeError):
        raise OperationError(
            "The manifest is none of Packer's: it has no builds of a last run. Its template needs "
            'post-processor "manifest" {}'
        ) from None
    found: dict[str, list[str]] = {}
    for one in builds:
        if build in (None, one.get("name")):
            for region, image in _ARTIFACT.findall(str(one.get("artifact_id", ""))):
                found.setdefault(region, []).append(image)
    if not found:
        names = ", ".join(str(one.get("name")) for one in builds)
        raise OperationError(
            f"The manifest's last run left no AMI{f' of build {build}' if build else ''}; it ran: {names}"
        )
    return found
