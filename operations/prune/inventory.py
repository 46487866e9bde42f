"""What stands in a region and may be pruned at all: the project's templates and target groups by their tags, its images
by owner and tag, and the snapshots that were made for those. Nobody else's is ever a candidate.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from components.digest import TAG_STACK
from operations.prune.items import TAG_KEEP, TAG_MARK, TAG_PROTECTED, Item, Kind
from operations.prune.stacks import named
from operations.prune.uses import Client, every
from policies.allowed import tags_of, when

_MADE_FOR = re.compile(r"^(?:Created by CreateImage\(.*\) for|Copied for DestinationAmi) (ami-\w+)")
"""How AWS describes a snapshot that it makes for an image; a backup of data isn't described so."""

#: An Elastic Load Balancing call takes so many target groups.
_TAGS_AT_ONCE = 20


@dataclass(frozen=True)
class Filter:
    """Which images are the project's; all of it must hold."""

    account: str
    project: str
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Allowed values by key."""
    name: str = "*"

    def takes(self, described: Mapping[str, Any]) -> bool:
        """Whether an image, or a snapshot, is the project's."""
        tags = tags_of(described)
        return (
            described["OwnerId"] == self.account
            and all(tags.get(key) in values for key, values in self.tags.items())
            and fnmatchcase(described.get("Name", self.name), self.name)
        )


@dataclass(frozen=True)
class Inventory:
    """What may be pruned, and what of the same kinds may not and so speaks for what it names."""

    items: Sequence[Item]
    images: Sequence[Mapping[str, Any]] = ()
    """Everybody else's of this account, as AWS describes them."""
    templates: Sequence[Mapping[str, Any]] = ()
    """Versions of everybody else's."""


def read(client: Client, mine: Filter, since: datetime) -> Inventory:
    """Look at all of it. What is younger than `since`, or was used since, is held.

    Raises:
        ClientError: something can't be read.
    """
    ec2 = client("ec2")
    every_state = {"IncludeDeprecated": True, "IncludeDisabled": True}
    images = list(every(ec2, "describe_images", "Images", Owners=["self"], **every_state))
    own = [image_item(one, since) for one in images if mine.takes(one)]
    templates, others = _templates(ec2, mine, since)
    items = [*templates, *_target_groups(client("elbv2"), mine), *own, *_snapshots(ec2, mine, own, images, since)]
    taken = {item.id for item in items}
    return Inventory(items, [one for one in images if one["ImageId"] not in taken], others)


def looked_closer(client: Client, item: Item) -> Item:
    """An item that nothing needs, held if AWS, asked about it alone, knows somebody who may use it.

    Raises:
        ClientError: AWS doesn't tell.
    """
    ec2 = client("ec2")
    held = ""
    match item.kind:
        case Kind.IMAGE:
            told = ec2.describe_image_attribute(ImageId=item.id, Attribute="launchPermission")
            held = _shared(told["LaunchPermissions"])
        case Kind.SNAPSHOT:
            told = ec2.describe_snapshot_attribute(SnapshotId=item.id, Attribute="createVolumePermission")
            held = _shared(told["CreateVolumePermissions"])
        case Kind.TARGET_GROUP:
            told = client("elbv2").describe_target_health(TargetGroupArn=item.id)
            if count := len(told["TargetHealthDescriptions"]):
                held = f"{count} targets are registered in it"
        case Kind.TEMPLATE:
            pass
    return dataclasses.replace(item, held=held) if held else item


def image_item(described: Mapping[str, Any], since: datetime) -> Item:
    """An image as EC2 describes it; held if it is younger than `since`, or was launched since."""
    created, tags = when(described["CreationDate"]), tags_of(described)
    protected = described.get("DeregistrationProtection", "disabled").startswith("enabled")
    launched = described.get("LastLaunchedTime")
    copied = {described["SourceImageId"]} if described.get("SourceImageId") else set[str]()
    reasons = [
        _held(tags, created, since),
        f"it was last launched on {launched[:10]}" if launched and when(launched) >= since else "",
        "it is public" if described.get("Public") else "",
        "somebody protected it from deregistration" if protected and TAG_PROTECTED not in tags else "",
    ]
    return Item(
        Kind.IMAGE,
        described["ImageId"],
        described.get("Name", ""),
        created,
        tags,
        frozenset(snapshots_of(described)) | copied,
        next(filter(None, reasons), ""),
        protected=protected,
        disabled=described["State"] == "disabled",
    )


