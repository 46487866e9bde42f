"""The words of a lookup's row: a function of the provider (`aws.ec2.get_vpc` and the like), as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider import decode
from sandbox.provider.aws import Aws
from sandbox.provider.values import Values


class LookupFailedError(Exception):
    """What was looked up isn't there, is there more than once, or was asked for in a way that isn't supported."""


@dataclass(frozen=True)
class Filter:
    """An argument that is a filter of the call; a map is one for each of its keys."""

    name: str


@dataclass(frozen=True)
class Filters:
    """An argument that is a list of filters, each with its name and values."""

    name: str = "Name"
    """What the call calls the name."""


Where = str | Filter | Filters

#: The arguments that most of EC2's lookups have.
FILTERS: dict[str, Where] = {"filters": Filters()}
SEARCH: dict[str, Where] = {**FILTERS, "tags": Filter("tag")}


@dataclass(frozen=True)
class Also:
    """One more call about what was found; what it tells lies beside the rest."""

    operation: str
    parameters: Mapping[str, str]
    """By path in the call: JMESPath in what was found, and in the arguments under `asked`."""
    path: str
    """JMESPath of what is told in the answer."""
    under: str
    """Its key in what was found; "" if it joins the rest."""
    optional: bool = False
    """There may be nothing of the kind."""
    when: str = "`true`"
    """JMESPath in what was found, and in the arguments under `asked`: whether to ask at all."""


@dataclass(frozen=True)
class Words:
    """What is said when there isn't exactly one, filled with arguments, members of the call, {count}, AWS's {error}."""

    none: str
    several: str
    gone: str | None = None
    """For what AWS itself says isn't there, if that reads differently."""


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
    arguments: Mapping[str, Where] = field(default_factory=dict[str, Where])
    """Where each argument lands: a path in the call, a filter, or "" if only `choose` or an output uses it."""
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What is asked for by an argument that isn't given."""
    exclusive: tuple[tuple[str, ...], ...] = ()
    """Arguments of which at most one may be given."""
    any_of: tuple[tuple[str, ...], ...] = ()
    """Arguments of which at least one must be given."""
    check: Callable[[Values], str | None] | None = None
    """What is wrong with the arguments, where no other word can say it."""
    regional: bool = True
    each: tuple[Also, ...] = ()
    """About each of what is listed, before any is chosen."""
    choose: Callable[[list[Any], Values], list[Any]] | None = None
    """Narrows the list further."""
    one: str | Words | Callable[[Values], Words] | None = None
    """The words for one of what is listed, or what is said (to these arguments), if it must be exactly one."""
    also: tuple[Also, ...] = ()
    """About the one that was found."""
    gone: tuple[tuple[str, str], ...] = ()
    """Error code and a part of the message that mean "not found", beside the usual codes."""


def reading(what: str) -> Words:
    """What is said of one that is asked for by its name."""
    return Words(
        f"reading {what}: couldn't find resource", f"reading {what}: too many results: wanted 1, got {{count}}"
    )


def asked(name: str) -> Callable[[Found], Any]:
    """An output that is an argument, or its default."""
    return lambda found: found.arguments.get(name)


def here(found: Found) -> str:
    """The region, which is the id of what has none."""
    return found.aws.region


def tags(found: Found) -> dict[str, str]:
    """Its tags, as a map."""
    return decode.tags(found.item.get("Tags"))


def moment(path: str) -> Callable[[Found], str | None]:
    """An output that is a time."""
    return lambda found: decode.plain(decode.search(path, found.item))


def tagged(items: list[Any], arguments: Values) -> list[Any]:
    """Those that have the tags asked for, whatever else they have."""
    wanted: Values = arguments.get("tags", {})
    return [one for one in items if wanted.items() <= decode.tags(one.get("Tags")).items()]
