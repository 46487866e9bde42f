"""The history as a table for people, and as plain data for machines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import tzinfo
from typing import Any

from rich.table import Table
from rich.text import Text

from operations.history.changes import Told, stood
from operations.history.config_lines import brief
from operations.history.entries import Entry

_LINES = 3
"""Lines of what an entry changed, before the rest is only counted."""

_SERVICES = 4
"""As many are told of each time; of more, only those that changed."""

_STYLES = {"succeeded": "green", "failed": "bold red", "in-progress": "yellow"}


def as_table(found: Sequence[Told], service: str | None = None, zone: tzinfo | None = None) -> Table:
    """Oldest first, times in `zone` or the local one; readable at 100 columns."""
    table = Table(box=None, padding=(0, 1, 1, 0), header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("who", max_width=12)
    table.add_column("result", max_width=10)
    table.add_column("after it", min_width=14, ratio=2)
    table.add_column("what", ratio=3, min_width=28)
    for one in found:
        if one.entry.unrecorded:
            table.add_row("", "", "", "", Text("killed", "bold red"), "", Text(gap(one.entry), "red"))
        table.add_row(*_row(one, service, zone))
    return table


def as_json(found: Sequence[Told]) -> list[dict[str, Any]]:
    """Oldest first; of secrets only the keys."""
    return [_plain(one) for one in found]


def gap(entry: Entry) -> str:
    """What was done before an entry without one."""
    first, rest = entry.unrecorded[0], len(entry.unrecorded) - 1
    return f"an update that left no entry changed {first}{f' and {rest} more' if rest else ''}"


def duration(seconds: float | None) -> str:
    """`8 s`, `3 min`, `1 h 5 min`."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def outcome(entry: Entry) -> str:
    """`succeeded`, `refresh failed`, `targeted`: what is not an ordinary update is told."""
    words = [entry.kind] if entry.kind != "update" else []
    words += ["targeted"] if entry.targeted else []
    return " ".join([*words, entry.result])


def what(one: Told, service: str | None = None) -> list[str]:
    """What it changed, a line each: traffic first."""
    lines = [line for name, line in one.traffic.items() if service in (None, name)]
    if one.back_to is not None:
        lines.append(f"back to what #{one.back_to} served")
    # What traffic tells already is not told again.
    return lines + brief(each for each in one.config if not one.traffic or ".releases[" not in each.path)


def _row(one: Told, service: str | None, zone: tzinfo | None) -> list[Text]:
    entry = one.entry
    lines = what(one, service)
    more = [f"{len(lines) - _LINES + 1} more"] if len(lines) > _LINES else []
    told = Text(entry.message.split("\n", 1)[0], "bold")
    for line in [*lines[: _LINES - len(more)], *more]:
        told.append(f"\n{_shortened(line)}", "not bold")
    return [
        Text(str(entry.number)),
        Text(f"{entry.started.astimezone(zone):%d %b %H:%M}\n{_commit(entry)}"),
        Text(duration(entry.seconds)),
        Text(entry.author or ""),
        Text(outcome(entry), _STYLES.get(entry.result, "")),
        Text(_after(one, service)),
        told,
    ]


def _after(one: Told, service: str | None) -> str:
    """What served after it; of many services only those that it changed."""
    served = one.entry.served
    if served is None:
        return "not known"
    if service or len(served) <= _SERVICES:
        return "\n".join(stood(one.entry, service and [service]))
    rest = len(served) - len(one.traffic.keys() & served.keys())
    return "\n".join([*stood(one.entry, one.traffic), f"{rest} as before"])


def _commit(entry: Entry) -> str:
    return f"{(entry.commit or '')[:8]}{' dirty' if entry.dirty else ''}"


def _shortened(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:89]}…"


def _plain(one: Told) -> dict[str, Any]:
    entry = one.entry
    served = None
    if entry.served is not None:
        served = {name: {key: asdict(each) for key, each in found.items()} for name, found in entry.served.items()}
    return {
        "number": entry.number,
        "kind": entry.kind,
        "result": entry.result,
        "started": entry.started.isoformat(),
        "ended": entry.ended.isoformat() if entry.ended else None,
        "seconds": entry.seconds,
        "message": entry.message,
        "author": entry.author,
        "commit": entry.commit,
        "dirty": entry.dirty,
        "targeted": entry.targeted,
        "resources": dict(entry.changes),
        "served": served,
        "traffic": dict(one.traffic),
        "back_to": one.back_to,
        "config": [asdict(each) for each in one.config],
        "secrets": sorted(entry.secrets),
        "unrecorded": list(entry.unrecorded),
    }
