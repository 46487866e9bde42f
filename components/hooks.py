"""The hooks of a program, registered once and before anything else, under constant names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from components.gates import Gates, ServiceGate
from components.immutability import Immutability
from components.owned import owner

_EVERY_RUN = pulumi.ResourceHookOptions(on_dry_run=True)


@dataclass(frozen=True)
class Hooks:
    """The bindings that resources of a fleet carry; `register` makes them."""

    identity: pulumi.ResourceHookBinding
    """Launch templates and target groups: refuse mutation and replacement in place."""
    group: pulumi.ResourceHookBinding
    """Auto Scaling groups: the same, the retire gate, and the guard of their service."""
    traffic: pulumi.ResourceHookBinding
    """Traffic rules: the traffic gate, the note of when their weights changed, and the guard of their service."""

    @classmethod
    def register(
        cls,
        services: Mapping[str, ServiceGate],
        retired: Iterable[str] = (),
        profile: str | None = None,
    ) -> Hooks:
        """Register every hook, also those that only resources which left the program still name.

        Call it once a program, before the first resource. `profile` is the AWS profile that the gates ask with.
        """
        immutability = Immutability(frozenset(services), frozenset(retired), pulumi.runtime.is_dry_run())
        gates = Gates(owner(), services, profile, immutability.created)
        mutation = pulumi.ResourceHook("immutable-refuse-mutation", immutability.refuse_mutation, _EVERY_RUN)
        creation = pulumi.ResourceHook("immutable-note-creation", immutability.note_creation, _EVERY_RUN)
        replacement = pulumi.ResourceHook("immutable-refuse-replacement", immutability.refuse_replacement, _EVERY_RUN)
        guard = pulumi.ResourceHook("immutable-guard-service", immutability.guard_service, _EVERY_RUN)
        traffic = pulumi.ResourceHook("immutable-traffic-gate", gates.traffic)
        note = pulumi.ResourceHook("immutable-note-weights", gates.note_weights)
        end = pulumi.ResourceHook("immutable-note-end", gates.note_end)
        retire = pulumi.ResourceHook("immutable-retire-gate", gates.retire)
        return cls(
            identity=pulumi.ResourceHookBinding(
                before_create=[creation], before_update=[mutation], before_delete=[replacement]
            ),
            group=pulumi.ResourceHookBinding(
                before_create=[creation],
                before_update=[mutation],
                before_delete=[replacement, guard, retire],
            ),
            traffic=pulumi.ResourceHookBinding(
                before_create=[traffic],
                before_update=[traffic],
                before_delete=[guard, end],
                after_create=[note],
                after_update=[note],
            ),
        )
