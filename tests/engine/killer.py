"""Kills an update at an exact moment: a proxy before the cloud, which sees each call come and each answer go."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

import psutil

from tests.engine.stage import STACK, Stage

When = Literal["before", "answered", "after"]
Victim = Literal["engine", "program", "provider", "all"]


@dataclass(frozen=True)
class Moment:
    """The `nth` call of an operation: before the cloud gets it, when it has answered and nobody has heard, or after."""

    operation: str
    nth: int
    when: When
    victim: Victim
    delay_s: float = 0.0
    """After the answer has gone out; so the engine may have noted it, or be about to."""

    def __str__(self) -> str:
        delay = f" +{1000 * self.delay_s:.0f} ms" if self.when == "after" else ""
        return f"{self.when} {self.operation}{f' #{self.nth}' if self.nth > 1 else ''}{delay}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the connection of a killed client is reset."""


class Killer:
    """The proxy; its `url` stands in the place of the cloud's while it is entered."""

    def __init__(self, cloud: str) -> None:
        self._cloud = urlsplit(cloud).netloc
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._lock = threading.Lock()
        self._armed: tuple[Moment, Callable[[], object]] | None = None
        self._seen = 0
        self.fired = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arm(self, moment: Moment, kill: Callable[[], object]) -> None:
        """Call `kill` once, at the moment."""
        self.fired.clear()
        self._seen, self._armed = 0, (moment, kill)

    def _due(self, operation: str) -> tuple[Moment, Callable[[], object]] | None:
        """What was armed, if this call is the one."""
        with self._lock:
            if self._armed is None or operation != self._armed[0].operation:
                return None
            self._seen += 1
            if self._seen < self._armed[0].nth:
                return None
            due, self._armed = self._armed, None
            return due

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        killer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                due = killer._due(parse_qs(body.decode(errors="replace")).get("Action", [""])[0])
                if due and due[0].when == "before":
                    self._kill(due[1])
                    return
                upstream = http.client.HTTPConnection(killer._cloud)
                upstream.request("POST", self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                if due and due[0].when == "answered":
                    self._kill(due[1])
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                if due:
                    time.sleep(due[0].delay_s)
                    self._kill(due[1])

            def _kill(self, kill: Callable[[], object]) -> None:
                kill()
                killer.fired.set()
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
                """Say nothing."""

        return Handler


def killed_update(stage: Stage, killer: Killer, moment: Moment) -> list[psutil.Process]:
    """Run an update into the moment; all its processes as they were then, the engine first."""
    families: list[list[psutil.Process]] = []
    cloud = stage.environment["AWS_ENDPOINT_URL"]
    stage.environment["AWS_ENDPOINT_URL"] = killer.url
    update = stage.start("up", "--yes", "--skip-preview", "--stack", STACK)
    killer.arm(moment, lambda: families.append(kill(update.pid, moment.victim)))
    text, _ = update.communicate(timeout=120)
    stage.environment["AWS_ENDPOINT_URL"] = cloud
    assert killer.fired.wait(5), f"{moment} did not come: {text}"
    return families[0]


def kill(engine: int, victim: Victim) -> list[psutil.Process]:
    """SIGKILL to the victim in the family of the engine with this pid; returns the whole family as it was."""
    family = _family(engine)
    for process in family:
        if victim == "all" or _role(process, engine) == victim:
            process.kill()
    return family


def _family(engine: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(engine)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _role(process: psutil.Process, engine: int) -> str:
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return "gone"
    if process.pid == engine:
        return "engine"
    if "sandbox.provider" in words:
        return "provider"
    return "program" if "pulumi-language-python-exec" in words and "sandbox.engine.host" not in words else "other"
