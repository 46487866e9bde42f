"""What a rollback will do, in the words of whoever is asked whether it may."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from components.settings import SERVICES
from operations.history.config_lines import differences
from operations.history.entries import Entry
from operations.history.state import ByService
from operations.rollback.git import Checkout
from operations.rollback.goal import Goal
from operations.rollback.whole import Config
from operations.steps import Step

_VERBS = {"create": "create", "update": "update", "delete": "destroy"}


def entry_told(entry: Entry) -> str:
    """`entry 7, Ann, 2026-03-01 10:30 UTC, commit 3f9a1c2b: web 1.4.2`."""
    commit = f"commit {entry.commit[:8]}{' with changes' if entry.dirty else ''}" if entry.commit else ""
    parts = (f"to entry {entry.number}", entry.author, f"{entry.started:%Y-%m-%d %H:%M} UTC", commit)
    subject = entry.message.split("\n", 1)[0]
    return f"{', '.join(filter(None, parts))}{f': {subject}' if subject else ''}"


def fleets_told(goals: Iterable[Goal], now: ByService) -> Iterator[str]:
    """Of each release whether it stands, and of those that leave that they do."""
    for goal in goals:
        standing = now.get(goal.service, {})
        for name, known in goal.releases.items():
            if name in standing:
                yield f"{goal.service} {known.release.label} stands: it takes its share at once"
            else:
                yield f"{goal.service} {known.release.label} is made anew, and gets its share once it is healthy"
        for name, one in standing.items():
            if name not in goal.weights:
                yield f"{goal.service} {one.label} is destroyed once the others serve"
        yield from (f"{goal.service} {one}" for one in goal.migrated)


def kept_told(entry: Entry, today: Config, goal: Goal) -> Iterator[str]:
    """What the service has otherwise today than then, and keeps."""
    then, now = (_settings_of(config, goal.service) for config in (entry.config, today))
    for one in differences(then, now):
        yield f"{goal.service} keeps what it has today: {one}"


def program_told(entry: Entry, checkout: Checkout, *, of_then: bool) -> Iterator[str]:
    """How the program differs from the one that the entry was made with, and which will run."""
    if entry.commit is None:
        return
    short, differs = entry.commit[:8], checkout.difference(entry.commit)
    if of_then:
        yield f"the program of then runs: commit {short}"
        return
    if differs is None:
        yield f"the program of entry {entry.number} can't be compared: commit {short} is not in this clone"
    elif differs:
        lines = "".join(f"\n    {line.strip()}" for line in differs.splitlines())
        yield f"today's program runs; commit {short} had another one (--program-of-then runs that):{lines}"


def steps_told(steps: Sequence[Step]) -> Iterator[str]:
    """Each that does something, in order."""
    for step in steps:
        if step.changes:
            yield f"{_VERBS.get(step.op, step.op)} {step.kind} {step.name}"


def _settings_of(config: Mapping[str, str], service: str) -> dict[str, str]:
    """A service's settings without its releases, as a config."""
    try:
        found: dict[str, Any] = json.loads(config[SERVICES])[service]
        return {key: json.dumps(one) for key, one in found.items() if key != "releases"}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
