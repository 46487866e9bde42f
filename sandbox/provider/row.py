"""The words in which a resource type is declared: a row says where each property lands in AWS's own calls.

A property lands, unless its field says otherwise, on the member of the call that has its name (`minSize` on `MinSize`),
and is read from the same place in the answer. What a call takes is not repeated here: botocore's service models say it.

Paths into a call are members joined by dots, with `[0]` for the first element of a list. Paths into an answer are
JMESPath. Templates are filled from the resource's id and its properties: `{id}`, `{securityGroupId}`.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws, Retry
    from sandbox.provider.codec import Codec
    from sandbox.provider.values import Values


class Replace(enum.Enum):
    """When a change of a property replaces the resource."""

    NEVER = enum.auto()
    CHANGED = enum.auto()
    SET_OR_UNSET = enum.auto()
    """Only when it appears or disappears: another kind of thing, not another value."""


def _no_fields() -> dict[str, Field]:
    return {}


def _any_order(_key: str, _value: str) -> int:
    return 0


@dataclass(frozen=True)
class Members:
    """A property that is a set kept by one call that adds to it and one that takes from it.

    A call whose `member` is a list gets all elements at once, `batch` at most; others are called once for each.
    """

    add: str
    remove: str
    member: str
    """Where an element lands; "" if it is an object whose members are the call's own."""
    identity: Mapping[str, str]
    batch: int = 50
    key: str | None = None
    """The property that identifies an element: adding one with a known key changes it."""
    element: Mapping[str, str] = field(default_factory=dict[str, str])
    """Templates of what each element has beside its properties."""
    also: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further properties that the adding call takes, by the member they land on."""


@dataclass(frozen=True)
class Field:
    """How one property, of a resource or of an object in it, is sent, read and compared."""

    member: str | None = None
    """The path it lands on; "" for an object whose properties land beside it."""
    at: Mapping[str, str] = field(default_factory=dict[str, str])
    """The path in a call, by operation, where it is another one."""
    read: str | Callable[[Live], Any] | None = None
    """Where the answer has it, if elsewhere than on `member`."""
    fields: Mapping[str, Field] = field(default_factory=_no_fields)
    """Fields of the object (or of the list's objects), where the derived ones don't fit."""
    exact: bool = False
    """The answer's objects have more members than `fields`, and those are no properties."""
    codec: Codec | None = None
    kind: type[Any] | None = None
    """Pulumi's type (int, bool, str) where AWS's is another."""
    default: Any = None
    """What Check fills in and marks."""
    required: bool = False
    limit: Callable[[str, Any], str | None] | None = None
    """What is wrong with a value, given the real provider's name of the property; for a list, with one of its
    elements."""
    replace: Replace | Callable[[Any, Any], bool] = Replace.NEVER
    """When a change of it replaces the resource; a function is given what AWS told last and what is wanted."""
    computed: bool = False
    """AWS has a value of its own if none is given, so taking it away is no change."""
    unordered: bool = False
    local: bool = False
    """The provider's own: no call carries it."""
    hooked: bool = False
    """A hook of the row sends it."""
    unread: bool = False
    """No answer tells it, so what was sent is taken as true."""
    write_only: bool = False
    """Sent, and never kept in the state: only another property, its version, tells that it changed."""
    version_of: str | None = None
    """The write-only property that a change of this one sends again."""
    silent: bool = False
    """An answer may leave it out, which then says nothing: a gap of the sandbox's cloud."""
    attribute: str | None = None
    """Its key among the resource's attributes; `{type}` is filled from the object's own properties. One that is taken
    away is set to `cleared`, if there is such a value."""
    members: Members | None = None
    also: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else is set beside it when it is set, by member."""
    cleared: Any = None
    """What is sent when it is taken away, if not the empty value of its type."""


#: A property without any peculiarity; making one for each that is compared would take most of the time.
PLAIN = Field()


@dataclass(frozen=True)
class Call:
    """One AWS operation and how it names the resource."""

    operation: str
    identity: Mapping[str, str] = field(default_factory=dict[str, str])
    whole: bool = False
    """It takes every property it can carry, not only those that changed."""
    adjust: Callable[[Values, Values], None] | None = None
    """Puts the last touch on the parameters, given the inputs, where a path can't say it."""


@dataclass(frozen=True)
class Read:
    """One call that describes the resource."""

    operation: str
    identity: Mapping[str, str]
    """Templates that may also name what an earlier read told: `{AlarmArn}`."""
    path: str
    """JMESPath, after its templates are filled, of the description in the answer; what the first read finds decides
    whether the resource exists."""
    under: str = ""
    """The key its description gets in what is read; "" if it joins the top."""
    optional: bool = False
    """"Not found" says that there is nothing to tell, not that the resource is gone."""


@dataclass(frozen=True)
class Tagging:
    """Tags that are a map in Pulumi, and in AWS a map or a list of pairs; the provider's default tags are among what
    AWS has."""

    add: Call
    remove: Call
    keys: str = "TagKeys"
    """The remove call's member: a list of keys, or of objects with `Key`."""
    whole: str | None = None
    """The path in the add call that takes all tags at once; the remove call then takes all away."""
    specification: str | None = None
    """The EC2 resource type, where tags are given at creation as a tag specification."""
    read: str = "Tags"


@dataclass(frozen=True)
class Naming:
    """How the physical name is made and what it may be."""

    longest: int
    longest_prefix: int
    rules: tuple[tuple[str, str], ...] = ()
    """Regular expressions that must match, each with the error of the real provider; `{name}` is the property."""
    prefix_rules: tuple[tuple[str, str], ...] = ()
    shortest: int = 1
    name: str = "name"
    """The property that holds the name."""
    prefix: str = "namePrefix"
    """The property that holds what it is made from."""
    suffix: Callable[[Values], str] | None = None
    """What ends a name that is made from a prefix, given the inputs."""


@dataclass(frozen=True)
class Live:
    """A resource as AWS describes it."""

    id: str
    answer: Values
    aws: Aws
    inputs: Values = field(default_factory=dict[str, Any])
    """What was asked for; empty for one that is imported."""


@dataclass(frozen=True)
class Step:
    """What a hook gets: the resource, what was and what is wanted, and the cloud."""

    id: str
    old: Values
    new: Values
    changed: frozenset[str]
    aws: Aws
    urn: str
    timeout_s: float | None
    """What the caller's custom timeout says."""
    begun: float = field(default_factory=time.time)
    """Unix time."""


Hook = Callable[[Step], None]


@dataclass(frozen=True)
class Type:
    """A resource type."""

    token: str
    service: str
    """botocore's name of the service."""
    inputs: Mapping[str, Field]
    outputs: Mapping[str, str | Callable[[Live], Any]]
    """What AWS computes: JMESPath in the description, or a function."""
    create: Call
    reads: tuple[Read, ...]
    delete: Call
    id: str
    """JMESPath of the id in the create call's parameters and answer together."""
    imported: str = "{id}"
    """How an id given to `pulumi import` reads: the resource's id and the properties it is looked up by."""
    updates: tuple[Call, ...] = ()
    tags: Tagging | None = None
    attributes: Call | None = None
    """The call that changes attributes, settings which AWS keeps as pairs of strings; a read under "attributes" tells
    them. It takes a list of pairs, or is called once for each."""
    complete_attributes: bool = False
    """The read tells every attribute that is set; else one that it leaves out is as it was asked for."""
    attribute_rank: Callable[[str, str], int] = _any_order
    """Where an attribute comes among those that change, by key and value."""
    naming: Naming | None = None
    exclusive: tuple[tuple[str, ...], ...] = ()
    """Properties of which at most one may be given."""
    one_of: tuple[tuple[str, ...], ...] = ()
    """Properties of which exactly one must be given."""
    delete_before_replace: bool = False
    kept_if: str | None = None
    """The property that, if true, has the resource left where it is when it is deleted."""
    regional: bool = True
    retries: tuple[Retry, ...] = ()
    awaited_s: float = 0.0
    """How long one that was just created and isn't found is waited for: AWS is eventually consistent, and the real
    provider is patient with some types only."""
    gone: tuple[tuple[str, str], ...] = ()
    """Error code and a part of the message that mean "not found", beside the usual codes."""
    check: Callable[[Values], Mapping[str, str]] | None = None
    """What is wrong with the inputs, by property, where no other word can say it."""
    moves: Callable[[frozenset[str], Values], frozenset[str]] | None = None
    """The outputs that an update of these properties, to these inputs, will change."""
    before_create: tuple[Callable[[Step, Values], None], ...] = ()
    """Completes the parameters of the create call."""
    after_create: tuple[Hook, ...] = ()
    """Before anything else is set on the new resource."""
    after_change: tuple[Hook, ...] = ()
    """Last in a create or an update: follow-ups and waits."""
    before_delete: tuple[Hook, ...] = ()


def plain(names: str) -> dict[str, Field]:
    """Fields without any peculiarity, by name."""
    return dict.fromkeys(names.split(), PLAIN)
