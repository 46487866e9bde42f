"""The entries of a stack's history: each finished update, oldest first, with what served after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pulumi.automation import UpdateSummary

from components.settings import Settings
from operations.history.backend import Backend
from operations.history.flags import targeted
from operations.history.state import ByService, State, state_of
from operations.stack import Stack

_AT_ONCE = 16
"""Checkpoints that are read at the same time."""

_BLINDED = "[secret]"


@dataclass(frozen=True)
class Entry:
    """An update of whatever kind that came to its end, well or not. A killed one leaves no entry.

    `state`, `served` and what else comes from the checkpoint is read when it is first asked for; many at once are
    read sooner by `read_states`.
    """

    number: int
    """From 1 on by time; on Pulumi Cloud, its version."""
    kind: str
    """update, refresh, destroy, import, rename, …"""
    result: str
    """succeeded, failed, or in-progress (Pulumi Cloud alone shows one that runs)."""
    started: datetime
    ended: datetime | None
    message: str
    """What it was given, or else the subject of the commit."""
    author: str | None = None
    """Of the commit that the program was at."""
    commit: str | None = None
    dirty: bool | None = None
    """Whether the folder had changes that were not committed."""
    targeted: bool | None = None
    """Whether it left a part of the stack alone: then its config is not what the whole stack is. None if not known."""
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    """By `namespace:key`, JSON or text; secrets are not in it."""
    secrets: frozenset[str] = frozenset()
    """The keys of the config that hold one."""
    changes: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many resources by operation: create, update, delete, same, …"""
    read_state: Callable[[], State | None] = field(default=lambda: None, repr=False, compare=False)

    @cached_property
    def state(self) -> State | None:
        """What its checkpoint says; None where there is none.

        Raises:
            OperationError: there is one, and it can't be read.
        """
        return self.read_state()

    def load(self) -> None:
        """Read the state now. Raises OperationError."""
        _ = self.state

    @property
    def served(self) -> ByService | None:
        """What stood and served right after it, by service and logical name; None where that is not known."""
        return self.state.served if self.state else None

    @property
    def unrecorded(self) -> tuple[str, ...]:
        """What was made or changed before it by an update that left no entry: it was killed."""
        return self.state.unrecorded if self.state else ()

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.ended - self.started).total_seconds() if self.ended else None


def read(stack: Stack, limit: int | None = None, backend: Backend | None = None) -> list[Entry]:
    """The newest `limit` entries, or all, oldest first.

    Raises:
        OperationError: the backend can't be read.
    """
    # One more than asked for: an entry's gap begins where the one before it ends.
    found = stack.history(limit and limit + 1)
    if not found:
        return []
    backend = backend or Backend(stack)
    newest = found[0].version or backend.number(found[0])
    if newest is None:
        newest = len(found := stack.history())
    entries: list[Entry] = []
    before: datetime | None = None
    for back, summary in reversed(list(enumerate(found))):
        entry = _entry(summary, summary.version or newest - back, before, backend)
        entries.append(entry)
        before = entry.ended
    return entries[-limit:] if limit else entries


def read_states(entries: Iterable[Entry]) -> None:
    """Read the checkpoints of these, several at a time.

    Raises:
        OperationError: one can't be read.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(Entry.load, entries):
            pass


def config_of(entry: Entry) -> dict[str, str]:
    """Its config as the engine has it; where a value was secret there is only a mark."""
    return {**entry.config, **dict.fromkeys(entry.secrets, _BLINDED)}


def settings_of(entry: Entry, root: Path) -> Settings:
    """Its config as today's settings understand it; relative files are read from `root`.

    Raises:
        ConfigError: they don't, with each reason.
    """
    return Settings.parse(config_of(entry), entry.secrets, root)


def _entry(summary: UpdateSummary, number: int, before: datetime | None, backend: Backend) -> Entry:
    told, started = summary.environment, summary.start_time.replace(tzinfo=UTC)

    def read_state() -> State | None:
        deployment = backend.deployment(number)
        return None if deployment is None else state_of(deployment, before, started)

    return Entry(
        number,
        summary.kind,
        summary.result,
        started,
        summary.end_time.replace(tzinfo=UTC) if summary.end_time else None,
        summary.message or "",
        told.get("git.author"),
        told.get("git.head"),
        told["git.dirty"] == "true" if "git.dirty" in told else None,
        targeted(told),
        {key: str(one.value) for key, one in summary.config.items() if not one.secret},
        frozenset(key for key, one in summary.config.items() if one.secret),
        {str(operation): count for operation, count in (summary.resource_changes or {}).items()},
        read_state,
    )
