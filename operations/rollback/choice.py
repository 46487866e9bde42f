"""Which entry of the history to go back to, and why each newer one is not it. Pure, but for checkpoints read late.

Entries are judged by what served after them, which is in their checkpoints; their config is only what was asked for.
The traffic's way to what serves now is a stack: each state it had is put on it, and one that it had before takes off
all that came in between. What was taken back by then is never gone back to without its number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from components.settings import SERVICES
from operations.errors import OperationError
from operations.history.entries import Entry, read_states
from operations.history.state import ByService
from operations.rollback.left import (
    Traffic,
    asked_for,
    flaw,
    labelled,
    shared,
    standing,
    weights,
    with_traffic,
)

_WINDOW = 200
"""Newest entries that are looked at first: each costs its checkpoint."""


@dataclass(frozen=True)
class Choice:
    """The entry, and what is wrong with each that is newer, newest first."""

    entry: Entry
    passed: tuple[str, ...] = ()


@dataclass
class _Level:
    """A state that the traffic had, and the entries after which it had it."""

    traffic: Traffic
    entries: list[Entry] = field(default_factory=list[Entry])


def choose(
    entries: Sequence[Entry], now: ByService, services: Collection[str], to: str | None, today: Mapping[str, str]
) -> Choice:
    """The entry numbered `to`, the newest in which a version `to` had all of the traffic, or the last good one.

    `entries` are oldest first, `now` is what stands, `today` the config. The last good one is an update that succeeded,
    with everything that it asked for, left no part of the stack alone, and after which not all that serve now had
    traffic. Where the newest update failed before it moved the traffic, it is the one that left what serves now.

    Raises:
        OperationError: there is none, with the reason for each that is not it.
    """
    if not entries:
        raise OperationError("The stack has never been updated: there is nothing to go back to")
    if to is None:
        return _last_good(entries, now, services, today)
    return _numbered(entries, int(to), services) if to.isdigit() else _of_version(entries, to, services)


def _numbered(entries: Sequence[Entry], number: int, services: Collection[str]) -> Choice:
    found = next((entry for entry in entries if entry.number == number), None)
    if found is None:
        raise OperationError(
            f"There is no entry {number}: the history has {entries[0].number} to {entries[-1].number}. "
            "`python -m operations history` lists them"
        )
    standing(found, services)
    return Choice(found)


def _of_version(entries: Sequence[Entry], version: str, services: Collection[str]) -> Choice:
    [service] = services
    some: list[str] = []
    flawed: Choice | None = None
    for entry in reversed(entries):
        # Those that never knew the version need no look at their checkpoint.
        had = labelled(entry.served, service) if version in entry.config.get(SERVICES, "") else {}
        share = sum(share for label, share in had.items() if label.partition(" ")[0] == version)
        if share == 1 and flaw(entry, services) is None:
            return Choice(entry)
        if share == 1:
            flawed = flawed or Choice(entry)
        elif share:
            some.append(f"{entry.number} ({100 * share:.3g} %)")
    if flawed:
        return flawed
    if some:
        shown = ", ".join(some[:5])
        raise OperationError(
            f"{version} never had all of {service}'s traffic. It had some after entry {shown}: name one, "
            f"--to {some[0].partition(' ')[0]}"
        )
    raise OperationError(f"No entry of the history knows that {version} served {service}. Name an entry: --to NUMBER")


def _last_good(entries: Sequence[Entry], now: ByService, services: Collection[str], today: Mapping[str, str]) -> Choice:
    passed: dict[int, str] = {}
    for window in _windows(entries):
        found, passed = _in_window(window, now, services, today)
        if found is not None:
            return Choice(found, _told(passed, found.number))
    said = _told(passed, 0)
    shown = "".join(f"\n  {one}" for one in said[:10]) + (f"\n  and {len(said) - 10} more" if len(said) > 10 else "")
    raise OperationError(
        f"The history has no entry to go back to unasked; name one with --to NUMBER, or roll out a version:{shown}"
    )


def _in_window(
    entries: Sequence[Entry], now: ByService, services: Collection[str], today: Mapping[str, str]
) -> tuple[Entry | None, dict[int, str]]:
    """The last good one, and what is wrong with each entry by its number."""
    line, passed = _line(entries, now, services)
    current = line[-1] if line else _Level(frozenset())
    serving = {(service, name) for service, name, _ in current.traffic}
    half_way = _stopped_half_way(entries, now, services, line, today)
    found: Entry | None = None
    for level in reversed(line):
        why: str | None = None
        if level is current and not half_way:
            why = "left what serves now"
        elif level is not current and serving <= {(service, name) for service, name, _ in level.traffic}:
            why = "shared the traffic with all that serve now"
        for entry in reversed(level.entries):
            reason = flaw(entry, services) or why
            if reason is None:
                found = found or entry
            else:
                passed[entry.number] = f"entry {entry.number} {reason}"
        if found:
            break
    return found, passed


def _line(entries: Sequence[Entry], now: ByService, services: Collection[str]) -> tuple[list[_Level], dict[int, str]]:
    """The states on the way to now, oldest first; and of entries that left none of them, why."""
    line: list[_Level] = []
    passed: dict[int, str] = {}
    for entry, served in [*((entry, entry.served) for entry in entries), (None, now)]:
        traffic = frozenset[tuple[str, str, float]]().union(*(shared(served, service) for service in services))
        if not traffic:
            if entry:
                passed[entry.number] = f"entry {entry.number} {flaw(entry, services)}"
            continue
        place = next((place for place, level in enumerate(line) if level.traffic == traffic), len(line))
        by = f"taken back by entry {entry.number}" if entry else "taken back since"
        for level in line[place + 1 :]:
            passed |= {one.number: f"entry {one.number} {flaw(one, services) or f'was {by}'}" for one in level.entries}
        del line[place + 1 :]
        if place == len(line):
            line.append(_Level(traffic))
        if entry:
            line[-1].entries.append(entry)
    return line, passed


def _stopped_half_way(
    entries: Sequence[Entry],
    now: ByService,
    services: Collection[str],
    line: Sequence[_Level],
    today: Mapping[str, str],
) -> bool:
    """Whether the newest update, failed or killed, was to bring something new, and left what it began without traffic.

    One that was itself on its way back to an earlier state is none: the same command goes on with that.
    """
    newest = next((entry for entry in reversed(entries) if entry.kind == "update"), None)
    if newest is None or newest.served is None:
        return False
    if newest.result == "failed":
        config, left = newest.config, newest.served
    # Not the newest entry: what recovers from a kill is a refresh, which tells of what that left.
    elif any(weights(now, service) != weights(newest.served, service) for service in services):
        config, left = today, now
    else:
        return False
    if not any(_is_begun(asked_for(config, service), left, service) for service in services):
        return False
    traffic = [with_traffic(asked_for(config, service)) for service in services]
    earlier = ([labelled(level.entries[0].served, service) for service in services] for level in line[:-1])
    return traffic not in earlier


def _is_begun(asked: Mapping[str, float], left: ByService, service: str) -> bool:
    """Whether a release that was to serve does not, or one stands without traffic that was to go."""
    standbys = (one.label for one in left.get(service, {}).values() if one.weight == 0)
    return bool(with_traffic(asked).keys() - labelled(left, service).keys()) or any(
        label not in asked for label in standbys
    )


def _windows(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for size in dict.fromkeys((min(_WINDOW, len(entries)), len(entries))):
        window = entries[-size:]
        read_states(window)
        yield window


def _told(passed: Mapping[int, str], after: int) -> tuple[str, ...]:
    return tuple(passed[number] for number in sorted(passed, reverse=True) if number > after)
