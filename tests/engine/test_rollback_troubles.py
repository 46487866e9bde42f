"""Rollbacks where something is in the way: who holds the lock, what was killed, a gate that says no."""

from __future__ import annotations

import os
import signal
import subprocess

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY
from tests.engine.inventory import differences, inventory
from tests.engine.rollbacks import (
    BACK,
    BUSY,
    Record,
    command,
    configure,
    declared,
    file,
    made,
    refused,
    review,
    rollback,
    served,
)
from tests.engine.rollouts import when
from tests.engine.stage import STACK, Stage


def test_nothing_is_lost_by_a_lock_a_kill_or_a_gate_that_says_no(stage: Stage, record_property: Record) -> None:
    configure(stage, made("1.4.2"))
    stage.up("--skip-preview")
    first = inventory(stage)
    assert "entry 1 left what serves now" in refused(stage, "web")
    record_property("history", ("one update, and it serves", "nothing to go back to: refused, with the reason", "1"))

    # The bad release still fails: its gate waits, and holds the lock.
    configure(stage, made("1.5.1", NEVER_HEALTHY), gate={"timeout_s": 600})
    mark = stage.mark()
    failing = stage.start("up", "--yes", "--skip-preview", "--stack", STACK)
    when(stage, "CreateAutoScalingGroup", lambda: None, mark).join(60)
    mark = stage.mark()
    told = refused_while_busy(stage)
    assert f"(pid {failing.pid}) since" in told
    assert "Meanwhile serves: web: web-1.4.2-ec8a1378 at 100 %" in told
    failing.send_signal(signal.SIGINT)  # As the sentence says.
    assert failing.wait(120) != 0
    found = rollback(stage, "web")
    assert review(found)["entry"] == 1
    assert differences(first, inventory(stage)) == []
    assert declared(stage) == {"1.4.2": 100}
    record_property(
        "history", ("the bad release still fails, and holds the lock", "told who runs, and what serves: exit 5", "5")
    )
    record_property("history", ("… and once it was stopped there", "what it left goes; item by item as before", "0"))

    # Killed with its new group half made.
    configure(stage, made("1.5.0", GOOD_TOO))
    killed(stage, "CreateAutoScalingGroup")
    found = rollback(stage, "web")
    assert [event["event"] for event in found][:2] == ["recover", "review"]
    assert differences(first, inventory(stage)) == []
    record_property("history", ("killed before it moved the traffic", "recovered first; item by item as before", "0"))

    # Killed when the traffic has moved.
    configure(stage, made("1.5.0", GOOD_TOO))
    killed(stage, "ModifyRule")
    found = rollback(stage, "web")
    assert review(found)["entry"] == 1
    assert differences(first, inventory(stage)) == []
    record_property("history", ("killed when the traffic had moved", "recovered first; item by item as before", "0"))

    # The image has turned bad since: its gate stays shut, and nothing moves.
    configure(stage, made("1.6.0", GOOD_TOO))
    stage.up("--skip-preview")
    stage.client("ec2").create_tags(Resources=[GOOD], Tags=[{"Key": "sandbox:health", "Value": "never"}])
    text = file(stage)
    found = rollback(stage, "web", code=BACK)
    assert found[-1]["outcome"] == "back"
    assert "0 of 2 targets healthy" in found[-1]["text"]
    assert (served(stage), file(stage)) == ({"1.4.2": 0, "1.6.0": 100}, text)
    record_property(
        "history",
        ("what it goes back to is not healthy any more", "the gate stays shut; traffic and file as before", "3"),
    )
    stage.client("ec2").create_tags(Resources=[GOOD], Tags=[{"Key": "sandbox:health", "Value": "always"}])


def refused_while_busy(stage: Stage) -> str:
    """Another update runs: nothing but what that one does is to be seen, so only the file can be compared."""
    before = file(stage)
    run = stage.run(*command(stage, "web"), timeout_s=600)
    assert (run.code, file(stage)) == (BUSY, before), run.text
    return run.text


def killed(stage: Stage, operation: str) -> None:
    """kill -9 of an update, and all of its processes, as soon as the cloud has answered a call."""
    mark = stage.mark()
    process = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", STACK],
        cwd=stage.folder,
        env=stage.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    when(stage, operation, lambda: os.killpg(process.pid, signal.SIGKILL), mark).join(120)
    assert process.wait(30) == -signal.SIGKILL
