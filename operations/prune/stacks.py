"""What the project's stacks need: every id that their configs, states and histories name, of whatever layout.

Read as text: an entry that today's settings don't understand names its image all the same. Secrets stay encrypted, so
an id in one is not seen; the settings refuse them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from components.immutability import GROUP
from components.settings import SERVICES
from operations.errors import OperationError
from operations.messages import first_error
from operations.prune.items import Reference

_IDS = re.compile(
    r"\b(?:ami|snap|lt)-(?:[0-9a-f]{17}|[0-9a-f]{8})\b|arn:aws[a-z-]*:elasticloadbalancing:[^\s\"']+:targetgroup/[\w-]+/\w+"
)
_AT_ONCE = 4


@dataclass(frozen=True)
class Stacks:
    """What all stacks of a project say."""

    references: Sequence[Reference]
    entries: Mapping[str, int]
    """How many entries each one's history has."""
    groups: frozenset[str]
    """Names of the Auto Scaling groups in their states."""
    services: frozenset[str]
    """Every service that a config names, now or in the window."""


@dataclass(frozen=True)
class Past:
    """One entry of a history, as the engine lists it."""

    ended: datetime
    is_update: bool
    """An update that succeeded."""
    config: Mapping[str, str] = field(default_factory=dict[str, str])


def read(folder: Path, since: datetime) -> Stacks:
    """Every stack of the project in `folder` that its backend has; entries of the history back to `since`.

    Raises:
        OperationError: one of them can't be read: nobody may conclude what it needs.
    """
    try:
        workspace = automation.LocalWorkspace(work_dir=str(folder))
        names = [stack.name for stack in workspace.list_stacks()]
    except (automation.CommandError, FileNotFoundError, ValueError) as error:
        raise OperationError(f"The project's stacks can't be listed: {first_error(str(error))}") from None
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(partial(_stack, workspace, folder, since), names))
    return Stacks(
        [one for each in found for one in each.references],
        {name: count for each in found for name, count in each.entries.items()},
        frozenset(one for each in found for one in each.groups),
        frozenset(one for each in found for one in each.services),
    )


def named(text: str, by: str) -> Iterator[Reference]:
    """What a text names."""
    return (Reference(one, by) for one in dict.fromkeys(_IDS.findall(text)))


def in_window(history: Iterable[Past], since: datetime) -> list[Past]:
    """Newest first: those since then, and of those before what was in force then: the newest, and the newest update
    that succeeded."""
    newest_first = sorted(history, key=lambda past: past.ended, reverse=True)
    older = [past for past in newest_first if past.ended < since]
    succeeded = [past for past in older if past.is_update]
    in_force = {id(past) for past in (*older[:1], *succeeded[:1])}
    return [past for past in newest_first if past.ended >= since or id(past) in in_force]


def _stack(workspace: automation.LocalWorkspace, folder: Path, since: datetime, name: str) -> Stacks:
    file = folder / f"Pulumi.{name.rpartition('/')[2]}.yaml"
    state = _asked(workspace, "stack", "export", "--stack", name)
    entries: list[dict[str, Any]] = json.loads(_asked(workspace, "stack", "history", "--json", "--stack", name, *_ALL))
    history = [_past(one) for one in entries]
    references = [*named(state, f"the state of {name}")]
    services = set[str]()
    if file.exists():
        text = file.read_text(encoding="utf-8")
        references += named(text, file.name)
        document: dict[str, Any] = yaml.safe_load(text) or {}
        config: dict[str, Any] = document.get("config") or {}
        services |= _services({SERVICES: json.dumps(config.get(SERVICES))})
    for past in in_window(history, since):
        for value in past.config.values():
            references += named(value, f"the history of {name}, {past.ended:%Y-%m-%d}")
        services |= _services(past.config)
    return Stacks(references, {name: len(history)}, _groups(state), frozenset(services))


#: Without it the CLI answers with ten.
_ALL = ("--page-size", "0")


def _asked(workspace: automation.LocalWorkspace, *words: str) -> str:
    try:
        return workspace.pulumi_command.run(list(words), workspace.work_dir, workspace.env_vars).stdout
    except automation.CommandError as error:
        name = words[words.index("--stack") + 1]
        raise OperationError(
            f"Stack {name} can't be read, so nobody can tell what it needs: {first_error(str(error))}"
        ) from None


def _past(entry: Mapping[str, Any]) -> Past:
    config: Mapping[str, Any] = entry.get("config") or {}
    return Past(
        datetime.fromisoformat(str(entry.get("endTime") or entry["startTime"]).replace("Z", "+00:00")).astimezone(UTC),
        entry["kind"] == "update" and entry["result"] == "succeeded",
        {key: str(one.get("value", "")) for key, one in config.items() if not one.get("secret")},
    )


def _groups(state: str) -> frozenset[str]:
    deployment: dict[str, Any] = json.loads(state).get("deployment") or {}
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    return frozenset(str(one["id"]) for one in resources if one["type"] == GROUP and "id" in one)


def _services(config: Mapping[str, str]) -> set[str]:
    try:
        return {*json.loads(config[SERVICES])}
    except (KeyError, TypeError, ValueError):
        return set()
