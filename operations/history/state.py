"""What a checkpoint says of what stood when it was written, and of what was done to it without an entry. Pure.

The stack's own output (`components.preview.OUTPUT`) is not asked alone, since it does not always tell what serves:
after a targeted update it has the weights that the config asks for, although the rule was no target, or is unknown;
after an update that failed half-way it is as before, although one service's traffic has moved. So releases and weights
are those of the groups and traffic rules in the checkpoint; the output has the labels, and the weights where no
balancer serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from components.digest import TAG_RELEASE, TAG_SERVICE, TAG_VERSION
from components.immutability import GROUP, TARGET_GROUP, TEMPLATE, tags_of
from components.preview import OUTPUT

RULE = "aws:lb/listenerRule:ListenerRule"

_STACK = "pulumi:pulumi:Stack"

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Served:
    """A release that stood: its image, and its share of the service's traffic relative to the other weights."""

    label: str
    image: str
    weight: int
    """0 on a standby; for a service without a balancer, what the last completed update declared."""
    group: str
    """The Auto Scaling group's name."""


ByService = Mapping[str, Mapping[str, Served]]
"""By service and logical name. A service that does not stand is not in it."""


@dataclass(frozen=True)
class State:
    """What one checkpoint says."""

    served: ByService = field(default_factory=dict[str, Mapping[str, Served]])
    unrecorded: tuple[str, ...] = ()
    """What was made or changed between the entry before and this one, by an update without an entry."""
    pending: tuple[str, ...] = ()
    """What was begun, and nobody knows the end of."""


def state_of(deployment: Mapping[str, Any], since: datetime | None = None, until: datetime | None = None) -> State:
    """Read a deployment; times in it after `since` and before `until` are of no entry."""
    listed: list[dict[str, Any]] = deployment.get("resources") or []
    operations: list[dict[str, Any]] = deployment.get("pending_operations") or []
    resources = [one for one in listed if not one.get("delete")]
    return State(
        _served(resources),
        tuple(_named(one["urn"]) for one in resources if since and until and _touched(one, since, until)),
        tuple(f"{one['type']} {_named(one['resource']['urn'])}" for one in operations),
    )


def _served(resources: Iterable[Resource]) -> dict[str, dict[str, Served]]:
    found = list(resources)
    outputs: list[Any] = [one.get("outputs") or {} for one in _of(found, _STACK)]
    told = outputs[0].get(OUTPUT) if outputs else None
    images = {tags_of(one["inputs"]).get(TAG_RELEASE): one["inputs"].get("imageId") for one in _of(found, TEMPLATE)}
    weights = _weights(found)
    served: dict[str, dict[str, Served]] = {}
    for group in _of(found, GROUP):
        tags = tags_of(group["inputs"])
        service, release = tags.get(TAG_SERVICE), tags.get(TAG_RELEASE)
        if service is None or release is None:
            continue
        said: Any = _said(told, service).get(release, {})
        weight = weights[service].get(release, 0) if service in weights else int(said.get("weight", 0))
        label, image = said.get("label", tags.get(TAG_VERSION, release)), images.get(release) or said.get("image", "")
        served.setdefault(service, {})[release] = Served(str(label), str(image), weight, str(group.get("id", "")))
    return {service: _in_order(found, _said(told, service)) for service, found in served.items()}


def _in_order(found: dict[str, Served], said: Mapping[str, Any]) -> dict[str, Served]:
    """As the output has them, which is the config's order; then what it does not know."""
    return {name: found[name] for name in dict.fromkeys([*said, *found]) if name in found}


def _weights(resources: Iterable[Resource]) -> dict[str, dict[str, int]]:
    """By service and release, as the traffic rules have them."""
    found = list(resources)
    releases = {
        str(one["outputs"].get("arn")): tags_of(one["inputs"]).get(TAG_RELEASE, "") for one in _of(found, TARGET_GROUP)
    }
    rules = [(tags_of(one["inputs"]), one) for one in _of(found, RULE)]
    return {
        tags[TAG_SERVICE]: {releases.get(arn, arn): weight for arn, weight in _forwards(rule)}
        for tags, rule in rules
        # A preview rule is of one release, a traffic rule of a service.
        if TAG_SERVICE in tags and TAG_RELEASE not in tags
    }


def _forwards(rule: Resource) -> Iterator[tuple[str, int]]:
    actions: list[Any] = rule["outputs"].get("actions") or []
    for action in actions:
        forward: dict[str, Any] = action.get("forward") or {}
        groups: list[dict[str, Any]] = forward.get("targetGroups") or []
        yield from ((str(group.get("arn")), int(group.get("weight") or 0)) for group in groups)


def _said(told: Any, service: str) -> dict[str, Any]:
    """What the output says of a service; nothing where the engine never knew it, and keeps it as an unknown."""
    try:
        return {name: one for name, one in told[service].items() if isinstance(one, dict)}
    except (KeyError, TypeError, AttributeError):
        return {}


def _of(resources: Iterable[Resource], kind: str) -> Iterator[Resource]:
    return (one for one in resources if one["type"] == kind)


def _touched(resource: Resource, since: datetime, until: datetime) -> bool:
    """Whether it was made or changed in between; an entry's times are whole seconds, rounded down."""
    times = (resource.get(key) for key in ("created", "modified"))
    return any(since + timedelta(seconds=1) <= _when(time) < until for time in times if time)


def _when(text: str) -> datetime:
    """The engine writes nanoseconds, which Python's datetime does not take."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00") + timedelta(microseconds=int((rest or "0").ljust(6, "0")[:6]))


def _named(urn: str) -> str:
    """`Group web-1.4.2-ec8a1378`."""
    kind, _, name = urn.split("::", 2)[-1].rpartition("::")
    return f"{kind.rpartition(':')[2]} {name}"
