"""The processes that the host starts, each the leader of a group of its own.

The engine ends a host by interrupting the host's whole process group. A Python program would
answer that with a traceback in the user's diagnostics, so programs are kept out of the group and
are ended by the host, with SIGTERM, which they don't print anything about.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.engine.host.errors import EndedError

GRACE_S = 3.0


class Children:
    """Starts processes and ends every one of them, with what they started, on request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ending = False

    @property
    def ending(self) -> bool:
        """Whether the engine has asked for the end of everything."""
        return self._ending

    def start(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start `command`; its output goes where the host's goes unless told otherwise.

        Raises:
            EndedError: `end_all` has been called.
            OSError: the command or the directory isn't there.
        """
        with self._lock:
            if self._ending:
                raise EndedError("the language host is ending")
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            self._running.add(process)
        return process

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """The exit code of `process`, which then counts as gone."""
        code = process.wait()
        with self._lock:
            self._running.discard(process)
        return code

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """SIGTERM to the group of `process`, and SIGKILL to what is left of it after `GRACE_S`."""
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
        _signal_group(process, signal.SIGKILL)

    def end_all(self) -> None:
        """End what runs and refuse to start more."""
        with self._lock:
            self._ending = True
            running = list(self._running)
        for process in running:
            self.end(process)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # A group outlives its leader while a member lives; without members the call fails.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
