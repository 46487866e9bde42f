"""kill -9 in the middle of a rollout on the real engine: the same command goes on, capacity held.

Three moments in every run; with DRILL=n more, by seed. `tests/operations/test_rollout_walk.py` has all, in a model.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import psutil
import pytest

from tests.engine.catalogue import GOOD, release, service
from tests.engine.observer import Observer
from tests.engine.rollouts import BUSY, NEW, SHORT, command, declared, weights
from tests.engine.stage import STACK, Stage

Victim = Literal["all", "engine", "command"]


@dataclass(frozen=True)
class Kill:
    """kill -9 of a rollout so long after a call: of the command, of the engine alone, or of all there is."""

    operation: str
    nth: int = 1
    delay_s: float = 0.0
    victim: Victim = "all"
    asked: tuple[str, ...] = SHORT

    def __str__(self) -> str:
        strategy = "surge" if "--surge" in self.asked else self.asked[1]
        return f"{strategy}, {self.victim}, {self.delay_s:.1f} s after {self.operation} {self.nth}"


def kills() -> Iterator[Kill]:
    """One before, at and after the shift of the traffic; with DRILL=n as many again, n - 1 times, by seed."""
    yield Kill("CreateAutoScalingGroup")
    yield Kill("ModifyRule", victim="engine")
    yield Kill("DeleteAutoScalingGroup", victim="command")
    seeded = random.Random(6)
    for _ in range(3 * (int(os.environ.get("DRILL", "1")) - 1)):
        surge = (*SHORT, "--surge", "2")
        asked = seeded.choice([SHORT, surge, ("--strategy", "replace"), ("--strategy", "blue-green")])
        operation, most = seeded.choice([
            ("CreateLaunchTemplate", 1), ("CreateTargetGroup", 1), ("CreateRule", 1), ("CreateAutoScalingGroup", 1),
            ("ModifyRule", 2 if "canary" in asked else 1), ("DeleteAutoScalingGroup", 1), ("DeleteTargetGroup", 1),
        ])  # fmt: skip
        victim: Victim = seeded.choice(get_args(Victim))
        yield Kill(operation, seeded.randint(1, most), seeded.uniform(0, 4), victim, asked)


@pytest.mark.parametrize("moment", list(kills()), ids=str)
def test_killed_at_any_moment_the_same_command_goes_on(stage: Stage, moment: Kill) -> None:
    gate = {"timeout_s": 20}
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0), capacity={"min": 4, "max": 9}, gate=gate)})
    stage.up("--skip-preview")
    asked, mark = command(stage, *NEW, *moment.asked), stage.mark()
    with Observer(stage.client("elbv2"), stage.client("autoscaling")) as seen:
        process = subprocess.Popen(asked, cwd=stage.folder, env=stage.environment, start_new_session=True)
        while stage.writes(mark).count(moment.operation) < moment.nth:
            assert process.poll() is None
            time.sleep(0.1)
        time.sleep(moment.delay_s)
        kill(process, moment.victim)
        process.wait(60)
        found = stage.run(*asked, timeout_s=900)
        deadline = time.monotonic() + 120
        while found.code == BUSY and moment.victim == "command":  # The engine outlives it, and ends its update.
            assert time.monotonic() < deadline, found
            found = stage.run(*asked, timeout_s=900)
    assert found.code == 0, found.text
    assert weights(stage) == declared(stage) == {"1.5.0": 100}
    assert len(stage.groups()) == 1
    assert seen.lowest >= 4
    assert seen.most <= 6 or "--surge" not in moment.asked
    orphans = stage.run(sys.executable, "-m", "operations", "orphans", "--stack", STACK, "--json")
    assert json.loads(orphans.text) == []


def kill(process: subprocess.Popen[bytes], victim: Victim) -> None:
    """SIGKILL to the command, to the engine that it runs, or to the whole family."""
    if victim == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "command":
        process.kill()
    else:
        for child in psutil.Process(process.pid).children():
            child.kill()
