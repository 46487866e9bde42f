"""One run of the engine's preview: its steps, what policies and hooks say, and the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation
from pulumi.automation import EngineEvent

from operations.messages import errors_of, plain, printed_errors
from operations.stack import Stack
from operations.steps import Step, steps_of

#: How the engine begins what a hook refused.
_HOOK = "before hook"


@dataclass(frozen=True)
class Violation:
    """What a policy says of a resource."""

    policy: str
    mandatory: bool
    resource: str
    message: str


@dataclass(frozen=True)
class Preview:
    """What a preview told. A failed one has only the steps before what stopped it."""

    steps: tuple[Step, ...]
    violations: tuple[Violation, ...]
    refused: tuple[str, ...]
    """What hooks of the program refuse."""
    errors: tuple[str, ...]
    """Other errors, of the engine or the program: with one, the preview can't be judged."""
    failed: bool


def preview(
    stack: Stack, packs: Sequence[str], pack_configs: Sequence[str], plan: Path | None, targets: Sequence[str] = ()
) -> Preview:
    """Run it, of the `targets` alone if there are any; a plan is saved only if it succeeds."""
    events: list[EngineEvent] = []
    printed = ""
    try:
        stack.engine.preview(
            on_event=events.append,
            policy_packs=list(packs) or None,
            policy_pack_configs=list(pack_configs) or None,
            plan=str(plan) if plan else None,
            target=list(targets) or None,
            color="never",
        )
    except automation.CommandError as error:
        printed = str(error)
    violations, errors = _violations(events), errors_of(events)
    refused = tuple(one for one in errors if _HOOK in one)
    if printed and not errors and not any(one.mandatory for one in violations):
        errors = printed_errors(printed)  # It stopped before it had an event to tell of.
    return Preview(
        tuple(steps_of(events)),
        violations,
        tuple(one.partition(_HOOK)[2].partition("failed: ")[2] for one in refused),
        tuple(one for one in errors if one not in refused) if printed else (),
        bool(printed),
    )


def _violations(events: Sequence[EngineEvent]) -> tuple[Violation, ...]:
    found: list[Violation] = []
    for event in events:
        if said := event.policy_event:
            # The rule's description comes first, a line of its own, except before what isn't known yet.
            message = " ".join(plain(said.message).strip().split("\n", 1)[-1].split())
            name = (said.resource_urn or "").rpartition("::")[2]
            found.append(Violation(said.policy_name, said.enforcement_level == "mandatory", name, message))
    return tuple(found)
