"""Whose a resource is: the tags that everything carries which takes tags."""

from __future__ import annotations

import pulumi

from components.digest import TAG_NAME, TAG_STACK


def owner() -> str:
    """The running stack, as its resources' tags name it."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def owned(name: str) -> dict[str, str]:
    """The tags of the resource with this logical name in the running stack."""
    return {TAG_NAME: name, TAG_STACK: owner()}
