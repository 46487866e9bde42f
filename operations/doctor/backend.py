"""Where the state is: the backend, the stack in it, its config, and the key of its secrets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from operations.doctor.finding import Finding, Machine, fail, ok, warn
from operations.messages import first_error

_TIMEOUT_S = 25


class _EngineError(Exception):
    """The CLI failed; the message is its own."""


class _MissingError(_EngineError):
    """There is no CLI."""


def backend(machine: Machine) -> Iterator[Finding]:
    """It answers, and has the stack."""
    try:
        url = json.loads(_pulumi(machine, "whoami", "--verbose", "--json"))["url"]
        stacks = [one["name"] for one in json.loads(_pulumi(machine, "stack", "ls", "--json"))]
    except _MissingError as error:
        yield warn("backend", f"not known: {error}", "See the finding about pulumi first")
        return
    except _EngineError as error:
        yield fail("backend", str(error), "pulumi login, or PULUMI_BACKEND_URL with the credentials that it needs")
        return
    yield ok("backend", f"{url} answers")
    stack = machine.declared.stack
    if stack is None:
        return
    if stack in stacks or stack.rpartition("/")[2] in stacks:
        yield ok("stack", stack)
    else:
        yield fail(
            "stack", f"there is no {stack}. There is: {', '.join(stacks) or 'none'}", f"pulumi stack init {stack}"
        )


def config(machine: Machine) -> Iterator[Finding]:
    """Its file can be used."""
    declared = machine.declared
    if declared.problem:
        yield fail("config", declared.problem, "Mend what it names; `pulumi preview` says the same")
    elif declared.stack is not None and not declared.has_file:
        yield fail("config", f"there is no {declared.file}", "git checkout it, or `pulumi stack init` and fill it in")
    elif declared.settings is not None:
        services = declared.settings.services
        releases = sum(len(service.releases) for service in services.values())
        yield ok("config", f"{declared.file}: {len(services)} services, {releases} releases")


def secrets(machine: Machine) -> Iterator[Finding]:
    """The stack's passphrase, or key, is the one that encrypted it."""
    stack, project = machine.declared.stack, machine.declared.project_name
    if stack is None or project is None:
        return
    short = stack.rpartition("/")[2]
    # A refresh of nothing but the stack itself: nothing is asked of AWS, and nothing is written.
    urn = f"urn:pulumi:{short}::{project}::pulumi:pulumi:Stack::{project}-{short}"
    quiet = ("refresh", "--preview-only", "--run-program=false", "--target", urn, "--stack", stack)
    try:
        _pulumi(machine, *quiet)
    except _EngineError as error:
        said = str(error)
        if any(word in said for word in ("passphrase", "secrets manager", "secrets provider", "decrypt")):
            remedy = "Set PULUMI_CONFIG_PASSPHRASE or _FILE to the stack's, or allow the use of its key"
            yield fail("secrets", said.removeprefix("getting stack configuration: "), remedy)
        else:
            yield warn("secrets", f"not known: {said}", "See the findings about pulumi, backend and stack first")
        return
    yield ok("secrets", "the stack's secrets provider opens")


def _pulumi(machine: Machine, *words: str) -> str:
    """What the CLI prints.

    Raises:
        _EngineError: it fails, or doesn't end in time.
    """
    environment = {**machine.environment, "PULUMI_SKIP_UPDATE_CHECK": "true", "NO_COLOR": "1"}
    command = ["pulumi", "--non-interactive", *words]
    try:
        done = subprocess.run(
            command, cwd=machine.project, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except FileNotFoundError:
        raise _MissingError("there is no pulumi on PATH to ask with") from None
    except subprocess.TimeoutExpired:
        raise _EngineError(f"`pulumi {words[0]}` gave no answer in {_TIMEOUT_S} s") from None
    if done.returncode:
        raise _EngineError(first_error(f"{done.stderr}\n{done.stdout}"))
    return done.stdout
