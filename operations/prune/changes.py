"""What is done to one item: a call or two each, in an order in which a kill in between does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from operations.prune.items import TAG_DISABLED, TAG_MARK, TAG_PROTECTED, Item, Kind, written
from operations.prune.uses import Client

_OURS = "immutable"


def mark(client: Client, item: Item, now: datetime) -> None:
    """Note since when nothing needs it, unless that is noted already; a protection that was ours ends."""
    if item.marked is None:
        _tag(client, item, TAG_MARK, written(now))
    unprotect(client, item)


def tag_together(client: Client, items: Sequence[Item], now: datetime) -> None:
    """The marks of many items, in one call but for target groups."""
    unmarked = [item for item in items if item.marked is None]
    for item in (one for one in unmarked if one.kind is Kind.TARGET_GROUP):
        _tag(client, item, TAG_MARK, written(now))
    if others := [one.id for one in unmarked if one.kind is not Kind.TARGET_GROUP]:
        client("ec2").create_tags(Resources=others, Tags=[{"Key": TAG_MARK, "Value": written(now)}])


def unprotect(client: Client, item: Item) -> None:
    """A protection that was ours ends."""
    if item.protected and TAG_PROTECTED in item.tags:
        client("ec2").disable_image_deregistration_protection(ImageId=item.id)
        _untag(client, item, TAG_PROTECTED)


def unmark(client: Client, item: Item) -> None:
    """As if it had never been marked."""
    enable(client, item)
    _untag(client, item, TAG_MARK)


def protect(client: Client, item: Item) -> None:
    """AWS refuses to deregister the image from now on. Tagged first: what is ours is never taken for another's."""
    _tag(client, item, TAG_PROTECTED, _OURS)
    client("ec2").enable_image_deregistration_protection(ImageId=item.id)


def disable(client: Client, item: Item) -> None:
    """Nothing boots from the image any more, so that what is found of its use afterwards is all there is."""
    _tag(client, item, TAG_DISABLED, _OURS)
    client("ec2").disable_image(ImageId=item.id)


def enable(client: Client, item: Item) -> None:
    """The image boots again, if a prune ended that; one that somebody else disabled stays so."""
    if item.kind is Kind.IMAGE and TAG_DISABLED in item.tags:
        client("ec2").enable_image(ImageId=item.id)
        _untag(client, item, TAG_DISABLED)


def delete(client: Client, item: Item) -> None:
    """It is gone."""
    match item.kind:
        case Kind.TEMPLATE:
            client("ec2").delete_launch_template(LaunchTemplateId=item.id)
        case Kind.TARGET_GROUP:
            client("elbv2").delete_target_group(TargetGroupArn=item.id)
        case Kind.IMAGE:
            client("ec2").deregister_image(ImageId=item.id)
        case Kind.SNAPSHOT:
            client("ec2").delete_snapshot(SnapshotId=item.id)


def is_gone(error: ClientError) -> bool:
    """Whether AWS refuses because there is no such thing any more."""
    answer: Any = error.response
    code = str(answer["Error"]["Code"])
    return code.endswith("NotFound") or code in ("InvalidAMIID.Unavailable", "InvalidID")


def _tag(client: Client, item: Item, key: str, value: str) -> None:
    tags = [{"Key": key, "Value": value}]
    if item.kind is Kind.TARGET_GROUP:
        client("elbv2").add_tags(ResourceArns=[item.id], Tags=tags)
    else:
        client("ec2").create_tags(Resources=[item.id], Tags=tags)


def _untag(client: Client, item: Item, key: str) -> None:
    if item.kind is Kind.TARGET_GROUP:
        client("elbv2").remove_tags(ResourceArns=[item.id], TagKeys=[key])
    else:
        client("ec2").delete_tags(Resources=[item.id], Tags=[{"Key": key}])
