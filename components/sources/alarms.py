"""CloudWatch alarms: quiet while they are OK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.gate_settings import Alarm
from components.sources.answer import Answer, State, together
from components.sources.cloudwatch import CloudWatch, answer_of

_LONGEST_REASON = 200


@dataclass(frozen=True)
class Alarms:
    """All alarms of a gate, in one call."""

    alarms: tuple[Alarm, ...]
    cloud: CloudWatch

    @property
    def name(self) -> str:
        """Who is asked."""
        return "CloudWatch, asked for alarms,"

    async def ask(self, _: datetime, /) -> Answer:
        """Whether all are OK, and since when."""
        found = await answer_of(self.cloud.alarms, [alarm.name for alarm in self.alarms])
        return found if isinstance(found, Answer) else judge(self.alarms, found)


def judge(alarms: Sequence[Alarm], found: Sequence[Mapping[str, Any]]) -> Answer:
    """What the alarms say, from DescribeAlarms' entries of them."""
    by_name = {entry["AlarmName"]: entry for entry in found}
    return together([_one(alarm, by_name.get(alarm.name)) for alarm in alarms])


def _one(alarm: Alarm, entry: Mapping[str, Any] | None) -> Answer:
    if entry is None:
        return Answer(State.UNKNOWN, f"there is no alarm {alarm.name}")
    value = entry["StateValue"]
    # When the value last changed; StateUpdatedTimestamp moves with the reason too.
    changed: datetime = entry.get("StateTransitionedTimestamp") or entry["StateUpdatedTimestamp"]
    since = changed.astimezone(UTC)
    if value == "OK" or (value == "INSUFFICIENT_DATA" and alarm.missing == "pass"):
        return Answer(State.QUIET, f"alarm {alarm.name}", since)
    state = State.LOUD if value == "ALARM" else State.UNKNOWN
    why = str(entry.get("StateReason") or "no reason given").rstrip(".")[:_LONGEST_REASON]
    return Answer(state, f"alarm {alarm.name} is in {value} since {since:%Y-%m-%d %H:%M:%S} UTC: {why}", since)
