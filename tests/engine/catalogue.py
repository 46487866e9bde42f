"""What the scenarios deploy: the images of `seed.yaml` by what becomes of them, and a valid service around one."""

from __future__ import annotations

from typing import Any

GOOD = "ami-00000000000000140"
GOOD_TOO = "ami-00000000000000150"
SLOW = "ami-00000000000000051"
NEVER_HEALTHY = "ami-0000000000000bad0"


def release(version: str, image: str = GOOD, **changed: Any) -> dict[str, Any]:
    """A release behind a balancer."""
    entry = {
        "version": version,
        "image": image,
        "instance_types": ["t3.micro"],
        "port": 8080,
        "health": {"path": "/healthz"},
    }
    return entry | changed


def service(*releases: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A service with a route, two to eight instances, and a gate that gives up after a minute."""
    entry: dict[str, Any] = {
        "releases": list(releases),
        "capacity": {"min": 2, "max": 8},
        "route": {"priority": 1, "paths": ["/*"]},
        "gate": {"timeout_s": 60},
    }
    return entry | changed
