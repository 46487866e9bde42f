"""What tests of rollouts share: the command, what it told, and what it left."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import yaml

from tests.engine.catalogue import GOOD_TOO
from tests.engine.stage import STACK, Run, Stage

BACK, BUSY, STOPPED = 3, 5, 130
NEW = ("--to", "1.5.0", "--image", GOOD_TOO)
SHORT = ("--strategy", "canary", "--steps", "50", "--bake", "1s")


def command(stage: Stage, *arguments: str) -> list[str]:
    where = ("--stack", STACK, "--project", str(stage.folder), "--yes", "--json")
    return [sys.executable, "-m", "operations", "rollout", "web", *where, *arguments]


def rollout(stage: Stage, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """A rollout for machines, which must end with this exit code; its events."""
    run = stage.run(*command(stage, *arguments), timeout_s=900)
    assert run.code == code, run.text
    return events(run)


def events(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.text.splitlines() if line.startswith("{")]


def steps(found: list[dict[str, Any]]) -> list[list[int]]:
    """The weights of each step, in the order of the config."""
    return [list(event["weights"].values()) for event in found if event["event"] == "step"]


def weights(stage: Stage) -> dict[str, int]:
    """What the last update left, by label."""
    return {one["label"]: one["weight"] for one in stage.outputs()["services"]["web"].values()}


def set_gate(stage: Stage, **gate: Any) -> None:
    """Give the service another gate; all else in the config stays."""
    path = stage.folder / f"Pulumi.{STACK}.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"]["immutable:services"]["web"]["gate"] = gate
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def declared(stage: Stage) -> dict[str, int]:
    """What the config asks for, by version."""
    document = yaml.safe_load((stage.folder / f"Pulumi.{STACK}.yaml").read_text())
    releases = document["config"]["immutable:services"]["web"]["releases"]
    return {one["version"]: one.get("weight", 100) for one in releases}


def when(stage: Stage, operation: str, do: Callable[[], object], since: int) -> threading.Thread:
    """Do something as soon as the cloud has had a call."""

    def wait() -> None:
        while operation not in stage.writes(since):
            time.sleep(0.1)
        do()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread
