"""Gates: what must hold before traffic moves, and before a fleet is destroyed.

Both ask the cloud, not the plan, and both are judged by every run that would take the step. They are async hooks
with constant names, so the gates of many services wait side by side and a retired fleet still finds its gate.
What is judged is chosen here; waiting for it is `components.hold`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi

from components import weights
from components.capacity import Need, carried, gaining, needs
from components.digest import TAG_RELEASE, TAG_SERVICE
from components.hold import GateError, Hold, Watch
from components.immutability import tags_of
from components.live import Fleet, Region
from components.settings import Gate
from components.threads import in_thread
from components.watching import before_first_traffic, before_more_traffic, before_retirement

_SAME_AGE = timedelta(seconds=5)
"""Groups made within this time of each other may come from one update, whose order among them is chance."""


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
    _since: dict[str, datetime] = field(default_factory=dict[str, datetime], init=False)
    """By rule that is being updated, since when it has had the weights that it keeps."""
    _unruled: set[str] = field(default_factory=set[str], init=False)
    """Services of which this run deletes a traffic rule."""

    async def traffic(self, args: pulumi.ResourceHookArgs) -> None:
        """before_create and before_update of a traffic rule: whoever gains share can carry it.

        Brings each such fleet to its share of what serves at this moment, then waits for its healthy targets; then
        asks the gate's sources: about a release without traffic its probe and command, about one with some the rest.

        Raises:
            GateError: not healthy or not known to be quiet in the gate's time, or loud. The rule stays as it is.
        """
        inputs = args.new_inputs or {}
        service = tags_of(inputs)[TAG_SERVICE]
        then = _weights_of(inputs)
        region = self._region(next(iter(then)))
        found: dict[str, int] = {}

        def ask() -> list[Need]:
            fleets = [fleet for fleet in region.fleets(service) if fleet.target_group]
            now = {fleet.key: fleet.weight for fleet in fleets if fleet.weight}
            grows = gaining(now, then)
            unknown = grows - {fleet.key for fleet in fleets}
            if unknown:
                raise GateError(
                    f"no Auto Scaling group of {service} feeds {', '.join(sorted(unknown))}. Run `pulumi up` again."
                )
            # What this gate makes grow carries nothing before the weights move: as it was found, or the others' spare
            # capacity would be matched, and the next time that, too.
            sizes = {
                one.key: found.setdefault(one.key, one.desired) if one.key in grows else one.desired for one in fleets
            }
            judged = needs(fleets, then, carried(sizes, now), self._gate(service).healthy_percent)
            return [need for need in judged if need.fleet.key in grows]

        await self._remember(service, region, args.old_outputs or {}, then)
        watch = await self._before_traffic(service, region, then)
        await Hold(service, self._gate(service), region, "Traffic stays where it is").until(ask, watch)

    async def note_weights(self, args: pulumi.ResourceHookArgs) -> None:
        """after_create and after_update of a traffic rule: from now on its weights are under traffic.

        No gate: where it could not be noted, the next gate does, and the bake starts then.
        """
        inputs = args.new_inputs or {}
        if not self._gate(tags_of(inputs)[TAG_SERVICE]).watches:
            return
        from botocore.exceptions import BotoCoreError, ClientError

        rule: str = (args.new_outputs or {})["arn"]
        try:
            await _begun(self._region(rule), {rule}, _weights_of(inputs), self._since.get(rule))
        except (BotoCoreError, ClientError) as error:
            pulumi.log.warn(f"when the weights changed can't be written on {rule}: {error}")

    async def note_end(self, args: pulumi.ResourceHookArgs) -> None:
        """before_delete of a traffic rule: its service may be about to end. No gate."""
        self._unruled.add(tags_of(args.old_inputs or {})[TAG_SERVICE])

    async def retire(self, args: pulumi.ResourceHookArgs) -> None:
        """before_delete of a group: nobody sends it traffic, and those who remain can do without it.

        They are healthy, and have been quiet under traffic for as long as the gate's bake. Asked again by every run.
        A service that ends altogether has no one left to judge.

        Raises:
            GateError: it still has weight, or those who remain are not healthy and quiet in the gate's time, or loud.
        """
        inputs = args.old_inputs or {}
        tags = tags_of(inputs)
        service, region = tags[TAG_SERVICE], self._region((args.old_outputs or {})["arn"])
        fleets = await in_thread(region.fleets, service)
        own = next((fleet for fleet in fleets if fleet.group == args.id), None)
        if own is None:
            return
        if own.weight:
            raise GateError(
                f"{own.release} must not be destroyed: a traffic rule still gives it weight {own.weight}. "
                "Someone changed the rule by hand: `pulumi refresh`, then `pulumi up`."
            )
        ends = self._ends(service, tags[TAG_RELEASE], args.urn) or self._is_destroyed(service, own, fleets)
        hold = Hold(service, self._gate(service), region, f"{own.release} stays")
        if own.target_group is not None:
            serving = [fleet for fleet in fleets if fleet.weight]
            watch = None if ends else await self._before_retirement(service, region, serving)
            await hold.until(lambda: self._serving(service, region, ends), watch)
        elif not ends:
            stay = self._staying(service, fleets)
            watch = await self._before_retirement(service, region, stay)
            await hold.until(lambda: self._working(service, region), watch)

    def _ends(self, service: str, release: str, urn: str) -> bool:
        """Whether the fleet goes with its whole service: retired, or `destroy` of a release that is declared."""
        declared = self.services.get(service)
        return declared is None or (release in declared.weights and urn not in self.created)

    def _is_destroyed(self, service: str, own: Fleet, fleets: Sequence[Fleet]) -> bool:
        """Whether a balanced service goes with its stack, by a `destroy` with another release in the config than
        stands: programs are not told what runs them.

        An `up` destroys after it has created everything, and deletes the rule of a declared service only for another,
        which gives weight, or because the service leaves its balancer. So without weight anywhere it is a `destroy` if
        no declared release stands, or if this run deletes the rule and all that stand are balanced. A rule that was
        removed by hand is neither.
        """
        if self.created or own.target_group is None or any(fleet.weight for fleet in fleets):
            return False
        declared = [fleet for fleet in fleets if fleet.release in self.services[service].weights]
        return not declared or (service in self._unruled and all(fleet.target_group for fleet in declared))

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
        stay = self._staying(service, fleets)
        if not stay:
            raise GateError(
                f"no declared release of {service} stands, so none may be destroyed. Run `pulumi up` again."
            )
        leaving = sum(fleet.desired for fleet in fleets if fleet.release not in declared)
        weights = {fleet.key: declared[fleet.release] for fleet in stay}
        return needs(stay, weights, leaving, self._gate(service).healthy_percent)

    def _staying(self, service: str, fleets: Sequence[Fleet]) -> list[Fleet]:
        return [fleet for fleet in fleets if self.services[service].weights.get(fleet.release)]

    async def _before_traffic(self, service: str, region: Region, then: Mapping[str, int]) -> Watch | None:
        """What must be quiet before the weights become `then`."""
        gate = self._gate(service)
        if not (gate.watches or gate.probe or gate.command):
            return None
        fleets = [fleet for fleet in await in_thread(region.fleets, service) if fleet.target_group]
        now = {fleet.key: fleet.weight for fleet in fleets if fleet.weight}
        grows, shrinks = gaining(now, then), gaining(then, now)
        losers = [fleet for fleet in fleets if fleet.key in shrinks]
        # Back to an older release is the way out of what is loud: nothing but its health may stand in it.
        # Of two as old as each other neither is the way back, so both directions are judged.
        forward = [
            fleet
            for fleet in fleets
            if fleet.key in grows & now.keys() and any(loser.created <= fleet.created + _SAME_AGE for loser in losers)
        ]
        first = [fleet for fleet in fleets if fleet.key in grows - now.keys()]
        begun = await _begun(region, {fleet.rule for fleet in fleets if fleet.weight}, now) if forward else None
        sources = [
            *before_first_traffic(service, gate, first, region),
            *(before_more_traffic(service, gate, forward, losers, begun, region) if begun else []),
        ]
        return Watch(sources, begun) if sources else None

    async def _remember(self, service: str, region: Region, rule: Mapping[str, Any], then: Mapping[str, int]) -> None:
        """An update of something else may lose the rule's tag, but not since when its weights hold."""
        if rule and self._gate(service).watches:
            since = weights.since(await in_thread(region.weights_tag, rule["arn"]), then)
            if since is not None:
                self._since[rule["arn"]] = since

    async def _before_retirement(self, service: str, region: Region, stay: Sequence[Fleet]) -> Watch | None:
        """What must have been quiet, and since when, before one goes that does not stay."""
        gate = self._gate(service)
        if not gate.watches or not stay:
            return None
        rules = {fleet.rule for fleet in stay if fleet.rule}
        if rules:
            begun = await _begun(region, rules, {fleet.key: fleet.weight for fleet in stay})
        else:  # Workers take from their queue as soon as they stand.
            begun = max(fleet.created for fleet in stay)
        return Watch(before_retirement(service, gate, stay, region), begun, gate.bake_s, patient=True)

    def _gate(self, service: str) -> Gate:
        return self.services[service].gate if service in self.services else Gate()

    def _region(self, arn: str) -> Region:
        return Region(arn.split(":")[3], self.stack, self.profile)


def _weights_of(inputs: Mapping[str, Any]) -> dict[str, int]:
    """The weights by target group of a traffic rule's inputs."""
    groups = [group for action in inputs["actions"] for group in action["forward"]["targetGroups"]]
    return {str(group["arn"]): int(group["weight"]) for group in groups}


async def _begun(
    region: Region, rules: Collection[str | None], held: Mapping[str, int], known: datetime | None = None
) -> datetime:
    """Since when the rules have these weights; where no tag knows it they get one: since `known`, or from now on."""
    begun: list[datetime] = []
    for rule in filter(None, rules):
        since = weights.since(await in_thread(region.weights_tag, rule), held)
        if since is None:
            since = known or datetime.fromtimestamp(time.time(), UTC)
            await in_thread(region.tag_weights, rule, weights.tag(held, since))
        begun.append(since)
    return max(begun)
