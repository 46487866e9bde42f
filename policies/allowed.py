"""Which image may boot: who owns it, that it has been tested, that it is neither deprecated nor too old.

Dependency-free on purpose: the rule `image-allowed` and `python -m operations promote` share this one definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Allowed:
    """The settings of the rule `image-allowed`, and its defaults."""

    owners: Sequence[str] = ("self",)
    """Account ids or aliases; self is the account that asks."""
    tested_tag: str = "tested=true"
    """`KEY=VALUE`; empty asks for none."""
    max_age_days: float = 0
    """0 is no limit."""


class Objection(NamedTuple):
    """Why an image may not boot, and what to do about it."""

    reason: str
    way_out: str


def wrong(image: Mapping[str, Any], account: str, allowed: Allowed, now: datetime) -> Iterator[Objection]:
    """What speaks against an image, as EC2 describes it, in `account`."""
    id_ = image["ImageId"]
    name = f"image {id_} ({image.get('Name', 'without a name')})"
    owners = {account if owner == "self" else owner for owner in allowed.owners}
    owner = {str(image.get("OwnerId")), str(image.get("ImageOwnerAlias"))}
    if not owner & owners:
        yield Objection(
            f"{name} is owned by {image.get('OwnerId')}, who is not among {', '.join(sorted(owners))}",
            f"Copy it (aws ec2 copy-image --source-image-id {id_} …) and test the copy, or allow its owner",
        )
    tags = tags_of(image)
    key, _, value = allowed.tested_tag.partition("=")
    if key and tags.get(key) != value:
        yield Objection(
            f"{name} has not been tested: its tag {key} is {tags.get(key, 'missing')}, not {value}",
            f"When its tests have passed: aws ec2 create-tags --resources {id_} --tags Key={key},Value={value}",
        )
    if (ends := image.get("DeprecationTime")) and when(ends) <= now:
        yield Objection(f"{name} is deprecated since {ends}", "Build a new one")
    if (state := image.get("State", "available")) != "available":
        way = f"aws ec2 enable-image --image-id {id_}" if state == "disabled" else "Wait until it is, or build it again"
        yield Objection(f"{name} is {state}, not available", way)
    age = (now - when(image["CreationDate"])).days
    if allowed.max_age_days and age > allowed.max_age_days:
        yield Objection(f"{name} is {age} days old, more than {allowed.max_age_days:.0f}", "Build a new one")


def tags_of(described: Mapping[str, Any]) -> dict[str, str]:
    """The tags of anything, as EC2 describes it."""
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}


def when(text: str) -> datetime:
    """A time as EC2 writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
