"""Keeps a cloud's state on disk while it runs, and brings it back when the next one starts."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn
from wsgiref.types import WSGIEnvironment

from werkzeug.wsgi import get_input_stream

from sandbox.cloud.appending import say
from sandbox.cloud.state import changes, files, pickling, repeating
from sandbox.cloud.state.files import Log, Request, StateError
from sandbox.cloud.state.repeating import UNREPEATABLE, new_seed

#: A snapshot is taken when nothing has changed for so long,
QUIET_S = 1.0
#: or the calls since the last one took so long, or so many bytes: repeating them takes as long again.
WORK_S = 2.0
BYTES = 64 << 20
LOOK_S = 0.25

#: What of a call's environment is of the call.
_PLAIN = (str, bytes, int, tuple)
_READS = ("Describe", "Get", "List", "Search", "BatchGet", "Head", "GET ", "HEAD ")
#: Reads that change what is read: alarms are evaluated when somebody asks.
_EVALUATING = ("DescribeAlarms", "DescribeAlarmHistory", "DescribeAlarmsForMetric")


@dataclass
class Answered:
    """What a call was, as is known once it was made, and the body of its answer."""

    service: str = ""
    operation: str = ""
    body: bytes = b""


class Keeper:
    """Of the cloud of a directory; whoever calls it holds the cloud's lock, but for `run` and `finish`.

    A disk without room stops no call. What is on it then ends before the first call that it doesn't hold, until a
    snapshot succeeds.
    """

    def __init__(self, directory: Path, lock: threading.Lock, extra: Callable[[], Any]) -> None:
        self._directory, self._lock, self._extra = directory, lock, extra
        (directory / files.FOLDER).mkdir(exist_ok=True)
        self._number = files.newest(directory)
        # None once a call couldn't be logged: those after it are of no use without it.
        self._log: Log | None = None
        self._work, self._changed = 0.0, 0.0
        self._child = 0
        self._failed = False

    def restore(self, accept: Callable[[Any], None], repeat: Callable[[WSGIEnvironment], bytes]) -> bool:
        """Bring back what the last cloud of this directory held; False if there was none, or it can't be.

        `accept` gets what went with the snapshot; `repeat` answers a call of the log.
        """
        try:
            found = files.read_snapshot(self._directory)
        except StateError as error:
            say(f"The state of the last cloud can't be used: {error}. This one starts empty.")
            found = None
        if found is None:
            return False
        number, content = found
        try:
            accept(pickling.load(content))
        except Exception:
            # Without this no cloud would ever start here again.
            files.remove_before(self._directory, number + 1)
            raise
        calls = other = 0
        for request in files.read_logs(self._directory, number):
            with _repeatable(request, request.clock):
                other += request.answer != _digest(repeat(_environ(request)))
            calls += 1
        say(f"The state of the last cloud is back: a snapshot and {calls} calls since.")
        if other:
            say(f"{other} of these calls gave another answer than then.")
        self._work = WORK_S if calls else 0.0
        self._log = self._next_log()
        return True

    @contextlib.contextmanager
    def call(self, environ: WSGIEnvironment) -> Generator[Answered]:
        """Inside, a call is made; it is kept when this ends, before it is answered.

        A read is kept if it draws ids, say, or changes something, or is one that evaluates.
        """
        body = get_input_stream(environ).read()
        environ["wsgi.input"] = io.BytesIO(body)
        request = Request({name: each for name, each in environ.items() if isinstance(each, _PLAIN)}, body, new_seed())
        made, began, answered = repeating.backends(), time.monotonic(), Answered()
        with _repeatable(request, None) as shown:
            yield answered
            reads = answered.operation.startswith(_READS) and answered.operation not in _EVALUATING
            if reads and not repeating.drew() and not changes.noted() and repeating.backends() == made:
                return
        self._changed = time.monotonic()
        self._work += self._changed - began
        if {answered.service, f"{answered.service} {answered.operation}"} & UNREPEATABLE and self.snapshot():
            return
        if self._log is not None:
            try:
                self._log.append(replace(request, clock=tuple(shown), answer=_digest(answered.body)))
            except OSError as error:
                self._log = None
                self._fail(error)

    def snapshot(self) -> bool:
        """Write what the cloud holds now; False if that failed."""
        number = self._number + 1
        try:
            files.write_snapshot(self._directory, number, pickling.dump(self._extra()))
            # If this fails, the old log is of no use, either: it isn't one of calls since this snapshot.
            log, self._log = self._log, None
            self._log = self._next_log(log)
        except Exception as error:  # noqa: BLE001  # A model that can't be pickled may raise anything.
            self._fail(error)
            return False
        self._work = 0.0
        self._succeed(number)
        return True

    def run(self) -> NoReturn:
        """Take snapshots, each by a child, in which the cloud stands still while this one goes on."""
        while True:
            time.sleep(LOOK_S)
            if not self._is_due():
                continue
            with self._lock:
                if self._log is None:
                    self.snapshot()
                else:
                    self._fork()
            if self._child:
                code = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
                self._child = 0
                if code == 0:
                    self._succeed(self._number)
                else:
                    self._failed = True
            time.sleep(QUIET_S)

    def finish(self) -> None:
        """Before the process ends: the next one has nothing to repeat then."""
        with self._lock:
            if child := self._child:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(child, signal.SIGKILL)
                    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            if self._work or child:
                self.snapshot()

    def _is_due(self) -> bool:
        quiet = time.monotonic() - self._changed > QUIET_S
        large = self._log is None or self._log.size > BYTES
        return self._work > 0 and (quiet or large or self._work > WORK_S)

    def _fork(self) -> None:
        try:
            self._log = self._next_log(self._log)
            self._child = os.fork()
        except OSError as error:
            self._fail(error)
            return
        self._work = 0.0
        if self._child:
            return
        code = 1
        try:
            gc.disable()
            os.closerange(3, 1024)  # A client waits for its connection's end.
            files.write_snapshot(self._directory, self._number, pickling.dump(self._extra()))
            code = 0
        except BaseException as error:  # noqa: BLE001  # A child must not go on as its parent.
            self._fail(error)
        finally:
            os._exit(code)

    def _next_log(self, last: Log | None = None) -> Log:
        log = Log(self._directory, self._number + 1)
        self._number += 1
        if last is not None:
            last.close()
        return log

    def _succeed(self, number: int) -> None:
        files.remove_before(self._directory, number)
        if self._failed:
            say("The state is kept again.")
        self._failed = False

    def _fail(self, error: BaseException) -> None:
        if not self._failed:
            say(f"The state can't be kept, what changes now may be lost: {type(error).__name__}: {error}")
        self._failed = True


@contextlib.contextmanager
def _repeatable(request: Request, clock: tuple[float, ...] | None) -> Generator[list[float]]:
    """Inside, a call draws what its seed says, and the clock shows what it did then; gives what it shows."""
    repeating.follow_imports()
    changes.begin()
    repeating.seed(request.seed)
    with repeating.clock.call(clock) as shown:
        yield shown


def _environ(request: Request) -> WSGIEnvironment:
    return {**request.environ, "wsgi.input": io.BytesIO(request.body), "wsgi.errors": sys.stderr}


def _digest(answer: bytes) -> bytes:
    return hashlib.sha256(answer).digest()
