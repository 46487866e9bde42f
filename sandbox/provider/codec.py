"""Values that have another form in AWS than in Pulumi."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.values import text


def _equal(one: Any, other: Any) -> bool:
    return one == other


@dataclass(frozen=True)
class Codec:
    """From Pulumi's form to AWS's and back; `same` compares two values in Pulumi's form."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    same: Callable[[Any, Any], bool] = _equal


def choice(words: Mapping[Any, str]) -> Codec:
    """A few values, each with a word of AWS's."""
    back = {word: value for value, word in words.items()}
    return Codec(words.__getitem__, back.get)


def each(member: str) -> Codec:
    """A list of literals that AWS has as a list of objects with one member."""
    return Codec(
        lambda values: [{member: value} for value in values],
        lambda items: [item[member] for item in items],
        lambda one, other: sorted(one) == sorted(other),
    )


def _joined(value: str) -> list[str]:
    return [part for part in value.split(",") if part]


#: A list that AWS has as one text, parted by commas.
COMMAS = Codec(",".join, _joined, lambda one, other: sorted(one) == sorted(other))


def _says(one: Any, other: Any) -> bool:
    return all(item.items() >= asked.items() for item, asked in zip(one, other, strict=False))


#: A list of at most one object that AWS has as that object; it may tell more than was asked for.
SINGLE = Codec(lambda values: values[0], lambda item: [item], _says)


def _document(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _dumped(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


#: A JSON document: as text in AWS, as text or an object in the program; compared by what it says.
JSON = Codec(_dumped, _dumped, lambda one, other: _document(one) == _document(other))


def typed(kind: type[Any], value: Any) -> Any:
    """A literal of AWS's as `kind`; what can't be one stays as it is."""
    if kind is bool:
        return text(value) == "true"
    if kind is str:
        return text(value)
    try:
        return kind(value)
    except (TypeError, ValueError):
        return value
