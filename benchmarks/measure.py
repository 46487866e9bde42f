"""One run of the engine: how long it took, what it worked, and the most memory that each of its processes had."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PERIOD_S = 0.05
ROLES = ("engine", "program", "provider")


@dataclass(frozen=True)
class Measured:
    """Seconds from start to end, seconds of processors at work, and peak resident memory in MiB by role."""

    seconds: float
    cpu: float
    memory: Mapping[str, float] = field(default_factory=dict[str, float])


class RunError(Exception):
    """The engine failed; the message is all that it printed."""


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Run the command, watch its family, and raise RunError unless it succeeds."""
    log = folder / "run.log"
    peaks: dict[str, float] = dict.fromkeys(ROLES, 0.0)
    start = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        roles: dict[psutil.Process, str | None] = {psutil.Process(process.pid): "engine"}
        looked = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            # Who is there changes in the first seconds only; looking for it costs more than reading memory.
            if time.monotonic() - looked > 4 * PERIOD_S:
                looked = time.monotonic()
                roles |= {one: _role(one) for one in _children(process.pid) if roles.get(one) is None}
            for one, role in roles.items():
                if role is not None:
                    peaks[role] = max(peaks[role], _resident(one))
            time.sleep(PERIOD_S)
    seconds = time.monotonic() - start
    _, status, used = ended  # of the engine and all that it has waited for
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RunError(f"`{' '.join(command)}` failed:\n{log.read_text()}")
    return Measured(seconds, used.ru_utime + used.ru_stime, peaks)


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _role(process: psutil.Process) -> str | None:
    """The language host is left out: it is the same for every program."""
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return None
    if "pulumi-resource-aws" in words or "sandbox.provider" in words:
        return "provider"
    return "program" if "pulumi-language-python-exec" in words and "sandbox.engine.host" not in words else None


def _resident(process: psutil.Process) -> float:
    try:
        return process.memory_info().rss / 2**20
    except psutil.Error:
        return 0.0
