"""The examples in the installed pulumi_aws's own documentation, and which of them can be run as they stand."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
import sys
import typing
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from sandbox.provider.lookups import LOOKUPS
from sandbox.provider.types import TYPES

_BLOCK = re.compile(r"^[ ]*```python\n(.*?)^[ ]*```$", re.DOTALL | re.MULTILINE)
_PACKAGES = {"pulumi", "pulumi_aws", *sys.stdlib_module_names}

#: Arguments that name the thing in the cloud: two examples that give one the same clash.
_PHYSICAL = {"name", "bucket", "creation_token", "dashboard_name"}


@dataclass(frozen=True)
class Example:
    """One block of Python; its id is its page and its place there: `autoscaling.Group.1`."""

    id: str
    source: str

    def obstacle(self) -> str | None:
        """Why it can't run as it stands, found without running it."""
        try:
            tree = ast.parse(self.source)
        except SyntaxError as error:
            return f"isn't Python: {error.msg}"
        nodes = list(ast.walk(tree))
        foreign = {name.partition(".")[0] for name in _imported(nodes)} - _PACKAGES
        calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
        unknown = {name for name in calls if name.startswith("aws.")} - _declared()
        obstacles = {
            "imports": foreign,
            "reads files": {name for name in calls if name.startswith("pulumi.File")},
            "not declared": unknown,
        }
        return next((f"{why}: {', '.join(sorted(names))}" for why, names in obstacles.items() if names), None)

    def names(self) -> set[tuple[str, str]]:
        """What it calls things in the cloud, each with the kind of thing."""
        kind = re.compile("^get|_")
        return {
            (kind.sub("", ast.unparse(call.func).rpartition(".")[2]).lower(), value.value.partition(":")[0])
            for call in self._calls()
            for keyword in call.keywords
            if keyword.arg in _PHYSICAL and isinstance(value := keyword.value, ast.Constant)
            if isinstance(value.value, str)
        }

    def undefined(self) -> set[str]:
        """The names that it takes for granted."""
        nodes = list(ast.walk(ast.parse(self.source)))
        bound = {alias.asname or alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        bound |= {node.arg for node in nodes if isinstance(node, ast.arg)} | set(dir(builtins))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        return {node.id for node in names} - {node.id for node in names if isinstance(node.ctx, ast.Store)} - bound

    def config(self) -> dict[str, bool]:
        """The keys of the config that it asks for, each with whether it wants an object."""
        called = (ast.unparse(call) for call in self._calls())
        asked = (re.fullmatch(r"config\.(\w+)\('(\w+)'\)", text) for text in called)
        return {key[2]: key[1].endswith("_object") for key in asked if key}

    def region(self) -> str:
        """Where it plays: in the region of a zone or an ARN that it names, or where AWS's examples mostly play."""
        found = re.search(r"\b(us-[a-z]+-\d)[a-f]?\b(?=\"\]|:\d{12}:)", self.source)
        return found[1] if found else "us-east-1"

    def _calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(ast.parse(self.source)) if isinstance(node, ast.Call))


def examples() -> Iterator[Example]:
    """All examples of the types and functions that the provider declares."""
    for page in sorted(_pages()):
        for number, source in enumerate(dict.fromkeys(_BLOCK.findall(_documentation(page)))):
            yield Example(f"{page.removeprefix('aws.')}.{number}", dedent(source))


def _pages() -> set[str]:
    return {_name(token) for token in TYPES} | {_function(token) for token in LOOKUPS}


def _declared() -> set[str]:
    functions = {_function(token) for token in LOOKUPS}
    return {_name(token) for token in TYPES} | functions | {f"{name}_output" for name in functions}


def _name(token: str) -> str:
    _, module, name = token.split(":")
    return f"aws.{module.split('/')[0]}.{name}".replace("aws.index.", "aws.")


def _function(token: str) -> str:
    module, _, name = _name(token).rpartition(".")
    return f"{module}.{re.sub('[A-Z]', lambda one: f'_{one[0].lower()}', name)}"


def _documentation(page: str) -> str:
    path, _, name = page.rpartition(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some modules deprecate classes of their own as they load.
        found: Any = getattr(importlib.import_module(path.replace("aws", "pulumi_aws", 1)), name)
    documented = typing.get_overloads(found.__init__)[0] if inspect.isclass(found) else found
    return inspect.getdoc(documented) or ""


def _imported(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