def snapshots_of(described: Mapping[str, Any]) -> Iterator[str]:
    """The snapshots of an image, or of what a template's version maps."""
    for mapping in described.get("BlockDeviceMappings") or ():
        if snapshot := mapping.get("Ebs", {}).get("SnapshotId"):
            yield snapshot


def _snapshots(
    ec2: Any, mine: Filter, own: Sequence[Item], images: Iterable[Mapping[str, Any]], since: datetime
) -> Iterator[Item]:
    """Those of the project's images, and those that such an image left behind."""
    over = {one for item in own for one in item.needs}
    standing = {one["ImageId"] for one in images}
    for one in every(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        tags = tags_of(one)
        made_for = _MADE_FOR.match(one.get("Description", ""))
        left = made_for and made_for[1] not in standing and (TAG_MARK in tags or (mine.tags and mine.takes(one)))
        if one["OwnerId"] == mine.account and (one["SnapshotId"] in over or left):
            created = when(one["StartTime"].isoformat())
            size = one.get("FullSnapshotSizeInBytes")
            gib = size / 2**30 if size else one["VolumeSize"]
            name = tags.get("Name", "")
            held = _held(tags, created, since)
            yield Item(Kind.SNAPSHOT, one["SnapshotId"], name, created, tags, held=held, size_gib=gib)


def _templates(ec2: Any, mine: Filter, since: datetime) -> tuple[list[Item], list[Mapping[str, Any]]]:
    """The project's, and versions of the others."""
    found = list(every(ec2, "describe_launch_templates", "LaunchTemplates"))
    versions = _versions(ec2, found)
    items = list[Item]()
    for one in found:
        tags, created = tags_of(one), when(one["CreateTime"].isoformat())
        if not tags.get(TAG_STACK, "").startswith(f"{mine.project}/"):
            continue
        data = [version["LaunchTemplateData"] for version in versions[one["LaunchTemplateId"]]]
        needs = frozenset(reference.target for each in data for reference in named(str(each), ""))
        id_, name = one["LaunchTemplateId"], one["LaunchTemplateName"]
        items.append(Item(Kind.TEMPLATE, id_, name, created, tags, needs, _held(tags, created, since)))
    own = {item.id for item in items}
    return items, [version for id_, each in versions.items() if id_ not in own for version in each]


def _versions(ec2: Any, templates: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """By template. The newest and the default are told for all at once; of a template with more, each is asked for."""
    found: dict[str, list[Mapping[str, Any]]] = {one["LaunchTemplateId"]: [] for one in templates}
    operation, key = "describe_launch_template_versions", "LaunchTemplateVersions"
    many = {one["LaunchTemplateId"] for one in templates if one["LatestVersionNumber"] > 1}
    for version in every(ec2, operation, key, Versions=["$Latest"]):
        if version["LaunchTemplateId"] in found.keys() - many:
            found[version["LaunchTemplateId"]].append(version)
    for id_ in many:
        found[id_] = list(every(ec2, operation, key, LaunchTemplateId=id_))
    return found


def _target_groups(elb: Any, mine: Filter) -> Iterator[Item]:
    arns = [one["TargetGroupArn"] for one in every(elb, "describe_target_groups", "TargetGroups")]
    for start in range(0, len(arns), _TAGS_AT_ONCE):
        for one in elb.describe_tags(ResourceArns=arns[start : start + _TAGS_AT_ONCE])["TagDescriptions"]:
            tags = tags_of(one)
            if tags.get(TAG_STACK, "").startswith(f"{mine.project}/"):
                yield Item(Kind.TARGET_GROUP, one["ResourceArn"], tags.get("Name", ""), tags=tags, held=_held(tags))


def _held(tags: Mapping[str, str], created: datetime | None = None, since: datetime | None = None) -> str:
    if created and since and created >= since:
        return "it is younger than the window"
    if TAG_KEEP in tags:
        return f"its tag {TAG_KEEP} says {tags[TAG_KEEP]!r}"
    managed = next((key for key in tags if key.startswith("aws:")), None)
    return f"a service of AWS manages it ({managed})" if managed else ""


def _shared(permissions: Sequence[Mapping[str, str]]) -> str:
    who = [next(iter(one.values())) for one in permissions]
    return f"it is shared with {', '.join(who)}" if who else ""
