"""Gates: what must hold before traffic moves, and before a fleet is destroyed.

Both ask the cloud, not the plan, and both are judged by every run that would take the step. They are async hooks
with constant names, so the gates of many services wait side by side and a retired fleet still finds its gate.
Further conditions (alarms, metrics) belong beside `_hold`, as questions that are asked until they are answered yes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pulumi

from components.capacity import Need, gaining, needs
from components.digest import TAG_RELEASE, TAG_SERVICE
from components.immutability import tags_of
from components.live import Fleet, Region
from components.rules import PREVIEW_HEADER
from components.settings import Gate

_FIRST_POLL_S = 0.5
_SLOWEST_POLL_S = 10.0
"""Polls start quick, since most gates are soon met, and slow down, so that long ones stay cheap."""


_T = TypeVar("_T")
_THREADS = ThreadPoolExecutor(16, "gate")
"""Not the event loop's own: there a registration holds a thread until its gate opens, so with enough of them none would
be left for the gates to ask with, and all would wait for ever."""


class GateError(Exception):
    """A gate did not open: which fleet, what it has of what it needs, why, and what to do."""


@dataclass(frozen=True)
class ServiceGate:
    """What the gates know of a declared service: its settings, and the weight of each release by logical name."""

    gate: Gate
    weights: Mapping[str, int]


@dataclass(frozen=True)
class Gates:
    """The gates of a program, over the services that it declares by name."""

    stack: str
    """As the resources' tags name it."""
    services: Mapping[str, ServiceGate]
    profile: str | None = None
    created: Collection[str] = ()
    """URNs that this run creates, as `Immutability` notes them."""

    async def traffic(self, args: pulumi.ResourceHookArgs) -> None:
        """before_create and before_update of a traffic rule: whoever gains share can carry it.

        Brings each such fleet to its share of what serves at this moment, then waits for its healthy targets.

        Raises:
            GateError: not healthy in the gate's time. The rule stays as it is.
        """
        inputs = args.new_inputs or {}
        service = tags_of(inputs)[TAG_SERVICE]
        then = _weights_of(inputs)
        region = self._region(next(iter(then)))

        def ask() -> list[Need]:
            fleets = [fleet for fleet in region.fleets(service) if fleet.target_group]
            now = {fleet.key: fleet.weight for fleet in fleets if fleet.weight}
            carried = sum(fleet.desired for fleet in fleets if fleet.weight)
            grows = gaining(now, then)
            unknown = grows - {fleet.key for fleet in fleets}
            if unknown:
                raise GateError(
                    f"no Auto Scaling group of {service} feeds {', '.join(sorted(unknown))}. Run `pulumi up` again."
                )
            judged = needs(fleets, then, carried, self._gate(service).healthy_percent)
            return [need for need in judged if need.fleet.key in grows]

        await self._hold(service, region, ask, "Traffic stays where it is")

    async def retire(self, args: pulumi.ResourceHookArgs) -> None:
        """before_delete of a group: nobody sends it traffic, and those who remain can do without it.

        Asked again by every run. A service that ends altogether has no one left to judge.

        Raises:
            GateError: it still has weight, or the remaining fleets are not healthy in the gate's time.
        """
        inputs = args.old_inputs or {}
        tags = tags_of(inputs)
        service, region = tags[TAG_SERVICE], self._region((args.old_outputs or {})["arn"])
        fleets = await _in_thread(region.fleets, service)
        own = next((fleet for fleet in fleets if fleet.group == args.id), None)
        if own is None:
            return
        if own.weight:
            raise GateError(
                f"{own.release} must not be destroyed: a traffic rule still gives it weight {own.weight}. "
                "Someone changed the rule by hand: `pulumi refresh`, then `pulumi up`."
            )
        ends = self._ends(service, tags[TAG_RELEASE], args.urn)
        if own.target_group is not None:
            await self._hold(service, region, lambda: self._serving(service, region, ends), f"{own.release} stays")
        elif not ends:
            await self._hold(service, region, lambda: self._working(service, region), f"{own.release} stays")

    def _ends(self, service: str, release: str, urn: str) -> bool:
        """Whether the fleet goes with its whole service: retired, or `destroy` of a release that is declared."""
        declared = self.services.get(service)
        return declared is None or (release in declared.weights and urn not in self.created)

    def _serving(self, service: str, region: Region, ends: bool) -> list[Need]:
        """What the fleets with weight must have. When a service ends its rule goes first, so there are none."""
        fleets = [fleet for fleet in region.fleets(service) if fleet.weight]
        if not fleets and not ends:
            raise GateError(
                f"no traffic rule gives any release of {service} weight, so none may be destroyed. "
                "Someone removed the rule by hand: `pulumi refresh`, then `pulumi up`."
            )
        return needs(fleets, {}, 0, self._gate(service).healthy_percent)

    def _working(self, service: str, region: Region) -> list[Need]:
        """What the declared fleets without a balancer must have, to take over from those that retire."""
        declared: Mapping[str, int] = self.services[service].weights
        fleets = region.fleets(service)
        stay = [fleet for fleet in fleets if declared.get(fleet.release)]
        if not stay:
            raise GateError(
                f"no declared release of {service} stands, so none may be destroyed. Run `pulumi up` again."
            )
        carried = sum(fleet.desired for fleet in fleets if fleet.release not in declared)
        weights = {fleet.key: declared[fleet.release] for fleet in stay}
        return needs(stay, weights, carried, self._gate(service).healthy_percent)

    async def _hold(self, service: str, region: Region, ask: Callable[[], Sequence[Need]], consequence: str) -> None:
        """Ask until every need is met, scaling out fleets that are too small; raise when the time is up."""
        gate = self._gate(service)
        start, pause, said = time.monotonic(), _FIRST_POLL_S, ""
        while True:
            open_needs = [need for need in await _in_thread(ask) if not need.met]
            if not open_needs:
                return
            waited = time.monotonic() - start
            if waited >= gate.timeout_s:
                raise GateError(_refusal(service, open_needs, gate, consequence))
            for need in open_needs:
                if need.fleet.desired < need.size:
                    await _in_thread(region.set_desired, need.fleet.group, need.size)
            state = "; ".join(map(str, open_needs))
            if state != said:
                pulumi.log.info(f"gate of {service}: {state}", ephemeral=True)
                said = state
            await asyncio.sleep(min(pause, max(gate.timeout_s - waited, 0)))
            pause = min(pause * 1.5, _SLOWEST_POLL_S)

    def _gate(self, service: str) -> Gate:
        return self.services[service].gate if service in self.services else Gate()

    def _region(self, arn: str) -> Region:
        return Region(arn.split(":")[3], self.stack, self.profile)


async def _in_thread(ask: Callable[..., _T], *arguments: object) -> _T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, partial(ask, *arguments))


def _weights_of(inputs: Mapping[str, Any]) -> dict[str, int]:
    """The weights by target group of a traffic rule's inputs."""
    groups = [group for action in inputs["actions"] for group in action["forward"]["targetGroups"]]
    return {str(group["arn"]): int(group["weight"]) for group in groups}


def _refusal(service: str, open_needs: Sequence[Need], gate: Gate, consequence: str) -> str:
    fleet: Fleet = open_needs[0].fleet
    look = f" (ask it with the header {PREVIEW_HEADER}: {fleet.release})" if fleet.target_group else ""
    return (
        f"{'; '.join(map(str, open_needs))}, after {gate.timeout_s} s (services.{service}.gate.timeout_s). "
        f"{consequence}. Find out why{look}; then replace the release in services.{service}.releases by a good one, "
        "or by the one before to go back, and run `pulumi up`."
    )
