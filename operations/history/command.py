"""`python -m operations history`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.history.backend import Backend
from operations.history.changes import Told, tell
from operations.history.entries import Entry, read, read_states
from operations.history.table import as_json as plain
from operations.history.table import as_table
from operations.history.unfinished import Unfinished, unfinished
from operations.options import AsJson, Project, StackName
from operations.stack import Stack

_CHUNK = 50
"""Entries whose checkpoints are read at a time, while those of one service are looked for."""


@dataclass(frozen=True)
class History:
    """The newest entries of a stack, oldest first, and what is beside them."""

    told: Sequence[Told]
    unfinished: Unfinished | None
    missing: str | None
    """Why it is not known what served."""


def history(
    stack: StackName,
    service: Annotated[
        str | None, typer.Argument(help="Only what concerns this service: its traffic, its config, and what failed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The newest so many entries; 0 for all.")] = 20,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """Every update of a stack: when, how long, who, the commit, its result, what served after it and what changed.

    Entries are numbered by time, from 1. A killed update has none: what it changed is told before the next, or, if
    there is none yet, at the end.

    Example: python -m operations history web --stack prod --limit 50
    """
    found = look(Stack(project.resolve(), stack), service, limit or None)
    if as_json:
        rest = {"unfinished": asdict(found.unfinished) if found.unfinished else None, "missing": found.missing}
        print(json.dumps({"entries": plain(found.told), **rest}, indent=2))
        return
    show(found, service, Console(highlight=False))


def look(stack: Stack, service: str | None = None, limit: int | None = None) -> History:
    """Read the newest entries with what served after them.

    Raises:
        OperationError: the backend can't be read.
    """
    backend = Backend(stack)
    # What served before the first that is told is asked of the one before it.
    entries = read(stack, None if service or limit is None else limit + 1, backend)
    told = of_service(entries, service, limit) if service else _newest(entries, limit)
    return History(
        told, unfinished(stack, backend, entries[-1] if entries else None), backend.missing if entries else None
    )


def show(found: History, service: str | None, console: Console) -> None:
    """For people."""
    if not found.told:
        console.print("There is no such entry." if service else "The stack has never been updated.")
    else:
        console.print(as_table(found.told, service))
    if found.missing:
        console.print(f"What served is not known: {found.missing}.", markup=False, soft_wrap=True)
    if found.unfinished:
        console.print(str(found.unfinished), style="bold red", markup=False, soft_wrap=True)


def _newest(entries: Sequence[Entry], limit: int | None) -> list[Told]:
    read_states(entries)
    told = tell(entries)
    return told[-limit:] if limit else told


def of_service(entries: Sequence[Entry], service: str, limit: int | None) -> list[Told]:
    """Looked for from the newest back, so that no more checkpoints are read than needed."""
    for start in range(max(len(entries) - _CHUNK, 0), 0, -_CHUNK):
        read_states(entries[start:])
        found = [one for one in tell(entries[start + 1 :], entries[start]) if one.concerns(service)]
        if limit and len(found) >= limit:
            return found[-limit:]
    read_states(entries)
    found = [one for one in tell(entries) if one.concerns(service)]
    return found[-limit:] if limit else found
