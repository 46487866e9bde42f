"""What a service goes back to: releases as an earlier entry left them, as today's settings understand them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from components.config_errors import from_pydantic
from components.layouts import plan
from components.release import Release
from components.rules import describe_weights
from operations.errors import OperationError
from operations.history.entries import Entry
from operations.history.state import Served
from operations.rollback.left import flaw, releases_in, standing
from operations.rollout.situation import Known, release_of

Raw = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """The releases of one service, by logical name in the order of the config, with their weights."""

    service: str
    releases: Mapping[str, Known]
    weights: Mapping[str, int]
    migrated: tuple[str, ...] = ()
    """What of an older schema was left out: the digests show that it is the same release without."""

    @property
    def entries(self) -> list[tuple[Raw, int]]:
        """For the config file."""
        return [(self.releases[name].entry, weight) for name, weight in self.weights.items()]

    def __str__(self) -> str:
        """`1.4.2`, or `1.4.2 at 90 %, 1.5.0 at 10 %`: those that have traffic."""
        found = [(self.releases[name].release.label, weight) for name, weight in self.weights.items() if weight]
        return found[0][0] if len(found) == 1 else describe_weights(found)


def goal_of(entry: Entry, service: str, entries: Sequence[Entry], today: Sequence[Raw], folder: Path) -> Goal:
    """What an entry left of a service; of one that failed or left a part alone, what had traffic after it.

    A release's content is taken from today's file if it is there, else from the entry's config, else from the newest
    config that has it. Relative files are read from `folder`.

    Raises:
        OperationError: a release is none that today's settings can make as it was, with each reason.
    """
    stood = standing(entry, [service])[service]
    wanted = _weights(entry, service, stood)
    found: dict[str, Known] = {}
    migrated: list[str] = []
    wrong: list[str] = []
    sources = [today, *(releases_in(one.config, service) for one in (entry, *reversed(entries)))]
    for place, source in enumerate(sources):
        if found.keys() >= wanted.keys():
            break
        for raw in source:
            read = _read(service, raw, wanted, folder)
            if isinstance(read, tuple):
                name, known, left_out = read
                if name not in found:
                    found[name] = known
                    migrated += [f"{known.release.label}: {one}" for one in left_out]
            elif place == 1:
                wrong += read
    missing = [stood[name].label for name in wanted if name not in found]
    if missing:
        why = "".join(f"\n  {one}" for one in wrong) or " no config of the history has it as it stood"
        raise OperationError(
            f"{', '.join(missing)} of entry {entry.number} can't be made again as it was:{why}\n"
            "Go back to another entry, or roll out a release with its image"
        )
    return Goal(service, {name: found[name] for name in wanted}, wanted, tuple(migrated))


def _weights(entry: Entry, service: str, stood: Mapping[str, Served]) -> dict[str, int]:
    """Standbys that a failed update left were never asked for as such."""
    if flaw(entry, [service]) is None:
        return {name: one.weight for name, one in stood.items()}
    asked = {str(one.get("version")) for one in releases_in(entry.config, service) if one.get("weight") == 0}
    return {name: one.weight for name, one in stood.items() if one.weight or one.label.partition(" ")[0] in asked}


def _read(service: str, raw: Raw, wanted: Collection[str], folder: Path) -> tuple[str, Known, list[str]] | list[str]:
    """Its name, what it is, and what was left out of it; or what is wrong with it, if it is to be one of the wanted.

    What the schema no longer has may be left out if the release is the same without it: its digest tells.
    """
    raw = {
        key: raw[key]
        for key in (*Release.model_fields, *(key for key in raw if key not in Release.model_fields))
        if key in raw
    }
    try:
        known = Known(raw, release_of(raw, folder))
    except ValidationError as error:
        label = raw.get("version", "a release")
        problems = [f"{label}: {one.path}: {one.message}" for one in from_pydantic(error, Release, raw)]
        unknown = [one["loc"] for one in error.errors() if one["type"] == "extra_forbidden"]
        stripped = _without(raw, unknown)
        try:
            known = Known(stripped, release_of(stripped, folder))
        except ValidationError:
            return problems
        name = plan(service, known.release).name
        left_out = [f"{'.'.join(map(str, path))} is no longer known and was left out" for path in unknown]
        return (name, known, left_out) if name in wanted else problems
    name = plan(service, known.release).name
    if name in wanted:
        return name, known, []
    return [f"{known.release.label}: it would be {name} now, which is not what stood"]


def _without(value: Any, paths: Sequence[tuple[int | str, ...]], at: tuple[int | str, ...] = ()) -> Any:
    """A copy without what lies at these paths."""
    if isinstance(value, dict):
        items = cast("Raw", value).items()
        return {key: _without(one, paths, (*at, key)) for key, one in items if (*at, key) not in paths}
    if isinstance(value, list):
        return [_without(one, paths, (*at, place)) for place, one in enumerate(cast("list[Any]", value))]
    return value
