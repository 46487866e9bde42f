"""`pulumi install`: a virtual environment with the project's requirements in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pulumi.runtime.proto import language_pb2

from sandbox.engine.host.children import Children
from sandbox.engine.host.errors import InstallError
from sandbox.engine.host.interpreter import Interpreter


def install_dependencies(
    info: language_pb2.ProgramInfo, children: Children
) -> Iterator[language_pb2.InstallDependenciesResponse]:
    """Create what is missing and install `requirements.txt`, yielding output as it comes.

    uv installs where it is at hand, pip elsewhere; both check hashes if the file has them.

    Raises:
        InstallError: with the command that failed and its exit code.
    """
    interpreter = Interpreter.of(info)
    directory = Path(info.program_directory)
    if interpreter.virtualenv and not interpreter.python.exists():
        yield _said(f"Creating virtual environment in {interpreter.virtualenv}...\n")
        yield from _run([sys.executable, "-m", "venv", str(interpreter.virtualenv)], directory, children)
    requirements = directory / "requirements.txt"
    if not requirements.exists():
        yield _said(f"Nothing to install: there is no {requirements}.\n")
        return
    yield _said(f"Installing {requirements} with {interpreter.python}...\n")
    yield from _run([*_installer(interpreter.python), "-r", str(requirements)], directory, children)
    yield _said("Finished installing dependencies\n")


def _installer(python: Path) -> list[str]:
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath]))
    if uv:
        return [uv, "pip", "install", "--python", str(python)]
    return [str(python), "-m", "pip", "install", "--disable-pip-version-check"]


def _run(command: list[str], directory: Path, children: Children) -> Iterator[language_pb2.InstallDependenciesResponse]:
    process = children.start(command, directory, os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout
    for line in process.stdout:
        yield language_pb2.InstallDependenciesResponse(stdout=line)
    if code := children.wait(process):
        raise InstallError(f"{' '.join(command)} failed with exit code {code}")


def _said(line: str) -> language_pb2.InstallDependenciesResponse:
    return language_pb2.InstallDependenciesResponse(stdout=line.encode())
