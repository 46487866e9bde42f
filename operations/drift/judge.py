"""All that differs between a stack and the cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi.automation import EngineEvent

from components.digest import TAG_RELEASE, TAG_SERVICE
from components.layouts import Plan, plan
from components.live import Region
from components.settings import Settings
from operations.cloud import Cloud
from operations.drift.finding import Drift
from operations.drift.fleets import drift_of, loose
from operations.drift.held import Held, plans_of
from operations.drift.look import look
from operations.drift.properties import properties, refreshed
from operations.drift.words import kind_words
from operations.errors import OperationError, told
from operations.orphans import Orphan
from operations.recover import orphans_of
from operations.rollout.situation import Situation
from operations.rollout.situation import drift as drift_of_weights
from operations.stack import Stack


def judge(stack: Stack) -> list[Drift]:
    """Everything, by service and release. Nothing is changed, neither in the cloud nor in the state.

    Raises:
        OperationError: it could not be judged: AWS or the engine refuse, or an update runs or was killed.
    """
    with told():
        deployment = stack.deployment()
        if deployment.get("pending_operations"):
            raise OperationError(
                f"An update of {stack.name} runs, or was killed: what differs now is its work. Wait for it, or "
                f"`python -m operations recover --stack {stack.name}`"
            )
        held, settings = Held(deployment), _settings(stack)
        plans = plans_of(stack.last_settings(), settings)
        cloud = stack.cloud()
        found = [
            *_properties(stack, held, plans),
            *_instances(stack, held, plans, cloud),
            *_weights(stack, held, settings),
        ]
        found += [_orphaned(stack, one) for one in orphans_of(stack, deployment, cloud)]
    # What belongs to no service comes first: it touches all.
    return sorted(found, key=lambda one: (one.service, one.release))


def _settings(stack: Stack) -> Settings | None:
    """What the config asks for; a file that somebody is editing is no reason not to look."""
    try:
        return stack.settings()
    except OperationError:
        return None


def _properties(stack: Stack, held: Held, plans: Mapping[str, Plan]) -> Iterator[Drift]:
    events: list[EngineEvent] = []
    # Without the program: its hooks are about what it would do, and nothing is to be done.
    stack.engine.preview_refresh(on_event=events.append, color="never", run_program=False)
    return properties(refreshed(events), held, plans, stack.name)


def _instances(stack: Stack, held: Held, plans: Mapping[str, Plan], cloud: Cloud) -> Iterator[Drift]:
    fleets = list(held.fleets(plans))
    seen, alone = look(cloud.client, fleets, stack.owner)
    for fleet in fleets:
        if fleet.release in seen:
            yield from drift_of(fleet, seen[fleet.release])
    yield from loose(alone, fleets)


def _weights(stack: Stack, held: Held, settings: Settings | None) -> Iterator[Drift]:
    region = Region(stack.region, stack.owner, stack.profile)
    for service, releases in stack.standing().items():
        left = {name: int(one["weight"]) for name, one in releases.items()}
        # An update that failed after it moved the traffic has left the outputs of the one before: what the config asks
        # for is right too.
        declared = settings.services.get(service) if settings else None
        asked = {plan(service, one).name: one.weight for one in declared.releases} if declared else {}
        fleets = [one for one in region.fleets(service) if one.group in held.ids]  # Orphans are told of as such.
        if said := drift_of_weights(Situation(service, left, {}, ()), asked, fleets):
            up = f"`pulumi up --refresh --stack {stack.name}` puts it back"
            yield Drift(service, "", "weights", f"{service}: {said}", up)


def _orphaned(stack: Stack, one: Orphan) -> Drift:
    kind = kind_words(one.type, one.name, one.tags.get(TAG_RELEASE, ""))
    return Drift(
        one.tags.get(TAG_SERVICE, ""),
        one.tags.get(TAG_RELEASE, ""),
        "orphan",
        f"{one.name}: the {kind} {one.id} carries the stack's tags and is not in its state",
        f"`python -m operations drift --stack {stack.name} --adopt {one.id}`, or --remove",
        one.id,
    )
