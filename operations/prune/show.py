"""A prune for people and for machines. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from operations.prune.items import Item
from operations.prune.plan import Act, Action

PRICE = 0.05
"""US dollars for a GiB and month of a snapshot in the standard tier, in most regions; look yours up:
https://aws.amazon.com/ebs/pricing/"""

_SHOWN = (Act.DELETE, Act.WAIT, Act.MARK, Act.UNMARK, Act.PROTECT)


def as_table(actions: Iterable[Action], now: datetime, price: float) -> Table:
    """All but what is kept as it is."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("what")
    table.add_column("days old", justify="right")
    table.add_column("$ a month", justify="right")
    table.add_column("why")
    for action in sorted(actions, key=_rank):
        if action.act in _SHOWN:
            item = action.item
            cost = f"{item.size_gib * price:.2f}" if item.size_gib else ""
            table.add_row(action.act, str(item), _age(item, now), cost, action.why)
    return table


def summary(actions: Sequence[Action], price: float) -> str:
    """How many of each, and what they cost."""
    counts = Counter(action.act for action in actions)
    if not any(counts[act] for act in _SHOWN):
        return f"Nothing to do: all of {len(actions)} things are needed."
    told = ", ".join(f"{counts[act]} to {act}" for act in _SHOWN if counts[act])
    going = [action.item.size_gib for action in actions if action.act in (Act.DELETE, Act.WAIT, Act.MARK)]
    return (
        f"{told}; {counts[Act.KEEP]} stay as they are. The snapshots among what goes cost at most "
        f"{sum(going) * price:.2f} $ a month: an estimate, each at its full size and {price:g} $ a GiB."
    )


def as_json(action: Action, now: datetime, price: float) -> dict[str, Any]:
    """One action."""
    item = action.item
    return {
        "act": action.act,
        "kind": item.kind,
        "id": item.id,
        "name": item.name,
        "created": item.created.isoformat() if item.created else None,
        "age_days": (now - item.created).days if item.created else None,
        "marked": item.marked.isoformat() if item.marked else None,
        "dollars_a_month": round(item.size_gib * price, 2),
        "why": action.why,
    }


def _rank(action: Action) -> int:
    return _SHOWN.index(action.act) if action.act in _SHOWN else len(_SHOWN)


def _age(item: Item, now: datetime) -> str:
    return str((now - item.created).days) if item.created else ""
