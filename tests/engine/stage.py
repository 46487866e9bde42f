"""A stage of one's own: the project's program on the real engine, with a backend and a cloud nobody else sees."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml

from sandbox import cloud, engine, provider
from sandbox.environment import process_environment
from sandbox.home import Home

PROJECT = Path(__file__).parents[2]
STACK = "dev"


@dataclass(frozen=True)
class Run:
    """A finished command: its exit code and what it printed, both streams together."""

    code: int
    text: str


@contextmanager
def sandboxed(root: Path, seed: Path) -> Generator[tuple[Home, dict[str, str]]]:
    """A sandbox of one's own below `root`, and the environment that leads into it; its cloud ends with the block."""
    home = Home(root)
    engine.install(engine.ensure_engine(print), home)
    provider.install(home.pulumi_home)
    home.backend.mkdir(parents=True)
    url = cloud.start(home.cloud, seed)
    try:
        yield home, process_environment(home, url)
    finally:
        cloud.stop(home.cloud)


class Stage:
    """The program in a folder of its own, so that nothing a test does reaches the checkout."""

    def __init__(self, home: Home, environment: Mapping[str, str], folder: Path) -> None:
        self.home, self.environment, self.folder = home, dict(environment), folder
        folder.mkdir()
        shutil.copy(PROJECT / "Pulumi.yaml", folder)
        shutil.copy(PROJECT / "__main__.py", folder)
        for package in ("components", "operations", "policies"):
            (folder / package).symlink_to(PROJECT / package)
        (folder / ".venv").symlink_to(sys.prefix)

    def configure(self, services: Mapping[str, Any], **others: object) -> None:
        """Write the stack's config; the engine's own lines in it (the salt) stay."""
        path = self.folder / f"Pulumi.{STACK}.yaml"
        document: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
        document["config"] = {
            "aws:region": "eu-west-1",
            "immutable:services": services,
            **{f"immutable:{key}": value for key, value in others.items()},
        }
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def pulumi(self, *arguments: str, timeout_s: float = 180) -> Run:
        """Run the engine's CLI here, without a terminal."""
        return self.run("pulumi", *arguments, timeout_s=timeout_s)

    def run(self, *command: str, timeout_s: float = 180) -> Run:
        """Run a command in the stage's folder and environment."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the CLI and don't wait for it."""
        return subprocess.Popen(
            ["pulumi", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def must(self, *arguments: str) -> Run:
        """Run the engine's CLI, which must succeed."""
        run = self.pulumi(*arguments)
        assert run.code == 0, run.text
        return run

    def up(self, *arguments: str) -> Run:
        """`pulumi up` of the stack `dev`, which must succeed."""
        return self.must("up", "--yes", "--stack", STACK, *arguments)

    def preview(self, *arguments: str) -> Run:
        """`pulumi preview`, however it ends."""
        return self.pulumi("preview", "--stack", STACK, *arguments)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", STACK).text)

    def client(self, service: str) -> Any:
        """A boto3 client of the stage's cloud."""
        session: Any = boto3
        return session.client(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    def journal(self, since: int = 0) -> list[cloud.Call]:
        """Every call that the cloud got, from the `since`-th on."""
        return cloud.read_journal(self.home.cloud)[since:]

    def mark(self) -> int:
        """How many calls the journal holds now."""
        return len(self.journal())

    def writes(self, since: int = 0) -> list[str]:
        """The operations that change something, in order, from the `since`-th call on."""
        return [call.operation for call in self.journal(since) if is_write(call.operation)]

    def groups(self) -> dict[str, dict[str, Any]]:
        """The Auto Scaling groups by release."""
        found = self.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        return {_release(group): group for group in found}


class Program(Stage):
    """A stage with a program of its own."""

    def __init__(self, home: Home, variables: dict[str, str], folder: Path, text: str) -> None:
        super().__init__(home, variables, folder)
        (folder / "components").unlink()
        (folder / "Pulumi.yaml").write_text("name: plain\nruntime: {name: python, options: {virtualenv: .venv}}\n")
        (folder / "__main__.py").write_text(text)

    def give(self, **given: Any) -> None:
        """Set what the program reads from its config."""
        self.pulumi("config", "set", "--stack", STACK, "given", json.dumps(given))

    def steps(self, run: Run) -> list[tuple[str, str]]:
        """The operations of `preview --json`, each with the resource's type and name."""
        text = run.text[run.text.index("{\n") :]
        steps = json.loads(text[: text.rindex("\n}") + 2])["steps"]
        return [(step["op"], step["urn"].split("$")[-1].split("::", 2)[-1]) for step in steps if step["op"] != "same"]


@contextmanager
def programmed(root: Path, seed: Path, text: str) -> Generator[Program]:
    """A program in a sandbox of its own below `root`, with nothing deployed."""
    with sandboxed(root / "sandbox", seed) as (home, environment):
        program = Program(home, environment, root / "project", text)
        program.must("stack", "init", STACK)
        yield program


@contextmanager
def meanwhile(do: Callable[[], object]) -> Generator[None]:
    """While it lasts, do something every half second."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(0.5):
            do()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_write(operation: str) -> bool:
    """Whether an operation's name is one of a call that changes the cloud."""
    return not operation.startswith(("Describe", "Get", "List", "Search"))


def subsequence(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether `wanted` occurs in `found` in that order, others between."""
    rest = iter(found)
    return all(operation in rest for operation in wanted)


def _release(group: Mapping[str, Any]) -> str:
    return next(tag["Value"] for tag in group["Tags"] if tag["Key"] == "immutable:release")
