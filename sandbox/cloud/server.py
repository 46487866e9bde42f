"""The cloud's process: moto behind the journal, on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
import traceback
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

# Managed policies are laid when IAM is first asked for; the variable is read at import.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from sandbox.cloud.calls import Recorder
from sandbox.cloud.journal import Journal
from sandbox.cloud.orders import OrderError, Orders
from sandbox.cloud.seed import Seed

HOST = "127.0.0.1"
CONTROL = "/sandbox/"
WATCH_S = 2.0


class Handler(MotoRequestHandler):
    """Leaves the log to the journal."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the journal holds every call."""


class Cloud:
    """The WSGI application: `/sandbox/…` directs the cloud, everything else is AWS.

    One call runs at a time: moto's models are not made for threads, and Python runs one of them at a time anyway.
    """

    def __init__(self, directory: Path, seed: Seed) -> None:
        self._directory, self._seed = directory, seed
        self._journal, self._orders = Journal(directory), Orders()
        self._prepared, self._lock = threading.Event(), threading.Lock()
        self._aws: Any = None

    def prepare(self) -> None:
        """Load moto's models and lay the seed: seconds, in which only `/sandbox/identity` answers."""
        from sandbox.cloud import models

        self._aws = Recorder(models.application(self._orders), self._journal)
        models.fill(self._seed)
        self._prepared.set()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(CONTROL):
            with self._turn():
                return self._aws(environ, start)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        status = "200 OK"
        try:
            answer = self._control(path.removeprefix(CONTROL), json.loads(environ["wsgi.input"].read(size) or b"{}"))
        except (OrderError, ValueError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        body = json.dumps(answer).encode()
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _control(self, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        match verb:
            case "identity":
                return {"directory": str(self._directory), "pid": os.getpid()}
            case "health":
                with self._turn():
                    self._orders.put(**body)
            case "reset":
                with self._turn():
                    from sandbox.cloud import models

                    models.fill(self._seed)
                    self._orders.forget()
                    self._journal.empty()
            case _:
                raise OrderError(f"/sandbox/{verb}: unknown; there are identity, health and reset")
        return {}

    @contextlib.contextmanager
    def _turn(self) -> Generator[None]:
        self._prepared.wait()
        with self._lock:
            yield


def serve(directory: Path, seed: Seed) -> None:
    """Bind a free port, leave a process behind that serves it, and return once `server.json` names it."""
    cloud = Cloud(directory, seed)
    server = make_server(HOST, 0, cloud, threaded=True, request_handler=Handler)
    if pid := os.fork():
        _announce(directory, f"http://{HOST}:{server.port}", pid)
        os._exit(0)  # The server's socket is the child's now: leave it open.
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    threading.Thread(target=_prepare, args=(cloud,), daemon=True).start()
    threading.Thread(target=_watch, args=(directory,), daemon=True).start()
    server.serve_forever()


def _end(_number: int, _frame: object) -> None:
    os._exit(0)


def _announce(directory: Path, url: str, pid: int) -> None:
    new = directory / "server.json.new"
    new.write_text(json.dumps({"url": url, "pid": pid}))
    new.replace(directory / "server.json")


def _prepare(cloud: Cloud) -> None:
    try:
        cloud.prepare()
    except BaseException:  # noqa: BLE001  # Rather no cloud than one in which every call waits.
        traceback.print_exc()
        os._exit(1)


def _watch(directory: Path) -> None:
    """End with the directory: nobody could find this process any more."""
    while True:
        time.sleep(WATCH_S)
        try:
            if json.loads((directory / "server.json").read_text())["pid"] == os.getpid():
                continue
        except (OSError, ValueError, KeyError):
            pass
        os._exit(0)
