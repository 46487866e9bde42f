"""The words of a lookup's row: a function of the provider (`aws.ec2.get_vpc` and the like), as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.values import Values


class LookupFailedError(Exception):
    """What was looked up isn't there, is there more than once, or was asked for in a way that isn't supported."""


@dataclass(frozen=True)
class Filter:
    """An argument that is a filter of the call."""

    name: str


@dataclass(frozen=True)
class Found:
    """What a lookup found, for outputs that need more than a path."""

    item: Any
    arguments: Values
    aws: Aws


@dataclass(frozen=True)
class Lookup:
    """A function of the provider."""

    token: str
    outputs: Mapping[str, str | Callable[[Found], Any]]
    """By property: JMESPath in what was found (the one item, or the whole answer), or a function."""
    service: str = "ec2"
    operation: str | None = None
    """None for what is known without a call."""
    items: str = "@"
    """JMESPath of what was found in the answer."""
    arguments: Mapping[str, str | Filter] = field(default_factory=dict[str, "str | Filter"])
    """Where each argument lands: a path in the call, a filter, or "" if only `choose` or an output uses it."""
    filtered: bool = True
    """It takes `filters` and `tags` as EC2's lookups do."""
    one: str | None = None
    """The words for one of what is listed, if it must be exactly one."""
    choose: Callable[[list[Any], Values], list[Any]] | None = None
    """Narrows the list further."""
