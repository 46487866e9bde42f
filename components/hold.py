"""Hold: wait until every need is met and every source has been quiet for long enough, or say why not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

import pulumi

from components.capacity import Need
from components.gate_settings import Gate
from components.live import Region
from components.rules import PREVIEW_HEADER
from components.sources.answer import Answer, Source, State, together
from components.threads import in_thread

_FIRST_POLL_S = 0.5
_SLOWEST_POLL_S = 10.0
"""Polls start quick, since most gates are soon met, and slow down, so that long ones stay cheap."""
_THROTTLED_POLL_S = 60.0
_LAST_ANSWER_S = 2.0


class GateError(Exception):
    """A gate did not open: which fleet, alarm or query, what it says, why, and what to do."""


@dataclass(frozen=True)
class Watch:
    """Who is asked, and for how long all must have been quiet under traffic that began at `begun`."""

    sources: Sequence[Source]
    begun: datetime | None
    """None where nothing has had traffic yet."""
    bake_s: int = 0
    patient: bool = False
    """Wait for what was loud before these weights already, instead of giving up: it does not speak against them."""


class Decision(Enum):
    """What becomes of a gate now."""

    OPEN = "open"
    WAIT = "wait"
    SHUT = "shut"


@dataclass(frozen=True)
class Verdict:
    """A decision, why, and in how many seconds it may be another one."""

    decision: Decision
    why: str = ""
    left_s: float = 0.0


def judge(watch: Watch, answer: Answer, now: datetime) -> Verdict:
    """What the sources' answer at `now` means for the gate. Pure."""
    begun = watch.begun
    if answer.state is State.LOUD:
        older = watch.patient and begun and answer.since and answer.since <= begun
        return Verdict(Decision.WAIT if older else Decision.SHUT, answer.reason)
    if answer.state is State.UNKNOWN:
        return Verdict(Decision.WAIT, answer.reason)
    if begun is None:
        return Verdict(Decision.OPEN)
    start = max(begun, answer.since or begun)
    quiet_s = (min(answer.until or now, now) - start).total_seconds()
    if quiet_s >= watch.bake_s:
        return Verdict(Decision.OPEN)
    if quiet_s < 0:
        return Verdict(Decision.WAIT, f"no data since {start:%H:%M:%S} UTC yet ({answer.reason})")
    who = f" ({answer.reason})" if answer.reason else ""
    return Verdict(
        Decision.WAIT, f"quiet under traffic for {quiet_s:.0f} of {watch.bake_s} s{who}", watch.bake_s - quiet_s
    )


@dataclass(frozen=True)
class Hold:
    """One gate of one service, and what stays as it is until the gate opens."""

    service: str
    gate: Gate
    region: Region
    consequence: str

    async def until(self, ask: Callable[[], Sequence[Need]], watch: Watch | None = None) -> None:
        """Ask until every need is met and then every source quiet, scaling out fleets that are too small.

        Raises:
            GateError: a source is loud, or the gate's time is up.
        """
        start, pause, said = time.monotonic(), _FIRST_POLL_S, ""
        while True:
            left = start + self.gate.timeout_s - time.monotonic()
            open_needs = await self._needs(ask, left)
            left = start + self.gate.timeout_s - time.monotonic()
            verdict, busy = (Verdict(Decision.WAIT), False) if open_needs else await verdict_of(watch, left)
            if verdict.decision is Decision.OPEN:
                return
            why = "; ".join(map(str, open_needs)) or verdict.why
            if verdict.decision is Decision.SHUT:
                raise GateError(self._refusal(why, open_needs))
            left = start + self.gate.timeout_s - time.monotonic()
            if left <= 0:
                raise GateError(self._refusal(self._late(why), open_needs))
            for need in open_needs:
                if need.fleet.desired < need.size:
                    await in_thread(self.region.set_desired, need.fleet.group, need.size)
            if why != said:
                pulumi.log.info(f"gate of {self.service}: {why}", ephemeral=True)
                said = why
            await asyncio.sleep(min(pause, left, verdict.left_s or pause))
            pause = min(pause * 2, _THROTTLED_POLL_S) if busy else min(pause * 1.5, _SLOWEST_POLL_S)

    async def _needs(self, ask: Callable[[], Sequence[Need]], left: float) -> list[Need]:
        try:
            # The last question, at the end of the time, has a moment for its answer.
            found = await asyncio.wait_for(in_thread(ask), max(left, _LAST_ANSWER_S))
        except TimeoutError:
            raise GateError(self._refusal(self._late("AWS has not told what stands"), ())) from None
        return [need for need in found if not need.met]

    def _late(self, why: str) -> str:
        return f"{why}, after {self.gate.timeout_s} s (services.{self.service}.gate.timeout_s)"

    def _refusal(self, why: str, open_needs: Sequence[Need]) -> str:
        fleet = open_needs[0].fleet if open_needs else None
        look = f" (ask it with the header {PREVIEW_HEADER}: {fleet.release})" if fleet and fleet.target_group else ""
        return (
            f"{why}. {self.consequence}. Find out why{look}; then replace the release in "
            f"services.{self.service}.releases by a good one, or by the one before to go back, and run `pulumi up`."
        )


async def verdict_of(watch: Watch | None, left: float) -> tuple[Verdict, bool]:
    """What becomes of the gate now, and whether those who were asked want to be asked less often."""
    if watch is None:
        return Verdict(Decision.OPEN), False
    now = datetime.fromtimestamp(time.time(), UTC)
    answer = together(await asyncio.gather(*(_answer(source, now, left) for source in watch.sources)))
    return judge(watch, answer, now), answer.busy


async def _answer(source: Source, now: datetime, left: float) -> Answer:
    try:
        return await asyncio.wait_for(source.ask(now), max(left, _LAST_ANSWER_S))
    except TimeoutError:
        return Answer(State.UNKNOWN, f"{source.name} has not answered")
