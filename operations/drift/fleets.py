"""Whether a fleet's instances run what their release says, and nothing else serves for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from operations.drift.finding import Drift, Kind
from operations.drift.held import Fleet
from operations.drift.look import Instance, Seen
from operations.drift.words import fingerprint

_AUTOSCALING = "aws autoscaling"

#: A release's template never gets another version (`components.immutability`), and AWS counts them from 1.
_VERSION = "1"


def drift_of(fleet: Fleet, seen: Seen) -> Iterator[Drift]:
    """What differs, a sentence each."""

    def found(kind: Kind, said: str, remedy: str, id_: str = "") -> Drift:
        return Drift(fleet.service, fleet.release, kind, f"{fleet.release}: {said}", remedy, id_)

    for process, why in sorted(seen.suspended.items()):
        yield found(
            "process",
            f"its Auto Scaling group has {process} suspended{f' ({why})' if why else ''}",
            f"{_AUTOSCALING} resume-processes --auto-scaling-group-name {fleet.group} --scaling-processes {process}",
        )
    for one in seen.instances:
        for said in _differences(fleet, one):
            yield found("instance", f"{one.id} {said}", _replaced(one), one.id)
        if one.lifecycle in ("Standby", "EnteringStandby"):
            yield found(
                "instance",
                f"{one.id} is in {one.lifecycle}, and serves nobody",
                f"{_AUTOSCALING} exit-standby --auto-scaling-group-name {fleet.group} --instance-ids {one.id}",
                one.id,
            )
        if one.is_protected:
            yield found(
                "instance",
                f"{one.id} is protected from scale-in",
                f"{_AUTOSCALING} set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name "
                f"{fleet.group} --instance-ids {one.id}",
                one.id,
            )
    for id_ in sorted(seen.targets - {one.id for one in seen.instances}):
        yield found(
            "target",
            f"{id_} is a target of its target group, and not of its Auto Scaling group",
            f"aws elbv2 deregister-targets --target-group-arn {fleet.target_group} --targets Id={id_}",
            id_,
        )


def loose(instances: Iterable[Instance], fleets: Iterable[Fleet]) -> Iterator[Drift]:
    """What runs with a release's tags and in no group."""
    services = {fleet.release: fleet.service for fleet in fleets}
    for one in sorted(instances, key=lambda one: one.id):
        yield Drift(
            services.get(one.release, ""),
            one.release,
            "instance",
            f"{one.release}: {one.id} runs with its tags, and in no Auto Scaling group",
            f"aws ec2 terminate-instances --instance-ids {one.id}",
            one.id,
        )


def _differences(fleet: Fleet, one: Instance) -> Iterator[str]:
    """What a group launched and nobody changed has none of."""
    if (one.template, one.release) != (fleet.template, fleet.release):
        from_ = f"launch template {one.template}" if one.template else "no launch template"
        yield f"was attached by hand: launched from {from_}, it runs {one.image} on {one.type}"
        return
    if one.version != _VERSION:
        yield (
            f"was launched from version {one.version} of its launch template and runs {one.image}, "
            f"the release is version {_VERSION} with {fleet.image}"
        )
        return
    if one.image != fleet.image:
        yield f"runs {one.image}, the release says {fleet.image}"
    if one.type not in fleet.types:
        yield f"is a {one.type}, the release says {' or '.join(fleet.types)}"
    if one.user_data != fleet.user_data:
        told = (f"sha256 {fingerprint(each)}" if each else "none" for each in (one.user_data, fleet.user_data))
        yield "has the user data {}, the release says {}".format(*told)
    if one.security_groups != fleet.security_groups:
        told = (", ".join(sorted(each)) or "none" for each in (one.security_groups, fleet.security_groups))
        yield "has the security groups {}, its launch template says {}".format(*told)
    if one.profile != fleet.profile:
        told = (each.rpartition("/")[2] or "none" for each in (one.profile, fleet.profile))
        yield "has the instance profile {}, its launch template says {}".format(*told)
    if not one.needs_token:
        yield "answers metadata requests without a token (IMDSv1), the release says that one is required"


def _replaced(one: Instance) -> str:
    return (
        f"{_AUTOSCALING} terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity "
        f"--instance-id {one.id}"
    )
