"""What a refresh that changes nothing found: a sentence for each property that is another one, and for what is gone.

What identifies a release is compared with what the release says, so that it is found even where somebody's `pulumi
refresh` has taken it into the state; the rest with what the last update left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import EngineEvent

from components.digest import IDENTITY, TAG_DIGEST, Kind, identity
from components.immutability import GROUP, MUTABLE, TARGET_GROUP, TEMPLATE, changes, tags_of
from components.layouts import Plan
from components.rules import TAG_WEIGHTS
from operations.drift.finding import Drift
from operations.drift.held import Held, name_of
from operations.drift.words import at, kind_words, told, value_words

_RULE = "aws:lb/listenerRule:ListenerRule"
_PARTS: Mapping[str, Kind] = {TEMPLATE: "template", GROUP: "group", TARGET_GROUP: "target_group"}

#: Told otherwise: the weights by `rollout.situation`, what is suspended by `fleets`. Desired capacity is scaling's.
_ELSEWHERE = ("desiredCapacity", "suspendedProcesses", TAG_WEIGHTS, "tagsAll")

_BY_HAND = "Put it back by hand, as `pulumi up` refuses to change a fleet in place, or raise the release's `revision`"
_REVISION = "Raise the release's `revision`: what refers to it can't follow in place"


@dataclass(frozen=True)
class Refreshed:
    """One resource as the refresh found it; values are the engine's."""

    op: str
    """same, update, or delete for what is gone."""
    urn: str
    type: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    paths: tuple[str, ...]
    """Of the properties that differ."""


def refreshed(events: Iterable[EngineEvent]) -> Iterator[Refreshed]:
    """Each resource once, from the events of a refresh."""
    for event in events:
        if event.res_outputs_event is None:
            continue
        found = event.res_outputs_event.metadata
        old, new = ({**(one.outputs or {}), **(one.inputs or {})} if one else {} for one in (found.old, found.new))
        paths = tuple(found.detailed_diff or found.diffs or ())
        yield Refreshed(found.op.value, found.urn, found.type, old, new, paths)


def properties(found: Iterable[Refreshed], held: Held, plans: Mapping[str, Plan], stack: str) -> Iterator[Drift]:
    """A sentence each."""
    up = f"`pulumi up --refresh --stack {stack}`"
    for one in found:
        service, release = held.place(one.urn)
        name = name_of(one.urn)
        kind = kind_words(one.type, name, release)
        if one.op == "delete":
            remedy = _REVISION if one.type in (TEMPLATE, TARGET_GROUP) else f"{up} makes it again"
            said = f"{release}: its {kind} is gone" if release else f"{kind} {name}: it is gone"
            yield Drift(service, release, "gone", said, remedy)
            continue
        whose = f"{release}: its {kind}'s" if release else f"{kind} {name}: its"
        for path, now, said in _identity(one, plans.get(release)):
            sentence = f"{whose} {told(path, now)}, the release says {value_words(path, said)}"
            yield Drift(service, release, "property", sentence, _BY_HAND)
        for path in _others(one):
            before = value_words(path, at(one.old, path))
            sentence = f"{whose} {told(path, at(one.new, path))}, the last update left {before}"
            is_fixed = one.type in MUTABLE and re.split(r"[.\[]", path)[0] not in MUTABLE[one.type]
            yield Drift(service, release, "property", sentence, _BY_HAND if is_fixed else f"{up} puts it back")


def _identity(one: Refreshed, planned: Plan | None) -> Iterator[tuple[str, str, str]]:
    """What identifies a release and is not as it says: path, what is, what it says."""
    if kind := _PARTS.get(one.type):
        said = planned.literals[kind] if planned and kind in planned.literals else one.old
        for change in changes(one.type, *(identity(kind, values, _layout(one)) for values in (said, one.new))):
            yield change.path, change.after, change.before


def _others(one: Refreshed) -> Iterator[str]:
    """The other properties that differ, and that nothing else tells of."""
    kind = _PARTS.get(one.type)
    identifying = IDENTITY[_layout(one)][kind] if kind else ()
    for path in one.paths:
        is_weight = one.type == _RULE and path.endswith(".weight")
        if not is_weight and not path.startswith(identifying) and not any(part in path for part in _ELSEWHERE):
            yield path


def _layout(one: Refreshed) -> int:
    return int(tags_of(one.old).get(TAG_DIGEST, "1").partition(":")[0])
