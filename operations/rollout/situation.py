"""Where a rollout stands: read from the stack's last update and its history, compared with what the cloud says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from components.layouts import plan
from components.live import Fleet
from components.release import Release
from components.rules import describe_weights, shares
from components.settings import SERVICES, Settings
from operations.errors import OperationError
from operations.rollout.config_file import ConfigFile, Entry
from operations.rollout.planner import percent
from operations.rollout.room import Weights
from operations.stack import Stack


@dataclass(frozen=True)
class Known:
    """A release as some config has it."""

    entry: Entry
    release: Release

    @property
    def label(self) -> str:
        """How people tell it from the others."""
        return self.release.label


@dataclass(frozen=True)
class Past:
    """What one update that succeeded asked for."""

    ended: datetime | None
    weights: Weights


@dataclass(frozen=True)
class Situation:
    """Of one service: what stands, by logical name, and how it was before."""

    service: str
    weights: Weights
    """As the last completed update left them."""
    known: Mapping[str, Known]
    """Every release of the config file and of the history's newest entries."""
    pasts: tuple[Past, ...]
    """Newest first."""

    def label(self, name: str) -> str:
        """How people tell a release from the others; its logical name if no config knows it any more."""
        return self.known[name].label if name in self.known else name

    def told(self, weights: Weights) -> str:
        """`1.4.2 at 90 %, 1.5.0 at 10 %`."""
        return describe_weights([(self.label(name), weight) for name, weight in weights.items()])

    def before(self, release: str) -> Weights:
        """The newest weights in which another release had traffic and this one none; else those that hold, without it.

        Raises:
            OperationError: there never was another.
        """
        candidates = [self.weights, *(past.weights for past in self.pasts)]
        found = next((one for one in candidates if sum(one.values()) and percent(one, release) == 0), None)
        found = found or {name: weight for name, weight in self.weights.items() if name != release}
        found = {name: weight for name, weight in found.items() if name in self.known}
        if not sum(found.values()):
            raise OperationError(f"{self.service} has no release but {self.label(release)} to go back to")
        return found

    @property
    def since(self) -> datetime | None:
        """Since when an update that succeeded has left these weights; None if the history doesn't tell."""
        return self.pasts[0].ended if self.pasts and self.pasts[0].weights == self.weights else None

    def alone_since(self, release: str) -> datetime | None:
        """Since when a release has had all of the traffic."""
        since = None
        for past in self.pasts:
            if percent(past.weights, release) < 100:
                break
            since = past.ended
        return since


def read(stack: Stack, file: ConfigFile, service: str) -> Situation:
    """Read it.

    Raises:
        OperationError: the service does not stand yet.
    """
    standing = {name: int(one["weight"]) for name, one in stack.standing().get(service, {}).items()}
    if not standing:
        raise OperationError(f"Nothing stands of {service} yet: the first deploy is `pulumi up --stack {stack.name}`")
    known, pasts = dict[str, Known](), list[Past]()
    for ended, entries in ((None, file.entries()), *_history(stack, service)):
        found = [(known_, plan(service, known_.release).name) for known_ in _releases(entries, stack.folder)]
        for one, name in found:
            known.setdefault(name, one)
        if ended is not None:
            pasts.append(Past(ended, {name: one.release.weight for one, name in found}))
    return Situation(service, standing, known, tuple(pasts))


def declared(service: str, settings: Settings) -> dict[str, int]:
    """The weights that settings ask for, by logical name."""
    return {plan(service, one).name: one.weight for one in settings.services[service].releases}


def unapplied(stack: Stack, settings: Settings, service: str) -> str | None:
    """What the config asks for of another service than this one, and the last update has not left."""
    for name, releases in stack.standing().items():
        now = {key: int(one["weight"]) for key, one in releases.items()}
        if name == service or name not in settings.services or declared(name, settings) == now:
            continue
        labels = {plan(name, one).name: one.label for one in settings.services[name].releases}
        labels |= {key: str(one["label"]) for key, one in releases.items()}
        then, was = (
            describe_weights([(labels[key], weight) for key, weight in weights.items()])
            for weights in (declared(name, settings), now)
        )
        return f"{name} at {then}, and the last update left {was}" if then != was else f"other contents of {name}"
    return None


def known(service: str, entry: Entry, folder: Path) -> tuple[str, Known]:
    """An entry and its logical name.

    Raises:
        OperationError: it is no valid release, with each reason.
    """
    try:
        release = release_of(entry, folder)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise OperationError(f"The release of {service} can't be made: {wrong}") from None
    return plan(service, release).name, Known(entry, release)


def drift(situation: Situation, asked: Weights, fleets: list[Fleet]) -> str | None:
    """What the cloud's weights say otherwise than the last update, and than an update to `asked` that was killed."""
    now = {fleet.release: fleet.weight for fleet in fleets if fleet.weight}
    wanted = [{name: weight for name, weight in one.items() if weight} for one in (situation.weights, asked)]
    if not any(fleet.target_group for fleet in fleets) or shares(now) in map(shares, wanted):
        return None
    now = {name: now[name] for name in (*situation.weights, *now) if name in now}  # in one order, to be compared
    told = situation.told(wanted[0])
    return f"the listener has {situation.told(now) or 'no weights'}, the last update left {told}"


def _history(stack: Stack, service: str) -> Iterator[tuple[datetime, list[Entry]]]:
    for entry in stack.succeeded():
        found = entry.config.get(SERVICES)
        try:
            services: Any = json.loads(str(found.value)) if found else {}
            entries = services[service]["releases"]
        except (ValueError, KeyError, TypeError):
            continue
        yield (entry.end_time or entry.start_time).replace(tzinfo=UTC), entries


def _releases(entries: list[Entry], folder: Path) -> Iterator[Known]:
    """Those that today's settings understand."""
    for entry in entries:
        try:
            yield Known(entry, release_of(entry, folder))
        except ValidationError:
            continue


def release_of(entry: Entry, folder: Path) -> Release:
    """What an entry is; relative files are read from `folder`. Raises ValidationError."""
    return Release.model_validate_json(json.dumps(entry), context={"root": folder})
