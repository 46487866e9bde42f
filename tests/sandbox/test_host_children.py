"""Processes that the language host starts end with it."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from sandbox.engine.host import children as module
from sandbox.engine.host.children import Children
from sandbox.engine.host.errors import EndedError

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_exit_code_of_a_process_is_its_own(tmp_path: Path) -> None:
    children = Children()
    process = children.start([sys.executable, "-c", "raise SystemExit(7)"], tmp_path, os.environ)
    assert children.wait(process) == 7


def test_a_process_ends_with_what_it_started(tmp_path: Path) -> None:
    children = Children()
    parent = f"import subprocess; subprocess.Popen({SLEEP!r}).wait()"
    process = children.start([sys.executable, "-c", parent], tmp_path, os.environ)
    deadline = time.monotonic() + 10
    while not (grandchildren := psutil.Process(process.pid).children()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children.end(process)
    assert children.wait(process) < 0
    _, alive = psutil.wait_procs(grandchildren, timeout=5)
    assert all(map(gone, alive))


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    children = Children()
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    process = children.start([sys.executable, "-c", deaf], tmp_path, os.environ, stdout=-1)
    assert process.stdout
    process.stdout.readline()
    children.end(process)
    assert children.wait(process) == -9
    process.stdout.close()


def test_after_the_end_of_all_nothing_is_started(tmp_path: Path) -> None:
    children = Children()
    process = children.start(SLEEP, tmp_path, os.environ)
    children.end_all()
    assert process.poll() is not None
    assert children.ending
    with pytest.raises(EndedError):
        children.start(SLEEP, tmp_path, os.environ)
