"""What is needed, and so what a prune does. Pure.

Needed is what a reference names, what is held, and whatever those need themselves. Anything else is marked; when its
mark is old enough it goes, but never before what lies over it: an image's snapshot, say, goes with the last image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from operations.prune.items import TAG_DISABLED, TAG_PROTECTED, Item, Kind, Reference


class Act(StrEnum):
    """What is done to an item."""

    KEEP = "keep"
    """Nothing: it is needed."""
    PROTECT = "protect"
    """It is needed: AWS is told to refuse its deregistration."""
    UNMARK = "unmark"
    """It is needed again: the mark goes, and what came with it."""
    MARK = "mark"
    """It is not needed: from now on it waits."""
    WAIT = "wait"
    """It is marked, and its time has not come, or something that is not deleted yet lies over it."""
    DELETE = "delete"
    """It has been marked for long enough and still nothing needs it."""


@dataclass(frozen=True)
class Action:
    """One item's lot, with the reason."""

    act: Act
    item: Item
    why: str = ""


def needed(references: Iterable[Reference], items: Iterable[Item]) -> dict[str, str]:
    """The ids of what is needed, each with who needs it.

    A reference may name what is no item; a launch template may be named by its name.
    """
    known = list(items)
    by_id = {item.id: item for item in known}
    names = {item.name: item.id for item in known if item.kind is Kind.TEMPLATE}
    why: dict[str, str] = {}
    held = [(item.id, item.held) for item in known if item.held]
    waiting = [*held, *((names.get(one.target, one.target), one.by) for one in references)]
    while waiting:
        target, by = waiting.pop()
        if target in why:
            continue
        why[target] = by
        if item := by_id.get(target):
            waiting += [(one, str(item)) for one in item.needs]
    return why


def plan(
    items: Sequence[Item], needed: Mapping[str, str], now: datetime, after: timedelta, *, protect: bool = True
) -> list[Action]:
    """What to do with each item, in the order in which it can be done; `after` is how long a mark waits."""
    due = _due([item for item in items if item.id not in needed], now, after)
    return sorted(
        (
            _of_needed(item, needed[item.id], protect) if item.id in needed else _of_unneeded(item, due, now, after)
            for item in items
        ),
        key=lambda action: _ORDER.index(action.item.kind),
    )


def _of_needed(item: Item, why: str, protect: bool) -> Action:
    if item.marked or TAG_DISABLED in item.tags:
        return Action(Act.UNMARK, item, why)
    # What is only held, by AWS Backup say, is for whoever holds it to end.
    if protect and item.kind is Kind.IMAGE and not (item.protected or item.held):
        return Action(Act.PROTECT, item, why)
    return Action(Act.KEEP, item, why)


def _of_unneeded(item: Item, due: Mapping[str, str], now: datetime, after: timedelta) -> Action:
    if item.marked is None or (item.protected and TAG_PROTECTED in item.tags):
        return Action(Act.MARK, item, "nothing needs it")
    if item.id not in due:
        return Action(Act.WAIT, item, f"until {item.marked + after:%Y-%m-%d %H:%M} UTC")
    if under := due[item.id]:
        return Action(Act.WAIT, item, f"for {under}, which goes first")
    return Action(Act.DELETE, item, f"unneeded for {(now - item.marked).days} days")


def _due(unneeded: Sequence[Item], now: datetime, after: timedelta) -> dict[str, str]:
    """Those whose time has come, each with what lies over it and stays for now, if anything does."""
    due = {item.id: "" for item in unneeded if item.marked and item.marked + after <= now}
    changed = True
    while changed:
        changed = False
        for item in unneeded:
            if due.get(item.id) == "":
                continue
            for one in item.needs:
                if due.get(one) == "":
                    due[one], changed = str(item), True
    return due


_ORDER = tuple(Kind)
