"""Asks functions; their answers are held against the result types of the installed pulumi_aws."""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import re
import sys
import typing
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.provider.lookups import LOOKUPS
from sandbox.provider.values import Values
from tests.sandbox.provider_client import REGION, Client, RefusedError

_types: Any = importlib.import_module("pulumi._types")

ARN = f"{REGION}:123456789012"
TAGS = [{"Key": "team", "Value": "web"}]

#: A token by the function's name.
TOKENS = {token.rpartition(":")[2]: token for token in LOOKUPS}


def package(token: str) -> Any:
    """The module of pulumi_aws that has the function."""
    module = token.split(":")[1].split("/")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some modules deprecate classes of their own as they load.
        found = importlib.import_module("pulumi_aws" if module == "index" else f"pulumi_aws.{module}")
        hasattr(found, "Provider")  # It loads when it is first asked for something.
    return found


def function(token: str) -> Any:
    """The function itself."""
    return getattr(package(token), re.sub(r"[A-Z]", lambda one: f"_{one[0].lower()}", token.rpartition(":")[2]))


def result(token: str) -> Any:
    """The class of its answers."""
    return getattr(package(token), f"G{token.rpartition(':')[2][1:]}Result")


def ask(client: Client, name: str, /, **arguments: Any) -> Values:
    """Look something up, in the form that the real provider answers in."""
    token = TOKENS[name]
    answer = client.invoke(token, **arguments)
    wrong = [*misfits(token, answer)]
    assert not wrong, wrong
    return answer


def missing(client: Client, name: str, /, **arguments: Any) -> str:
    """The error of a lookup that finds nothing, or too much."""
    with pytest.raises(RefusedError) as raised:
        ask(client, name, **arguments)
    return str(raised.value).removeprefix(f"{TOKENS[name]}: ")


def misfits(token: str, answer: Values) -> Iterator[str]:
    """What in an answer isn't as the result type has it: unknown properties, other kinds of values."""
    class_ = result(token)
    for name, getter in inspect.getmembers_static(class_, lambda one: isinstance(one, property)):
        told = answer.get(re.sub(r"_([a-z0-9])", lambda one: one[1].upper(), name))
        kind = typing.get_type_hints(getter.fget, vars(sys.modules[class_.__module__]))["return"]
        yield from _misfits(kind, told, name)


def _misfits(kind: Any, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:
        yield from _misfits(parts[0], value, path)
    elif origin is collections.abc.Sequence and isinstance(value, list):
        for index, item in enumerate(typing.cast("list[Any]", value)):
            yield from _misfits(parts[0], item, f"{path}[{index}]")
    elif inspect.isclass(kind) and _types.is_output_type(kind) and isinstance(value, dict):
        kinds, told = _types.output_type_types(kind), typing.cast("Values", value)
        for key, item in told.items():
            if key in kinds:
                yield from _misfits(kinds[key], item, f"{path}.{key}")
            else:
                yield f"{path}.{key} is unknown"
    elif not isinstance(value, _plain(origin or kind)) or (isinstance(value, bool) and kind is not bool):
        yield f"{path}: {value!r} is no {kind}"


def _plain(kind: Any) -> Any:
    return {float: (int, float), collections.abc.Mapping: dict}.get(kind, kind)
