"""The history as the page reads it: plain data, each text once, configs as what each entry changed. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from operations.history.changes import Told
from operations.history.config_lines import lines
from operations.history.entries import config_of
from operations.history.state import ByService
from operations.history.table import duration, outcome, what
from operations.history.unfinished import Unfinished

Plain = dict[str, Any]

_COLOURS = 8
"""As many has the page's style."""


def data_of(
    told: Sequence[Told],
    stack: str,
    written: datetime,
    service: str | None = None,
    unfinished: Unfinished | None = None,
    missing: str | None = None,
) -> Plain:
    """All that the page shows; of one service's releases only, if it is given."""
    releases = _Releases(service)
    entries = [_entry(one, releases, service) for one in told]
    if told:  # All of the first one's config is new to the page, also where there were entries before it.
        entries[0] |= {"gone": [], "set": [list(line) for line in lines(config_of(told[0].entry)).items()]}
    services = sorted({str(one["service"]) for one in releases.known})
    for plain, one in zip(entries, told, strict=True):
        plain["concerns"] = [name for name in services if one.concerns(name)]
    return {
        "stack": stack,
        "written": written.timestamp(),
        "services": services,
        "rollback": {name: _rollback(stack, name) for name in services} | {"": _rollback(stack)},
        "releases": releases.known,
        "entries": entries,
        "unfinished": str(unfinished) if unfinished else None,
        "missing": missing,
    }


class _Releases:
    """Each release once, by its place in `known`."""

    def __init__(self, service: str | None) -> None:
        self.known: list[Plain] = []
        self._service, self._places = service, dict[tuple[str, str], int]()

    def pairs(self, served: ByService) -> list[tuple[int, int]]:
        """Place and weight of each that stood."""
        return [
            (self._place(service, name, one.label, one.image), one.weight)
            for service, found in served.items()
            if self._service in (None, service)
            for name, one in found.items()
        ]

    def _place(self, service: str, name: str, label: str, image: str) -> int:
        if (service, name) not in self._places:
            self._places[service, name] = len(self.known)
            # Counted by service, so that a release never has the colour of the one before it.
            colour = sum(one["service"] == service for one in self.known) % _COLOURS
            told = {"service": service, "name": name, "label": label, "image": image, "colour": colour}
            self.known.append(told)
        return self._places[service, name]


def _entry(one: Told, releases: _Releases, service: str | None) -> Plain:
    entry = one.entry
    return {
        "number": entry.number,
        "kind": entry.kind,
        "result": entry.result,
        "outcome": outcome(entry),
        "started": entry.started.timestamp(),
        "ended": (entry.ended or entry.started).timestamp(),
        "took": duration(entry.seconds),
        "message": entry.message,
        "author": entry.author or "",
        "commit": entry.commit or "",
        "dirty": bool(entry.dirty),
        "resources": _counts(entry.changes),
        "served": None if entry.served is None else releases.pairs(entry.served),
        "what": what(one, service),
        "back": one.back_to,
        "unrecorded": list(entry.unrecorded),
        "gone": [each.path for each in one.config if each.after is None],
        "set": [[each.path, each.after] for each in one.config if each.after is not None],
    }


def _counts(changes: Mapping[str, int]) -> str:
    """`3 create, 2 delete`; what stays as it is comes last."""
    told: Iterable[tuple[str, int]] = sorted(changes.items(), key=lambda one: (one[0] == "same", one[0]))
    return ", ".join(f"{count} {operation}" for operation, count in told if count)


def _rollback(stack: str, service: str | None = None) -> str:
    """The command, with `{}` where the entry's number belongs."""
    what = shlex.quote(service) if service else "--whole-stack"
    return f"python -m operations rollback {what} --to {{}} --stack {shlex.quote(stack)}"
