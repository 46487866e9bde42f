"""The cloud's process: moto behind the journal, on loopback."""

from __future__ import annotations

import contextlib
import gc
import io
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
# Objects of S3 stay in memory: a file is one for the cloud and for the child that takes its snapshot.
os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(1 << 30)

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server
from werkzeug.wsgi import get_input_stream

from sandbox.cloud.faults import FaultError
from sandbox.cloud.journal import Journal
from sandbox.cloud.orders import OrderError, Orders
from sandbox.cloud.seed import Seed

HOST = "127.0.0.1"
CONTROL = "/sandbox/"
_VERBS = ("identity", "health", "fault", "faults", "clear", "reset")
WATCH_S = 2.0


class Handler(MotoRequestHandler):
    """Leaves the log to the journal, and the connection open for the client's next call; werkzeug's closes each."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # An answer is sent as a whole,
    disable_nagle_algorithm = True  # and at once.

    def run_wsgi(self) -> None:
        """Answer one call; an order may say that the connection is closed instead, with nothing sent."""
        environ = self.make_environ()
        # All of it: what nobody reads would be taken for the next call.
        environ["wsgi.input"] = io.BytesIO(get_input_stream(environ).read())
        status, headers = "", list[tuple[str, str]]()

        def start(*begun: Any) -> Any:
            nonlocal status, headers
            status, headers = begun

        try:
            body = b"".join(self.server.app(environ, start))
        except ConnectionError:
            self.close_connection = True
            return
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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
        self._keeper: Any = None

    def prepare(self) -> None:
        """Load moto's models, and what the last cloud held or else the seed: seconds, in which only
        `/sandbox/identity` answers."""
        from sandbox.cloud import models
        from sandbox.cloud.calls import Recorder
        from sandbox.cloud.state import addresses, repeating
        from sandbox.cloud.state.keeper import Keeper

        self._keeper = Keeper(self._directory, self._lock, lambda: (self._seed, self._orders.all()))
        aws = models.application(self._orders, self._seed.quotas)
        self._aws = Recorder(aws, self._journal, self._keeper, self._orders.faults)
        for module in (repeating, addresses):
            module.install()
        if not self._restore():
            models.lay(self._seed)
            self._keeper.snapshot()
        # What is there now stays: looking through it again and again is a tenth of the cloud's work.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        gc.enable()
        self._prepared.set()
        threading.Thread(target=self._keeper.run, daemon=True).start()

    def finish(self) -> None:
        """Keep what the cloud holds; nothing is answered any more."""
        if self._prepared.is_set():
            self._keeper.finish()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(CONTROL):
            with self._turn():
                return self._aws(environ, start)
        status = "200 OK"
        try:
            answer = self._control(path.removeprefix(CONTROL), environ)
        except (OrderError, FaultError, ValueError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        body = json.dumps(answer).encode()
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _control(self, verb: str, environ: WSGIEnvironment) -> dict[str, Any]:
        match verb:
            case "identity":
                return {"directory": str(self._directory), "pid": os.getpid()}
            case "health" | "fault" | "clear":
                with self._turn(), self._keeper.call(environ):
                    self._order(verb, environ)
            case "faults":
                with self._turn():
                    return {"faults": [fault.describe() for fault in self._orders.faults.all()]}
            case "reset":
                with self._turn():
                    from sandbox.cloud import models

                    models.fill(self._seed)
                    self._orders.forget()
                    self._journal.empty()
                    self._keeper.snapshot()
            case _:
                raise OrderError(f"/sandbox/{verb}: unknown; there are {', '.join(_VERBS)}")
        return {}

    def _restore(self) -> bool:
        """Whether the last cloud of this directory had a state; then it is back."""
        from sandbox.cloud import models

        laid = list[Seed]()

        def accept(extra: tuple[Seed, Any]) -> None:
            laid.append(extra[0])
            self._orders.restore(extra[1])

        if not self._keeper.restore(accept, self._repeat):
            return False
        if laid != [self._seed]:
            models.lay(self._seed)
            self._keeper.snapshot()
        return True

    def _repeat(self, environ: WSGIEnvironment) -> bytes:
        path = environ["PATH_INFO"]
        if not path.startswith(CONTROL):
            return self._aws.repeat(environ)
        self._order(path.removeprefix(CONTROL), environ)
        return b""

    def _order(self, verb: str, environ: WSGIEnvironment) -> None:
        faults = self._orders.faults
        take = {"health": self._orders.put, "fault": faults.put, "clear": faults.clear}[verb]
        take(**json.loads(environ["wsgi.input"].read()))

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
        signal.signal(number, lambda _number, _frame: _end(cloud))
    threading.Thread(target=_prepare, args=(cloud,), daemon=True).start()
    threading.Thread(target=_watch, args=(directory,), daemon=True).start()
    server.serve_forever()


def _end(cloud: Cloud) -> None:
    cloud.finish()
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
