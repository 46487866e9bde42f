"""One look at everything: what stands, who needs what, and so what would be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from components.digest import TAG_STACK
from operations.errors import OperationError
from operations.prune import inventory
from operations.prune.changes import is_gone
from operations.prune.guard import Seen
from operations.prune.items import Item, Reference
from operations.prune.plan import Action, needed, plan
from operations.prune.stacks import Stacks
from operations.prune.uses import Client, every, named_in, uses
from policies.allowed import tags_of

_AT_ONCE = 8
"""Items that AWS is asked about at the same time."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    project: str
    window: timedelta
    """How far back a release must be able to return."""
    after: timedelta
    """How long a mark waits."""
    image_tags: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Which images are the project's; without any, those whose tag `service` names one of its services."""
    image_name: str = "*"
    protect: bool = True
    allow_most: bool = False


def look(
    client: Client, told: Callable[[datetime], Stacks], wanted: Wanted, now: datetime | None = None
) -> tuple[Seen, list[Action]]:
    """Read all of it, and plan; `told` says what the stacks need, from a time on.

    Raises:
        OperationError: something can't be read: then nobody may conclude what is needed.
    """
    now = now or datetime.now(UTC)
    since = now - wanted.window
    said = told(since)
    try:
        account = client("sts").get_caller_identity()["Account"]
        tags = wanted.image_tags or {"service": sorted(said.services)}
        found = inventory.read(client, inventory.Filter(account, wanted.project, tags, wanted.image_name), since)
        references = [*said.references, *uses(client, found.templates), *_of_images(found.images)]
        sure = needed(references, found.items)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            closer = partial(_closer, client, sure)
            items = [one for one in pool.map(closer, found.items) if one]
        fleets = _fleets(client("autoscaling"), wanted.project)
    except (BotoCoreError, ClientError) as error:
        raise OperationError(f"AWS can't be asked, so nobody can tell what is needed: {error}") from None
    why = needed(references, items)
    return Seen(items, why, said.entries, said.groups, fleets), plan(
        items, why, now, wanted.after, protect=wanted.protect
    )


def _closer(client: Client, sure: Mapping[str, str], item: Item) -> Item | None:
    """None where somebody else, another prune say, has deleted it in the meantime."""
    try:
        return item if item.id in sure else inventory.looked_closer(client, item)
    except ClientError as error:
        if is_gone(error):
            return None
        raise


def _of_images(images: Sequence[Mapping[str, Any]]) -> Iterator[Reference]:
    """What images that are nobody's to prune here lie over, and were copied from."""
    for one in images:
        yield from named_in(one, f"image {one.get('Name', '')} ({one['ImageId']})", but=one["ImageId"])


def _fleets(scaling: Any, project: str) -> dict[str, str]:
    found = ((one["AutoScalingGroupName"], tags_of(one)) for one in every(scaling, _GROUPS, "AutoScalingGroups"))
    return {name: tags[TAG_STACK] for name, tags in found if tags.get(TAG_STACK, "").startswith(f"{project}/")}


_GROUPS = "describe_auto_scaling_groups"
