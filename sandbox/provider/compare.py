"""Which properties differ, and how what AWS tells is told back in the program's own words."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.provider.row import PLAIN, Field
from sandbox.provider.values import DEFAULTS, UNKNOWN, is_empty, is_list, is_object, is_unknown, keys, text


class Kind(enum.Enum):
    """What becomes of a property."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Difference:
    """One property that differs, by its path from the resource: `healthCheck.path`, `tags["a.b"]`, `subnets[1]`."""

    path: str
    kind: Kind


def differences(name: str, field: Field, before: Any, state: Any, wanted: Any) -> Iterator[Difference]:
    """How `wanted` differs from `state`, which may say more; what `before` asked for and `wanted` doesn't is gone.

    `before` are the old inputs, `state` is what AWS told last.
    """
    if field.write_only:
        return
    if wanted is None:
        if not field.computed and not is_empty(before):
            yield Difference(name, Kind.DELETE)
    elif wanted == UNKNOWN:
        yield Difference(name, Kind.ADD if state is None else Kind.UPDATE)
    elif state is None:
        if not is_empty(wanted):
            yield Difference(name, Kind.ADD)
    elif field.codec is not None:
        if is_unknown(wanted) or not field.codec.same(state, wanted):
            yield Difference(name, Kind.UPDATE)
    elif is_object(wanted) and is_object(state):
        old = before if is_object(before) else {}
        for key in dict.fromkeys([*keys(wanted), *keys(old)]):
            child = field.fields.get(key, PLAIN)
            yield from differences(_join(name, key), child, old.get(key), state.get(key), wanted.get(key))
    elif is_list(wanted) and is_list(state):
        yield from _lists(name, field, before, state, wanted)
    elif text(wanted) != text(state):
        yield Difference(name, Kind.UPDATE)


def same(field: Field, state: Any, wanted: Any) -> bool:
    """Whether `state` has all that `wanted` says."""
    return not any(differences("", field, None, state, wanted))


def reconciled(field: Field, state: Any, wanted: Any) -> Any:
    """`state` with everything that is the same in the words (order, type, spelling) of `wanted`."""
    if wanted is None or state is None:
        return state
    if field.codec is not None:
        return wanted if type(wanted) is type(state) and field.codec.same(state, wanted) else state
    if is_object(wanted) and is_object(state):
        told = {key: reconciled(field.fields.get(key, PLAIN), item, wanted.get(key)) for key, item in state.items()}
        unsaid = {key: wanted[key] for key in keys(wanted) if key not in state and is_empty(wanted[key])}
        return told | unsaid
    if is_list(wanted) and is_list(state):
        state = _ordered(field, state, wanted) if field.unordered else state
        pairs = [*wanted, *[None] * (len(state) - len(wanted))]
        return [reconciled(field, item, word) for item, word in zip(state, pairs, strict=False)]
    return wanted if text(wanted) == text(state) else state


def asked(field: Field, state: Any, before: Any) -> Any:
    """What of `state` the inputs `before` had asked for: the inputs of a resource that was refreshed."""
    if field.codec is not None:
        return before if state is not None and field.codec.same(state, before) else state
    if is_object(before) and is_object(state):
        marks = {DEFAULTS: before[DEFAULTS]} if DEFAULTS in before else {}
        told = [key for key in keys(before) if key in state]
        return {key: asked(field.fields.get(key, PLAIN), state[key], before[key]) for key in told} | marks
    if is_list(before) and is_list(state) and len(before) == len(state):
        return [asked(field, item, old) for item, old in zip(state, before, strict=True)]
    return state


def _lists(name: str, field: Field, before: Any, state: list[Any], wanted: list[Any]) -> Iterator[Difference]:
    if field.unordered:
        state = _ordered(field, state, wanted)
    if field.members and field.members.key:
        wanted = [item for item in wanted if keys(item)]
    old = before if is_list(before) and not field.unordered else []
    for index in range(max(len(state), len(wanted))):
        path = f"{name}[{index}]"
        if index >= len(wanted):
            yield Difference(path, Kind.DELETE)
        elif index >= len(state):
            yield Difference(path, Kind.ADD)
        else:
            yield from differences(path, field, old[index] if index < len(old) else None, state[index], wanted[index])


def _ordered(field: Field, state: list[Any], wanted: list[Any]) -> list[Any]:
    """`state` with each element in the place where `wanted` has it; the others fill the gaps."""
    one = Field(fields=field.fields)
    rest, placed = list(state), list[Any]()
    for word in wanted:
        found = next((index for index, item in enumerate(rest) if same(one, item, word)), None)
        placed.append(None if found is None else rest.pop(found))
    filled = [item if item is not None or not rest else rest.pop(0) for item in placed]
    return [item for item in filled if item is not None] + rest


def _join(name: str, key: str) -> str:
    if not key or any(mark in key for mark in '."[]:/ '):
        return f'{name}["{key}"]'
    return f"{name}.{key}"


def top(path: str) -> str:
    """The resource's property that a path begins with."""
    return path.partition(".")[0].partition("[")[0]


def changed(differing: list[Difference]) -> frozenset[str]:
    """The resource's properties in which something differs."""
    return frozenset(top(difference.path) for difference in differing)
