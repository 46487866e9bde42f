"""What an entry changed against the one before it, in a few words; and whether it went back to what served earlier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from components.preview import line
from components.rules import describe_weights, shares
from operations.history.config_lines import Difference, differences
from operations.history.entries import Entry, config_of
from operations.history.state import ByService, Served


@dataclass(frozen=True)
class Told:
    """An entry with what it changed."""

    entry: Entry
    traffic: Mapping[str, str]
    """By service, from which releases and weights to which; those that are as before are left out."""
    config: Sequence[Difference]
    """What its config has otherwise than that of the entry before."""
    back_to: int | None
    """Of the entries that are told, the newest earlier one after which the traffic was shared as it is again now; None
    if it did not go back."""

    def concerns(self, service: str) -> bool:
        """Whether it changed what served of a service, or its config, or may have: it failed, or one was killed."""
        own = f"services.{service}."
        return (
            service in self.traffic
            or self.entry.result != "succeeded"
            or bool(self.entry.unrecorded)
            or any(one.path.startswith(own) for one in self.config)
        )


def tell(entries: Sequence[Entry], before: Entry | None = None) -> list[Told]:
    """Each, oldest first; `before` is the one before them, if they are not all there are.

    Raises:
        OperationError: a checkpoint can't be read.
    """
    told: list[Told] = []
    seen: dict[str, dict[frozenset[tuple[str, float]], int]] = {}
    if before:
        _see(seen, before)
    for previous, entry in zip([before, *entries], entries, strict=False):
        old, new = _served(previous), entry.served
        back = _back(seen, old, new)
        config = differences(config_of(previous), config_of(entry)) if previous else []
        told.append(Told(entry, _traffic(old, new), config, back))
        _see(seen, entry)
    return told


def _see(seen: dict[str, dict[frozenset[tuple[str, float]], int]], entry: Entry) -> None:
    for service, shared in _shared(entry.served).items():
        seen.setdefault(service, {})[shared] = entry.number


def _served(previous: Entry | None) -> ByService | None:
    """Before the first entry nothing stood."""
    return previous.served if previous else {}


def _traffic(old: ByService | None, new: ByService | None) -> dict[str, str]:
    if old is None or new is None:
        return {}
    pairs = {name: (_shown(old.get(name, {})), _shown(new.get(name, {}))) for name in sorted({*new, *old})}
    return {
        name: line(name, before, after) if after else f"{name}: {describe_weights(list(before.values()))} → gone"
        for name, (before, after) in pairs.items()
        if before != after
    }


def _shown(releases: Mapping[str, Served]) -> dict[str, tuple[str, int]]:
    return {name: (one.label, one.weight) for name, one in sorted(releases.items())}


def _back(
    seen: Mapping[str, Mapping[frozenset[tuple[str, float]], int]], old: ByService | None, new: ByService | None
) -> int | None:
    before = _shared(old)
    found = [
        seen[name][shared]
        for name, shared in _shared(new).items()
        if before.get(name, shared) != shared and shared in seen.get(name, {})
    ]
    return max(found, default=None)


def _shared(served: ByService | None) -> dict[str, frozenset[tuple[str, float]]]:
    """By service, the releases that have traffic with their shares; services without any are left out."""
    found = {
        name: frozenset((key, share) for key, share in shares(_weights(releases)).items() if share)
        for name, releases in (served or {}).items()
    }
    return {name: shared for name, shared in found.items() if shared}


def _weights(releases: Mapping[str, Served]) -> dict[str, int]:
    return {name: one.weight for name, one in releases.items()}


def stood(entry: Entry, services: Iterable[str] | None = None) -> list[str]:
    """`web 1.4.2 at 90 %, 1.5.0 at 10 %` for each service; empty where it is not known."""
    served = entry.served or {}
    wanted = served.keys() if services is None else services
    return [_of(name, served[name]) for name in sorted(wanted) if name in served]


def _of(service: str, releases: Mapping[str, Served]) -> str:
    only = next(iter(releases.values()))
    if len(releases) == 1 and only.weight:
        return f"{service} {only.label}"
    return f"{service} {describe_weights([(one.label, one.weight) for one in releases.values()])}"
