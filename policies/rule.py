"""The words in which a rule is declared, and what a rule sees."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pulumi_policy import EnforcementLevel, PolicyResource, Severity
from pulumi_policy.proxy import UnknownValueError


@dataclass
class Subject:
    """One resource before a rule, with the rule's settings.

    `inputs` are those after the provider's Check: camelCase, numbers as floats, defaults filled in. Reading one that is
    not known yet raises `UnknownValueError`; a rule that has more to look at reads inside `as_far_as_known`.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    options: Any
    """The resource's options, as `pulumi_policy.PolicyResourceOptions` has them."""
    settings: Mapping[str, Any]
    stack: str
    waiting: list[UnknownValueError] = field(default_factory=list[UnknownValueError])
    """What could not be judged yet."""

    @contextlib.contextmanager
    def as_far_as_known(self) -> Generator[None]:
        """Leave the block at the first value that is not known yet, note it, and go on behind the block."""
        try:
            yield
        except UnknownValueError as unknown:
            self.waiting.append(unknown)


Found = Iterator[str]
"""What is wrong, a sentence each: property, value, and what would be right."""


@dataclass(frozen=True)
class Rule:
    """One thing that a desired state must not hold."""

    name: str
    description: str
    severity: Severity
    remediation: str
    """What to do about it."""
    url: str
    """The page that says why."""
    types: tuple[str, ...] = ()
    """The resource types it judges; others reach neither `check` nor `check_stack`."""
    check: Callable[[Subject], Found] | None = None
    """Judges a resource by itself, before anything is done to it."""
    check_stack: Callable[[Stack], Iterator[tuple[str, str]]] | None = None
    """Judges all resources together, with the URN that each finding belongs to. The engine asks it after the program
    has run: in a preview that is early enough, in an `up --skip-preview` it is not."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """JSON schema of each setting, with its default."""
    level: EnforcementLevel = EnforcementLevel.MANDATORY


@dataclass
class Stack:
    """All resources of a stack before a rule."""

    resources: list[PolicyResource]
    settings: Mapping[str, Any]
    name: str
    waiting: list[UnknownValueError] = field(default_factory=list[UnknownValueError])


def listed(value: Any) -> list[Any]:
    """A list that may be missing, or a single value where one was meant."""
    if value is None:
        return []
    if isinstance(value, str | Mapping):
        return [value]
    return list(value)


def members(value: Any) -> Mapping[str, Any]:
    """An object that may be missing, or something else where an object was meant."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def tags_of(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Tags, whether a map or, on groups, a list of key and value."""
    tags = inputs.get("tags")
    if isinstance(tags, Mapping):
        return {key: str(value) for key, value in members(tags).items()}
    return {str(tag["key"]): str(tag["value"]) for tag in listed(tags)}
