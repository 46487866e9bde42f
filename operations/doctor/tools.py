"""This machine's tools: Python and its packages, the engine with its language host and plugin, git."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from operations.doctor.finding import Finding, Machine, fail, ok, warn

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
PYTHON = (3, 11)
INSTALL = "pip install --require-hashes -r requirements.txt, in the environment that runs this"
CLI = "https://www.pulumi.com/docs/iac/download-install/, or `make up` for the sandbox's"


def pinned(path: Path = REQUIREMENTS) -> Mapping[str, str]:
    """By name, the versions that a lock asks for; those that only other platforms need are left out."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    found = (re.fullmatch(r"([\w.-]+)==([^\s;]+) *\\?", line) for line in lines)
    return {one[1]: one[2] for one in found if one}


def python(_machine: Machine) -> Iterator[Finding]:
    """Its version."""
    said = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        yield fail("python", f"{said}, older than 3.11", "Install Python 3.11 or later")
    else:
        yield ok("python", said)


def packages(_machine: Machine) -> Iterator[Finding]:
    """What requirements.txt pins, against what is installed."""
    wanted = pinned()
    if not wanted:
        yield warn("packages", "there is no requirements.txt to compare them with", "git checkout requirements.txt")
        return
    there = {name: _installed(name) for name in wanted}
    if missing := [f"{name} {wanted[name]}" for name, found in there.items() if found is None]:
        yield fail("packages", f"missing: {', '.join(missing)}", INSTALL)
    others = [
        f"{name} {found} for {wanted[name]}" for name, found in there.items() if found not in (None, wanted[name])
    ]
    if others:
        yield warn("packages", f"other versions than pinned: {', '.join(others)}", INSTALL)
    if not missing and not others:
        yield ok("packages", f"all {len(wanted)} as requirements.txt says")


def engine(machine: Machine) -> Iterator[Finding]:
    """The Pulumi CLI, and its language host."""
    wanted = pinned().get("pulumi", "")
    cli = _which(machine, "pulumi")
    if cli is None:
        yield fail("pulumi", "there is none on PATH", f"Install {wanted}: {CLI}")
        return
    told = subprocess.run([cli, "version"], capture_output=True, text=True, timeout=20, env=_quiet(machine))
    found = told.stdout.strip().removeprefix("v")
    if told.returncode or not found:
        yield fail("pulumi", f"{cli} does not run: {_last(told.stderr)}", f"Install {wanted}: {CLI}")
    elif found != wanted:
        yield warn("pulumi", f"{found}, and the SDK is {wanted}", f"Install {wanted}: {CLI}")
    else:
        yield ok("pulumi", found)
    # The engine looks beside itself first. https://www.pulumi.com/docs/iac/concepts/plugins/
    host = Path(cli).resolve().with_name("pulumi-language-python")
    if host.exists() or (host := _which(machine, "pulumi-language-python")):
        yield ok("language host", str(host))
    else:
        yield fail("language host", "no pulumi-language-python beside pulumi, nor on PATH", f"Install both: {CLI}")


def plugin(machine: Machine) -> Iterator[Finding]:
    """The AWS provider."""
    wanted = pinned().get("pulumi-aws", "")
    home = Path(machine.environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if (home / "plugins" / f"resource-aws-v{wanted}").is_dir():
        yield ok("plugin aws", wanted)
    elif found := _which(machine, "pulumi-resource-aws"):
        yield warn("plugin aws", f"{found} on PATH is used, whatever its version", "Take it off PATH")
    else:
        said, remedy = f"{wanted} is not installed", f"pulumi plugin install resource aws {wanted}"
        # Else the engine gets it by itself.
        is_refused = machine.environment.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "").lower() == "true"
        yield fail("plugin aws", said, remedy) if is_refused else warn("plugin aws", f"{said} yet", remedy)


def git(machine: Machine) -> Iterator[Finding]:
    """It puts commit and author into the history."""
    found = _which(machine, "git")
    if found is None:
        yield warn("git", "there is none on PATH: the history will name no commit", "Install git")
        return
    told = subprocess.run(
        [found, "rev-parse", "--is-inside-work-tree"], cwd=machine.project, capture_output=True, text=True, timeout=20
    )
    if told.returncode:
        yield warn("git", f"{machine.project} is in no checkout: the history will name no commit", "git clone it")
    else:
        yield ok("git", found)


def _which(machine: Machine, name: str) -> str | None:
    return shutil.which(name, path=machine.environment.get("PATH", os.defpath))


def _quiet(machine: Machine) -> dict[str, str]:
    return {**machine.environment, "PULUMI_SKIP_UPDATE_CHECK": "true"}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _last(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")
