"""Running `go` for minutes, with signs of life."""

import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO

from sandbox.engine.engine import EngineError, Report
from sandbox.engine.toolchain import MODULE, environment

#: Seconds between two reports while a command runs.
INTERVAL_S = 10.0

#: Makes the lines that `go` has written to stderr so far a sentence about progress.
Reading = Callable[[list[str]], str]


class Progress:
    """What is going on, with the minutes and seconds since it began."""

    def __init__(self, task: str, report: Report) -> None:
        self._task = task
        self._report = report
        self._started = time.monotonic()

    def say(self, state: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        self._report(f"[{minutes}:{seconds:02}] {self._task}: {state}")


def run_go(command: list[str], progress: Progress, reading: Reading) -> list[str]:
    """Run `command` in the engine's module and return the lines it printed.

    Every few seconds `progress` says what `reading` makes of stderr. An interrupt ends the command.

    Raises:
        EngineError: the command failed; with its last lines.
    """
    process = subprocess.Popen(
        command,
        cwd=MODULE,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    printed: list[str] = []
    said: list[str] = []
    readers = [_reader(process.stdout, printed), _reader(process.stderr, said)]
    try:
        while _runs(process):
            progress.say(reading(said))
    finally:
        process.kill()
        for reader in readers:
            reader.join()
    if process.returncode != 0:
        raise EngineError(_failure(command, said))
    return printed


def _runs(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(INTERVAL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _reader(stream: IO[str] | None, lines: list[str]) -> threading.Thread:
    assert stream
    reader = threading.Thread(target=lambda: lines.extend(map(str.rstrip, stream)), daemon=True)
    reader.start()
    return reader


def _failure(command: list[str], said: list[str]) -> str:
    if any("no space left on device" in line for line in said):
        return (
            "The disk is full. Building the engine takes about 5 GB, most of it in Go's caches: see "
            "`go env GOCACHE GOMODCACHE`, and GOTMPDIR or TMPDIR. Make room and run the command "
            "again; what is compiled already is kept."
        )
    tail = "\n  ".join(said[-15:])
    return f"The engine can't be built: `{' '.join(command)}` failed:\n  {tail}"
