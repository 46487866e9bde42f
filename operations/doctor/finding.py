"""What a check finds, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from operations.declared import Declared


class State(StrEnum):
    """How it is: fine, worth a look, or in the way of an update."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is a line, empty where there is nothing to do."""

    subject: str
    state: State
    said: str
    remedy: str = ""


def ok(subject: str, said: str) -> Finding:
    """It is fine."""
    return Finding(subject, State.OK, said)


def warn(subject: str, said: str, remedy: str) -> Finding:
    """It is worth a look."""
    return Finding(subject, State.WARN, said, remedy)


def fail(subject: str, said: str, remedy: str) -> Finding:
    """It is in the way of an update."""
    return Finding(subject, State.FAIL, said, remedy)


@dataclass(frozen=True)
class Machine:
    """What the checks look at."""

    project: Path
    declared: Declared
    environment: Mapping[str, str]

    @property
    def region(self) -> str | None:
        """Where the stack is: the config's region, or the environment's."""
        return self.declared.region or self.ambient_region

    @property
    def ambient_region(self) -> str | None:
        """The environment's region."""
        return self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION")


Check = Callable[[Machine], Iterable[Finding]]
