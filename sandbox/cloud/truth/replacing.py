"""How a method of moto's is replaced."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


def around(owner: Any, *names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates what replaces the methods `names` of the class `owner`; it gets the original first, then `self`.

    Raises:
        AttributeError: moto has no such method any more.
    """

    def decorate(new: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            setattr(owner, name, _bind(getattr(owner, name), new))
        return new

    return decorate


def by_name(original: Callable[..., Any], *arguments: Any, **named: Any) -> dict[str, Any]:
    """What a call passes to `original`, by the names of its parameters; defaults included."""
    bound = inspect.signature(original).bind(*arguments, **named)
    bound.apply_defaults()
    return bound.arguments


def _bind(original: Callable[..., Any], new: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(self: Any, *arguments: Any, **named: Any) -> Any:
        return new(original, self, *arguments, **named)

    return replacement
