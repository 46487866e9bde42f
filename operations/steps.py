"""What a preview will do, a step a resource, in the engine's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import EngineEvent

from components.digest import TAG_RELEASE, TAG_SERVICE
from components.immutability import tags_of

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One step; inputs as the engine has them (camelCase, secrets blinded, what isn't known yet as its own marks)."""

    op: str
    """same, create, update, delete, replace, create-replacement, delete-replaced, import, read, …"""
    urn: str
    type: str
    old: Values
    old_outputs: Values
    new: Values
    keys: tuple[str, ...] = ()
    """The inputs that force a replacement."""
    diffs: tuple[str, ...] = ()
    """The inputs that differ."""
    protected: bool = False

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def kind(self) -> str:
        """The type's last word: `Group`, `LaunchTemplate`."""
        return self.type.rpartition(":")[2]

    @property
    def service(self) -> str | None:
        """The service that it is tagged with."""
        return tags_of(self.new or self.old).get(TAG_SERVICE)

    @property
    def release(self) -> str | None:
        """The release that it is tagged with."""
        return tags_of(self.new or self.old).get(TAG_RELEASE)

    @property
    def changes(self) -> bool:
        """Whether it does anything."""
        return self.op not in ("same", "read", "refresh")


def steps_of(events: Iterable[EngineEvent]) -> Iterator[Step]:
    """The steps among the engine's events, components' and providers' own left out."""
    for event in events:
        if event.resource_pre_event is None:
            continue
        found = event.resource_pre_event.metadata
        if found.type.startswith(("pulumi:providers:", "pulumi:pulumi:")) or not found.provider:
            continue
        old, new = found.old, found.new
        yield Step(
            found.op.value,
            found.urn,
            found.type,
            _values(old.inputs if old else None),
            _values(old.outputs if old else None),
            _values(new.inputs if new else None),
            tuple(found.keys or ()),
            tuple(found.diffs or ()),
            bool(old and old.protect),
        )


def _values(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if key != "__defaults"}
