"""Who is asked outside AWS, at its worst: Prometheus, a release or a command that fails, hangs or babbles."""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from components.capacity import Need
from components.gate_settings import Gate, Probe, Prometheus, Query
from components.hold import GateError, Hold, Watch
from components.live import Region
from components.sources.answer import Source, State, Subject
from components.sources.command import CommandFor
from components.sources.probe import ProbeOf
from components.sources.prometheus import PrometheusQueries

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 19, 30, 20, tzinfo=UTC)
SUBJECT = Subject("web", "web-1.5.0-0b", "web-group", "arn:aws:elasticloadbalancing:::targetgroup/web-/0b")


@contextmanager
def answering(status: int, body: bytes = b"", *, drip_s: float = 0, length: int | None = None) -> Generator[str]:
    """The URL of a server that answers so; with `drip_s` a byte at a time, and so long between two."""
    over = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            for at in range(0, len(body), 1 if drip_s else max(len(body), 1)):
                if drip_s and over.wait(drip_s):
                    return
                self.wfile.write(body[at : at + 1] if drip_s else body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()


async def held(source: Source, timeout_s: int = 3) -> str:
    """Why a gate with this source does not open, which it must not."""

    def nothing() -> list[Need]:
        return []

    gate = Gate().model_copy(update={"timeout_s": timeout_s})  # Less than a config may say.
    hold = Hold("web", gate, Region("eu-west-1", "immutable/prod"), "Traffic stays where it is")
    with pytest.raises(GateError) as caught:
        await hold.until(nothing, Watch([source], None))
    return str(caught.value)


# Prometheus.


def queries(url: str) -> PrometheusQueries:
    return PrometheusQueries(Prometheus(url=url, queries=(Query(query="up", max=5, missing="pass"),)), (SUBJECT,), 0)


@pytest.mark.parametrize(
    ("status", "body", "busy", "reason"),
    [
        (401, b"who are you?", False, "query up: Prometheus says HTTP status 401"),
        (429, b"slowly", True, "query up: Prometheus says HTTP status 429"),
        (500, b"", False, "query up: Prometheus says HTTP status 500"),
        (302, b"", False, "query up: Prometheus says HTTP status 302"),
        (200, b"\x00\xff garbage", False, "query up: Prometheus says"),
        (200, b"[]", False, "query up: Prometheus says"),
        (200, b'{"status": "success", "data": {"result": [3]}}', False, "query up: Prometheus says"),
        (200, b'{"status": "success", "data": {"result": [{"values": [["x", {}]]}]}}', False, "query up: Prometheus"),
    ],
)
async def test_a_prometheus_that_answers_nonsense_is_no_pass(status: int, body: bytes, busy: bool, reason: str) -> None:
    with answering(status, body) as url:
        answer = await queries(url).ask(NOW)
    assert (answer.state, answer.busy) == (State.UNKNOWN, busy), answer
    assert answer.reason.startswith(reason)


async def test_a_prometheus_that_breaks_off_is_no_pass() -> None:
    with answering(200, b'{"status"', length=1_000) as url:
        answer = await queries(url).ask(NOW)
    assert (answer.state, answer.reason[:28]) == (State.UNKNOWN, "query up: Prometheus says wh"), answer


async def test_a_prometheus_that_hangs_is_waited_for_as_long_as_the_gate_waits() -> None:
    with answering(200, b"x" * 1_000, drip_s=0.2) as url:
        start = time.monotonic()
        why = await held(queries(url))
        assert 2.9 <= time.monotonic() - start <= 5.5
    assert why.startswith(f"Prometheus at {url} has not answered, after 3 s (services.web.gate.timeout_s). Traffic")


# Probe.


async def test_a_probe_is_answered_by_a_redirect_which_is_not_followed() -> None:
    with answering(302) as url:
        answer = await ProbeOf(Probe(url=url), SUBJECT, str).ask(NOW)
        assert answer.state is State.LOUD
        assert answer.reason == f"probe of web-1.5.0-0b at {url}/ is answered with status 302, not 200"
        assert (await ProbeOf(Probe(url=url, status=302), SUBJECT, str).ask(NOW)).state is State.QUIET


@pytest.mark.parametrize("drip_s", [3, 0.2])
async def test_a_probe_takes_no_longer_than_it_may(drip_s: float) -> None:
    with answering(200, b"ok" * 50, drip_s=drip_s) as url:
        start = time.monotonic()
        answer = await ProbeOf(Probe(url=url, timeout_s=1), SUBJECT, str).ask(NOW)
        assert time.monotonic() - start < 2
    assert answer.state is State.UNKNOWN
    assert answer.reason == f"probe of web-1.5.0-0b at {url}/ gets no answer: timed out"


# Command.


async def test_a_command_runs_once_a_pass_and_knows_what_it_is_run_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = ["sh", "-c", f'echo "$SERVICE $RELEASE $TARGET_GROUP" >> {log}']
    command = CommandFor(words, SUBJECT)
    assert [(await command.ask(NOW)).state for _ in range(2)] == [State.QUIET, State.QUIET]
    assert log.read_text() == f"web web-1.5.0-0b {SUBJECT.target_group}\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["sh", "-c", "echo broken; exit 3"], "ended with 3: broken"),
        (["sh", "-c", "kill -9 $$"], "ended with -9"),
        (["/no/such/command"], "can't be run: No such file or directory"),
        (["/etc/passwd"], "can't be run: Permission denied"),
        (["sh", "-c", "yes broken | head -n 9000000; exit 1"], " ended with 1: roken" + "\nbroken" * 42),
    ],
)
async def test_a_command_that_fails_is_loud(words: list[str], reason: str) -> None:
    answer = await CommandFor(words, SUBJECT).ask(NOW)
    assert answer.state is State.LOUD
    assert answer.reason.endswith(reason)


async def test_a_command_that_hangs_ends_with_the_gate_and_so_do_its_children(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    start = time.monotonic()
    why = await held(CommandFor(["sh", "-c", f"(while sleep 0.1; do date > {alive}; done) & sleep 60"], SUBJECT))
    assert 2.9 <= time.monotonic() - start <= 5.5
    assert "for web-1.5.0-0b has not answered, after 3 s (services.web.gate.timeout_s). Traffic stays" in why
    await asyncio.sleep(0.3)
    alive.unlink()
    await asyncio.sleep(0.5)
    assert not alive.exists()


async def test_what_a_command_leaves_in_the_background_holds_up_nothing() -> None:
    start = time.monotonic()
    assert (await CommandFor(["sh", "-c", "sleep 30 & exit 0"], SUBJECT).ask(NOW)).state is State.QUIET
    assert time.monotonic() - start < 5
