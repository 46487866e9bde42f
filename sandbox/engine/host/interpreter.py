"""Which Python runs a program, and what is installed for it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import cast

from google.protobuf.json_format import MessageToDict
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pulumi.runtime.proto import language_pb2

from sandbox.engine.host.errors import EnvironmentMissingError


@dataclass(frozen=True)
class Interpreter:
    """The interpreter of one project or policy pack."""

    python: Path
    #: Set when the project asks for a virtual environment by the `virtualenv` option.
    virtualenv: Path | None = None

    @classmethod
    def of(cls, info: language_pb2.ProgramInfo) -> "Interpreter":
        """The one that `runtime.options.virtualenv` names, relative to the project file.

        Without the option it is the interpreter that this host runs on. The directory need not
        exist yet; `checked` says whether it does.
        """
        option = MessageToDict(info.options).get("virtualenv")
        if not option:
            return cls(Path(sys.executable))
        virtualenv = Path(info.root_directory, str(option))
        return cls(virtualenv / "bin" / "python", virtualenv)

    def checked(self) -> "Interpreter":
        """This interpreter, known to exist.

        Raises:
            EnvironmentMissingError: with the directory and the command that creates it.
        """
        if self.virtualenv and not self.python.exists():
            state = "is no virtual environment" if self.virtualenv.exists() else "does not exist"
            raise EnvironmentMissingError(
                f"the 'virtualenv' option of the project names {self.virtualenv}, which {state}. "
                "Create it and install the dependencies: pulumi install"
            )
        return self

    def activated(self, environ: Mapping[str, str]) -> dict[str, str]:
        """`environ`, with the virtual environment activated if there is one."""
        env = dict(environ)
        if self.virtualenv:
            env["VIRTUAL_ENV"] = str(self.virtualenv)
            env["PATH"] = os.pathsep.join([str(self.python.parent), env.get("PATH", os.defpath)])
            env.pop("PYTHONHOME", None)
        return env

    def ask(self, expression: str) -> object:
        """The value of a Python expression there, as JSON carries it; `sys` is imported."""
        answer = subprocess.run(
            [self.python, "-c", f"import json, sys; print(json.dumps({expression}))"],
            env=self.activated(os.environ),
            stdout=subprocess.PIPE,
            check=True,
        )
        return json.loads(answer.stdout)

    def search_path(self) -> list[str]:
        """`sys.path` of a program there, without its own directory."""
        return cast(list[str], self.ask("sys.path[1:]"))


@dataclass(frozen=True)
class ProviderPackage:
    """A provider's Python package: which plugin it needs, by its `pulumi-plugin.json`."""

    name: str
    version: str
    server: str


def provider_packages(search_path: list[str]) -> list[ProviderPackage]:
    """The plugins that installed packages need, by name; a broken description is an error."""
    found: dict[str, ProviderPackage] = {}
    for directory in search_path:
        for description in sorted(Path(directory).glob("*/pulumi-plugin.json")):
            plugin = cast(dict[str, object], json.loads(description.read_text()))
            if not plugin.get("resource"):
                continue
            name = str(plugin.get("name") or description.parent.name.removeprefix("pulumi_"))
            version = str(plugin.get("version") or "")
            found.setdefault(name, ProviderPackage(name, version, str(plugin.get("server") or "")))
    return [found[name] for name in sorted(found)]


def dependencies(search_path: list[str], *, transitive: bool) -> list[tuple[str, str]]:
    """Name and version of what is installed; without `transitive`, of what nothing else needs."""
    installed = {canonicalize_name(d.name): d for d in distributions(path=search_path)}
    if not transitive:
        needed = {name for d in installed.values() for name in _requirements(d)}
        installed = {name: d for name, d in installed.items() if name not in needed}
    return sorted((d.name, d.version) for d in installed.values())


def _requirements(distribution: Distribution) -> set[str]:
    needed = (Requirement(line) for line in distribution.requires or [])
    return {
        canonicalize_name(requirement.name)
        for requirement in needed
        # Extras were asked for by whoever installed the distribution, not by itself.
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
