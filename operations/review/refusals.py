"""What a preview must not hold. Pure: over the steps, and what is known of the fleets at this moment.

Hooks and policies refuse some of it earlier; they can be left out of a run, and neither sees the order of the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.immutability import GROUP, MUTABLE, TARGET_GROUP, TEMPLATE, changes
from operations.steps import Step

_FLEET = (TEMPLATE, GROUP, TARGET_GROUP)
_RULES = ("aws:lb/listenerRule:ListenerRule", "aws:alb/listenerRule:ListenerRule")
#: Taken away before its successor stands, each of these is an outage.
_CHAIN = (
    *_FLEET,
    *_RULES,
    "aws:alb/targetGroup:TargetGroup",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/listener:Listener",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:iam/role:Role",
    "aws:iam/instanceProfile:InstanceProfile",
)
_DATA = (
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/accessPoint:AccessPoint",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:dynamodb/table:Table",
    "aws:ebs/volume:Volume",
    "aws:rds/instance:Instance",
    "aws:rds/cluster:Cluster",
    "aws:ecr/repository:Repository",
)
_GONE = ("delete", "delete-replaced")
_REPLACED = ("replace", "create-replacement")


@dataclass(frozen=True)
class Refusal:
    """One reason why a preview is refused."""

    rule: str
    resource: str
    why: str
    way_out: str


@dataclass(frozen=True)
class World:
    """What is known beside the steps."""

    accepted: Collection[str] = ()
    """Logical names of data resources whose change is meant."""
    live: Mapping[str, int] | None = None
    """How many instances each group has now, by its physical name; None if nobody could be asked."""
    promised: Mapping[str, int] | None = None
    """The smallest capacity of each declared service."""


def refusals(steps: Sequence[Step], world: World) -> list[Refusal]:
    """Every reason, in the order of the rules."""
    return [refusal for rule in _RULES_OF_REVIEW for refusal in rule(steps, world)]


def _in_place(steps: Sequence[Step], _world: World) -> Iterator[Refusal]:
    for step in steps:
        if step.op == "update" and step.type in MUTABLE:
            found = changes(step.type, step.old, step.new)
            if found:
                what = "; ".join(f"{one.path} from {one.before} to {one.after}" for one in found)
                yield Refusal(
                    "changed-in-place",
                    step.name,
                    f"{step.kind} {step.name} would change in place: {what}",
                    "Give the new content a new release",
                )


def _replaced_inside(steps: Sequence[Step], _world: World) -> Iterator[Refusal]:
    seen: set[str] = set()
    for step in steps:
        if step.op in _REPLACED and step.type in _FLEET and step.urn not in seen:
            seen.add(step.urn)
            yield Refusal(
                "replaced-inside-a-release",
                step.name,
                f"{step.kind} {step.name} would be replaced under its own name ({_why(step)}), "
                "and the old one destroyed whether or not the new one is healthy",
                "Give the new content a new release, or raise its `revision`",
            )


def _why(step: Step) -> str:
    return ", ".join(step.keys) or "asked for"


def _deleted_first(steps: Sequence[Step], _world: World) -> Iterator[Refusal]:
    created = {step.urn: place for place, step in enumerate(steps) if step.op == "create-replacement"}
    for place, step in enumerate(steps):
        if step.op == "delete-replaced" and step.type in _CHAIN and created.get(step.urn, -1) > place:
            yield Refusal(
                "deleted-before-created",
                step.name,
                f"{step.kind} {step.name} would be deleted before its replacement exists",
                "Take away its fixed name, or set delete_before_replace=False",
            )


def _data_touched(steps: Sequence[Step], world: World) -> Iterator[Refusal]:
    for step in steps:
        if step.type not in _DATA or step.name in world.accepted:
            continue
        changed = [one for one in step.diffs if one not in ("tags", "tagsAll")]
        if step.op in (*_GONE, *_REPLACED):
            verb = "deleted" if step.op == "delete" else "replaced"
            why = f"{step.kind} {step.name} holds data and would be {verb}"
        elif step.op == "update" and changed:
            why = f"{step.kind} {step.name} holds data and would change: {', '.join(changed)}"
        else:
            continue
        yield Refusal("data-touched", step.name, why, f"If it is meant, say so: --accept {step.name}")


def _weight_left(steps: Sequence[Step], _world: World) -> Iterator[Refusal]:
    weights = _weights(steps)
    for step in steps:
        if step.op not in _GONE or step.type not in (GROUP, TARGET_GROUP):
            continue
        arns = step.old.get("targetGroupArns") or [step.old_outputs.get("arn")]
        held = [f"{name} (weight {weights[arn][1]:g})" for arn in arns if arn in weights for name in [weights[arn][0]]]
        if held:
            yield Refusal(
                "deleted-with-traffic",
                step.name,
                f"{step.kind} {step.name} would be deleted while rule {', '.join(held)} still sends it traffic",
                "Take its weight away first",
            )


def _weights(steps: Sequence[Step]) -> dict[str, tuple[str, float]]:
    """By target group, the traffic rule that will give it weight, and how much; preview rules have no weights."""
    found: dict[str, tuple[str, float]] = {}
    for step in steps:
        if step.type in _RULES and step.op not in _GONE:
            for group in _forwarded(step.new):
                weight = float(group.get("weight", 1))
                if weight:
                    found[str(group.get("arn"))] = (step.name, weight)
    return found


def _forwarded(inputs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    actions: list[Any] = inputs.get("actions") or []
    for action in actions:
        forward: Mapping[str, Any] = action.get("forward") or {}
        yield from forward.get("targetGroups") or []


def _capacity_lost(steps: Sequence[Step], world: World) -> Iterator[Refusal]:
    for step in steps:
        if step.type != GROUP or step.op != "update":
            continue
        now = (world.live or {}).get(str(step.old_outputs.get("name")))
        most = step.new.get("maxSize")
        if now is not None and isinstance(most, int | float) and most < now:
            yield Refusal(
                "capacity-lost",
                step.name,
                f"{step.name} has {now} instances now and would be cut to {most:g} at once",
                "Let scaling take it down first, or keep capacity.max above what serves",
            )
    for service, least in (world.promised or {}).items():
        groups = [step for step in steps if step.type == GROUP and step.service == service and step.op not in _GONE]
        most = sum(float(step.new.get("maxSize") or 0) for step in groups)
        if groups and most < least:
            yield Refusal(
                "capacity-lost",
                service,
                f"{service} would have room for {most:g} instances, fewer than the {least} promised",
                "Raise capacity.max",
            )


def _protected(steps: Sequence[Step], _world: World) -> Iterator[Refusal]:
    for step in steps:
        if step.op in _GONE and step.protected:
            yield Refusal(
                "protected",
                step.name,
                f"{step.kind} {step.name} is protected and would be deleted",
                f"If it is meant: pulumi state unprotect '{step.urn}'",
            )


_RULES_OF_REVIEW: tuple[Callable[[Sequence[Step], World], Iterator[Refusal]], ...] = (
    _in_place,
    _replaced_inside,
    _deleted_first,
    _data_touched,
    _weight_left,
    _capacity_lost,
    _protected,
)
