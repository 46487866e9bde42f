"""Between two shares of a canary: the gate's sources have been quiet for the time, or it failed."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from components import weights
from components.hold import Decision, Watch, verdict_of
from components.live import Region
from components.settings import Gate
from components.watching import before_retirement
from operations.rollout.outcome import FailedError
from operations.rollout.show import Show

_POLL_S = 5.0


def hold(service: str, gate: Gate, hold_s: int, since: datetime | None, region: Region, show: Show) -> None:
    """Wait until the gate's sources have been quiet for `hold_s` under the present weights; without any, so long.

    The weights hold since what the rule's own tag says, else `since`, else from now on.

    Raises:
        FailedError: loud, or not known to be quiet in the gate's time on top.
    """
    if not hold_s:
        return
    begun = since or datetime.now(UTC)
    fleets = [fleet for fleet in region.fleets(service) if fleet.weight]
    if gate.watches and (rule := fleets[0].rule):
        held = {fleet.key: fleet.weight for fleet in fleets}
        begun = weights.since(region.weights_tag(rule), held) or begun
    end = time.monotonic() + hold_s + (gate.timeout_s if gate.watches else 0)
    sources = before_retirement(service, gate, fleets, region) if gate.watches else []
    watch = Watch(sources, begun, hold_s, patient=True)
    with show.watching(lambda: region.fleets(service)) as said:
        while True:
            left = begun + timedelta(seconds=hold_s) - datetime.now(UTC)
            if sources:
                verdict, _ = asyncio.run(verdict_of(watch, end - time.monotonic()))
                if verdict.decision is Decision.OPEN:
                    return
                if verdict.decision is Decision.SHUT or time.monotonic() > end:
                    raise FailedError(verdict.why)
                said(f"gate of {service}: {verdict.why}")
            elif left <= timedelta():
                return
            else:
                said(f"held for {hold_s} s")
            time.sleep(min(_POLL_S, max(left.total_seconds(), 0.5)))
