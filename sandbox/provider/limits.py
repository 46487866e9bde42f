"""What a value may be, as the real provider checks it before anything is called, in its words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.provider.row import Field
from sandbox.provider.values import UNKNOWN, is_list, is_object, text

Limit = Callable[[str, Any], str | None]


def exceeded(fields: Mapping[str, Field], values: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong with the values, on every level, by path."""
    for name, field in fields.items():
        items = values.get(name)
        for index, item in enumerate(items if is_list(items) else [items]):
            path = f"{where}{name}[{index}]" if is_list(items) else f"{where}{name}"
            if item is None or item == UNKNOWN:
                continue
            if field.limit is not None and (wrong := field.limit(_real_name(name), item)):
                yield path, wrong
            if field.fields and is_object(item):
                yield from exceeded(field.fields, item, f"{path}.")


def among(*words: Any) -> Limit:
    """One of these."""
    listed = " ".join(json.dumps(word) for word in words)
    allowed = {text(word) for word in words}
    return lambda name, value: (
        None if text(value) in allowed else f"expected {name} to be one of [{listed}], got {text(value)}"
    )


def between(lowest: float, highest: float) -> Limit:
    """A number in a range."""
    return lambda name, value: (
        None
        if lowest <= float(value) <= highest
        else f"expected {name} to be in the range ({lowest} - {highest}), got {text(value)}"
    )


def at_least(lowest: int) -> Limit:
    """A number from this one on."""
    return lambda name, value: (
        None if float(value) >= lowest else f"expected {name} to be at least ({lowest}), got {text(value)}"
    )


def length(shortest: int, longest: int) -> Limit:
    """A text of so many characters."""
    return lambda name, value: (
        None
        if shortest <= len(str(value)) <= longest
        else f"expected length of {name} to be in the range ({shortest} - {longest}), got {value}"
    )


def matching(pattern: str, words: str) -> Limit:
    """A text in which the pattern is found; `{name}` and `{value}` are filled in."""
    return lambda name, value: None if re.search(pattern, str(value)) else words.format(name=name, value=value)


def period(*short: int) -> Limit:
    """So many seconds, or whole minutes."""
    return lambda name, value: (
        None
        if int(value) in short or int(value) % 60 == 0
        else f"expected {name} to be one of {sorted(short)} or divisible by 60, got {text(value)}"
    )


def arn(name: str, value: Any) -> str | None:
    """An Amazon resource name."""
    if not str(value).startswith("arn:"):
        return f'"{name}" ({value}) is an invalid ARN: arn: invalid prefix'
    if str(value).count(":") < 5:
        return f'"{name}" ({value}) is an invalid ARN: arn: not enough sections'
    return None


def document(name: str, value: Any) -> str | None:
    """A JSON document, as text or as an object of the program."""
    try:
        json.loads(value) if isinstance(value, str) else json.dumps(value)
    except ValueError as error:
        return f'"{name}" contains an invalid JSON: {error}'
    return None


def _real_name(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
