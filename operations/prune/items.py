"""What may be pruned, and what says that something is needed. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

TAG_MARK = "immutable:unneeded-since"
"""When a prune first found it unneeded, as `written` writes it."""
TAG_PROTECTED = "immutable:protected-by"
"""On an image whose deregistration protection these commands enabled, and may end."""
TAG_DISABLED = "immutable:disabled-by"
"""On an image that a prune disabled, to look once more before it deregisters it."""
TAG_KEEP = "immutable:keep"
"""Whoever puts it on something keeps it from being pruned; its value says why."""


class Kind(StrEnum):
    """In the order in which they can go: nothing before what may launch from it, or lies over it."""

    TEMPLATE = "launch template"
    TARGET_GROUP = "target group"
    IMAGE = "image"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Item:
    """Something of the project's that stands in the cloud."""

    kind: Kind
    id: str
    """A target group's is its ARN."""
    name: str = ""
    created: datetime | None = None
    """None where AWS doesn't tell."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    needs: frozenset[str] = frozenset()
    """Ids of what must stand as long as it does: a template's images, an image's snapshots."""
    held: str = ""
    """Why it stays although nothing names it; empty if nothing holds it."""
    size_gib: float = 0
    """What is paid for; 0 for what costs nothing."""
    protected: bool = False
    """An image's deregistration protection."""
    disabled: bool = False
    """An image from which nothing boots until it is enabled again."""

    @property
    def marked(self) -> datetime | None:
        """Since when it is marked as unneeded; None if it isn't, or the mark can't be read."""
        try:
            return datetime.fromisoformat(self.tags.get(TAG_MARK, "").replace("Z", "+00:00")).astimezone(UTC)
        except ValueError:
            return None

    def __str__(self) -> str:
        """`image web-1.4.2 (ami-…)`."""
        short = self.id.rpartition("targetgroup/")[2]
        return (
            f"{self.kind} {self.name} ({short})"
            if self.name and self.kind is not Kind.TARGET_GROUP
            else (f"{self.kind} {short}")
        )


@dataclass(frozen=True)
class Reference:
    """Something names something: `target` is the id, or a launch template's name."""

    target: str
    by: str
    """Who, in words: `the config of prod`, `group web-2026…`."""


def written(time: datetime) -> str:
    """A mark."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
