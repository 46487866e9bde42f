"""What a source answers, and what many answers say together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol


class State(IntEnum):
    """What is known now; of two answers the higher one counts."""

    QUIET = 0
    UNKNOWN = 1
    """No data, or nobody to ask: not a pass, but it may become one."""
    LOUD = 2


@dataclass(frozen=True)
class Answer:
    """One source's answer at one moment."""

    state: State
    reason: str
    """Which alarm, metric or query, and what it says."""
    since: datetime | None = None
    """When this state began, as far as the source looks back; None if it has no time, as a probe's has none."""
    until: datetime | None = None
    """How far the evidence reaches; None up to the moment of asking."""
    busy: bool = False
    """The one who was asked wants to be asked less often."""


class Source(Protocol):
    """Something that can be asked at any time, and as often."""

    @property
    def name(self) -> str:
        """Who is asked, as a sentence begins: for when there is no answer."""
        ...

    async def ask(self, now: datetime, /) -> Answer:
        """The answer at this moment. Never raises for want of data: that is UNKNOWN."""
        ...


@dataclass(frozen=True)
class Subject:
    """A release that is judged, with what the placeholders of its dimensions and queries stand for."""

    service: str
    release: str
    group: str
    target_group: str | None = None
    """ARNs, both; None without a balancer."""
    balancer: str | None = None

    def expand(self, text: str) -> str:
        """The text with every placeholder replaced by this release's own."""
        for name, value in self._values().items():
            text = text.replace(f"${{{name}}}", value)
        return text

    def _values(self) -> Mapping[str, str]:
        values = {"service": self.service, "release": self.release, "group": self.group}
        if self.target_group:
            # As CloudWatch's dimensions have it: targetgroup/name/id, and app/name/id of the balancer.
            values["target_group"] = self.target_group.rpartition(":")[2]
        if self.balancer:
            values["balancer"] = self.balancer.rpartition(":loadbalancer/")[2]
        return values


@dataclass(frozen=True)
class Reading:
    """The value that was measured at a time; None where there was no data."""

    start: datetime
    value: float | None


def run_of(readings: Sequence[Reading], states: Sequence[State]) -> tuple[State, datetime]:
    """The state of the last of these (not empty) and when it began, without another between."""
    state, since = states[-1], readings[-1].start
    for reading, one in zip(reversed(readings), reversed(states), strict=True):
        if one != state:
            break
        since = reading.start
    return state, since


def together(answers: Sequence[Answer]) -> Answer:
    """All of them as one: the worst state with its reasons, the latest start, the shortest reach."""
    if not answers:
        return Answer(State.QUIET, "")
    state = max(answer.state for answer in answers)
    reasons = dict.fromkeys(answer.reason for answer in answers if answer.state == state)
    since = [answer.since for answer in answers if answer.state == state and answer.since]
    until = [answer.until for answer in answers if answer.state == state and answer.until]
    return Answer(
        state,
        "; ".join(filter(None, reasons)),
        max(since, default=None),
        min(until, default=None),
        any(answer.busy for answer in answers),
    )


def seconds(amount: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=amount)
