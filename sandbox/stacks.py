"""The stacks of a project in the sandbox, worked on with the `pulumi` command."""

import json
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.environment import process_environment
from sandbox.home import Home


class PulumiError(Exception):
    """`pulumi` failed; the message says what was asked of it and what it answered."""


@dataclass(frozen=True)
class Stack:
    """A stack that the backend knows."""

    name: str
    resources: int
    #: ISO 8601, in UTC; empty before the first update.
    last_update: str


class Stacks:
    """The stacks of the project in the folder `project`, kept by the backend of `home`."""

    def __init__(self, project: Path, home: Home, url: str) -> None:
        self._project = project
        self._pulumi = str(home.bin / "pulumi")
        self._environ = process_environment(home, url)

    def version(self) -> str:
        """The version of the engine."""
        return self._ask("version").strip()

    def declared(self) -> list[str]:
        """The stacks that have a `Pulumi.<stack>.yaml` in the project."""
        return sorted(path.name.split(".")[1] for path in self._project.glob("Pulumi.*.yaml"))

    def existing(self) -> list[Stack]:
        """The stacks that have been created.

        Raises:
            PulumiError: the backend or the project can't be read.
        """
        return [
            Stack(stack["name"], stack.get("resourceCount") or 0, stack.get("lastUpdate") or "")
            for stack in json.loads(self._ask("stack", "ls", "--json"))
        ]

    def create_missing(self, selected: str) -> list[str]:
        """Create the declared stacks that don't exist yet, select one, and return the new names.

        Raises:
            PulumiError: with the engine's words.
        """
        existing = {stack.name for stack in self.existing()}
        missing = [name for name in self.declared() if name not in existing]
        for name in missing:
            self._ask("stack", "init", "--stack", name, "--no-select")
        self._ask("stack", "select", "--stack", selected)
        return missing

    def unlock(self, stack: str) -> None:
        """Take away the lock that a killed command has left, if there is one."""
        self._ask("cancel", "--yes", "--stack", stack)

    def run(self, *arguments: str) -> int:
        """Run `pulumi` in the foreground, with the user's terminal, and return its exit code."""
        process = subprocess.Popen([self._pulumi, *arguments], cwd=self._project, env=self._environ)
        # An interrupt from the terminal reaches the engine as well: it finishes the steps it has
        # begun and saves its state, which killing it would prevent.
        before = signal.signal(signal.SIGINT, _left_to_pulumi)
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, before)

    def _ask(self, *arguments: str) -> str:
        answer = subprocess.run(
            [self._pulumi, *arguments, "--non-interactive"],
            cwd=self._project,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if answer.returncode != 0:
            said = (answer.stderr or answer.stdout).strip()
            raise PulumiError(f"`pulumi {' '.join(arguments)}` in {self._project} failed: {said}")
        return answer.stdout


def _left_to_pulumi(_number: int, _frame: object) -> None:
    """Nothing to do here: the terminal interrupts the engine, too."""
