"""Hooks that refuse mutation in place, replacement inside one release, and the silent removal of a service.

Each refusal names what would change, from, to and the way out. Names of hooks are constants and every run registers
them all: a resource that left the program finds its delete hook by name, and a missing one wedges the stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi

from components.digest import TAG_RELEASE, TAG_SERVICE, normalise

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"

MUTABLE: Mapping[str, frozenset[str]] = {
    TEMPLATE: frozenset({"tags", "tagsAll"}),
    GROUP: frozenset({"minSize", "maxSize", "tags", "waitForCapacityTimeout"}),
    TARGET_GROUP: frozenset({"tags", "tagsAll"}),
}
"""By type, the properties that may change in place. All others would change what runs, or promise what does not run."""

WAY_OUT = "Put it back, or raise the release's `revision` to get a new fleet beside this one"


class MutationError(Exception):
    """An operation would change a fleet in place, or end a service that nobody retired."""


@dataclass(frozen=True)
class Change:
    """One property that differs: dotted path, from, to (normalised literals, or that it is not known yet)."""

    path: str
    before: str
    after: str


def changes(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What would change in place in a resource of type `kind` and must not; empty if all of it may."""
    skip = MUTABLE[kind] | {"__defaults"}
    keys = [key for key in [*new, *(key for key in old if key not in new)] if key not in skip]
    return [change for key in keys for change in _compare(key, old.get(key), new.get(key))]


def tags_of(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a resource's inputs, whether a map or, on groups, a list of key and value."""
    tags: Any = inputs.get("tags") or {}
    if isinstance(tags, Mapping):
        tags = cast("Mapping[Any, Any]", tags)
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag["key"]): str(tag["value"]) for tag in tags}


@dataclass(frozen=True)
class Immutability:
    """The refusals, bound to the services that the program declares and those that it retires."""

    declared: frozenset[str]
    retired: frozenset[str]
    preview: bool
    created: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Inputs of what this run creates, by URN: a delete of one of them is a replacement."""

    async def refuse_mutation(self, args: pulumi.ResourceHookArgs) -> None:
        """before_update: refuse a change of anything but sizes and tags."""
        found = changes(args.type, args.old_inputs or {}, args.new_inputs or {})
        if found:
            raise MutationError(f"{args.name} must not change in place: {_listed(found)}. {WAY_OUT}.")

    async def note_creation(self, args: pulumi.ResourceHookArgs) -> None:
        """before_create: remember the URN and what becomes of it."""
        self.created[args.urn] = args.new_inputs or {}

    async def refuse_replacement(self, args: pulumi.ResourceHookArgs) -> None:
        """before_delete: refuse, in previews, the delete of what this run also creates.

        Only in previews: in an `up` that skipped its preview the copy is already made, and a refusal would leave
        one more with each retry. There the retire gate decides.
        """
        if self.preview and args.urn in self.created:
            old = args.old_inputs or {}
            release = tags_of(old).get(TAG_RELEASE, args.name)
            why = _listed(changes(args.type, old, self.created[args.urn])) or "asked for by --replace or a dependency"
            raise MutationError(
                f"{args.name} would be replaced inside release {release}, and the old one destroyed under its own "
                f"name: {why}. {WAY_OUT}."
            )

    async def guard_service(self, args: pulumi.ResourceHookArgs) -> None:
        """before_delete: refuse the end of a service that is neither declared nor retired."""
        service = tags_of(args.old_inputs or {}).get(TAG_SERVICE)
        if service and service not in self.declared | self.retired:
            raise MutationError(
                f"service {service} is no longer declared, and deleting {args.name} would end it: an outage if it was "
                f"renamed or removed by mistake. Put services.{service} back, or add {service} to `retired` if its "
                "end is meant."
            )


def _listed(found: Sequence[Change]) -> str:
    return "; ".join(f"{change.path} from {change.before} to {change.after}" for change in found)


def _compare(path: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = _parts(old), _parts(new)
    if before is not None and after is not None and (isinstance(old, Mapping) or len(before) == len(after)):
        for key in dict.fromkeys([*before, *after]):
            if key != ".__defaults":
                yield from _compare(f"{path}{key}", before.get(key), after.get(key))
    elif (was := _literal(old)) != (becomes := _literal(new)):
        yield Change(path, str(was or "nothing"), str(becomes or "nothing"))


def _parts(value: Any) -> dict[str, Any] | None:
    """The members of a map as `.key`, of a list as `[index]`; None for a literal."""
    if isinstance(value, Mapping):
        return {f".{key}": item for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {f"[{index}]": item for index, item in enumerate(cast("Sequence[Any]", value))}
    return None


def _literal(value: Any) -> Any:
    try:
        return normalise(value)
    except TypeError:
        return "a value not known yet"
