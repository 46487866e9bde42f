"""The cloud's process from outside: start, find, stop, direct. Each cloud is known by its directory."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Literal

from sandbox.cloud import seed as seeds
from sandbox.cloud.faults import Answer
from sandbox.cloud.state import files

START_S = 60.0
STOP_S = 5.0
ANSWER_S = 30.0

#: The order of sets must not differ when calls are repeated.
_ENVIRONMENT = {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONHASHSEED": "0"}

#: A proxy of the user's must not be asked for a loopback address.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CloudError(Exception):
    """The cloud did not start, does not run, or refused an order; the message says why."""


def start(directory: Path, seed: Path | None = None, report: Callable[[str], None] = lambda _: None) -> str:
    """The URL of the cloud of `directory`, started if none runs; two at once get the same one.

    It outlives this process, and goes on where the last one of this directory ended. `seed` is another file than
    `$SANDBOX_SEED` or the default, read only if the cloud has to be started.

    Raises:
        CloudError: it can't start, with the reason: a wrong seed, say.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory):
        if url := running(directory):
            return url
        report("starting the cloud")
        _launch(directory, seed or Path(os.environ.get("SANDBOX_SEED") or seeds.DEFAULT))
        url = running(directory)
    if url is None:
        raise CloudError(f"the sandbox's cloud started and ended at once (log: {directory / 'server.log'})")
    return url


def running(directory: Path) -> str | None:
    """The URL of the cloud of `directory`, if it answers: files of a dead one, its pid or port
    in use by something else, are seen through."""
    found = _identity(directory.resolve())
    return found["url"] if found else None


def kept(directory: Path) -> bool:
    """Whether a cloud runs in `directory`, or the next one there goes on where the last one ended."""
    return running(directory) is not None or files.kept(directory.resolve())


def stop(directory: Path) -> None:
    """End the cloud of `directory` within 5 s; fine if none runs. The next one goes on where it ended."""
    directory = directory.resolve()
    if not directory.exists():
        return
    with _locked(directory):
        if found := _identity(directory):
            _end(found["pid"], directory)
        (directory / "server.json").unlink(missing_ok=True)


def reset(directory: Path) -> None:
    """Empty the cloud, lay its seed again, forget orders, empty the journal.

    Raises:
        CloudError: none runs.
    """
    _order(directory, "reset", {})


def order_health(
    directory: Path, *, image: str | None = None, instance: str | None = None, health: Literal["healthy", "unhealthy"]
) -> None:
    """From now on the targets of an image or of an instance are healthy or unhealthy, whatever the
    image's tags say. What boots still takes its time; an order for an instance goes before one for its image.

    Raises:
        CloudError: no cloud runs, or it knows no such image or instance.
    """
    subject = {"image": image} if instance is None else {"instance": instance}
    _order(directory, "health", {**subject, "health": health})


def order_fault(
    directory: Path,
    operation: str,
    answer: Answer,
    *,
    service: str | None = None,
    times: int | None = None,
    probability: float | None = None,
    seed: int | None = None,
    latency: float = 0.0,
    age: float | None = None,
    of: str | None = None,
) -> None:
    """From now on calls of an operation meet a fault: so many of them, some of them, or all.

    `throttle` and `error` are the service's own; `timeout` closes the connection without an answer, and nothing is
    done; `lost` does it and closes the connection; `capacity` is for what starts instances, groups' launches among
    them (as RunInstances). It comes `latency` seconds after the call. A `stale` call is made, and doesn't find what is
    younger than `age` seconds (60) and `of` that service (of any).

    Raises:
        CloudError: no cloud runs, or the order can't be followed, with the reason.
    """
    order = {"operation": operation, "answer": answer, "service": service, "times": times, "latency": latency}
    _order(directory, "fault", {**order, "probability": probability, "seed": seed, "age": age, "of": of})


def faults(directory: Path) -> list[dict[str, Any]]:
    """The faults on order, oldest first; `times` are those left.

    Raises:
        CloudError: no cloud runs.
    """
    return _order(directory, "faults", {})["faults"]


def clear_faults(directory: Path, operation: str | None = None) -> None:
    """End the faults on order for an operation, or all.

    Raises:
        CloudError: no cloud runs, or none is ordered for the operation.
    """
    _order(directory, "clear", {"operation": operation})


def _launch(directory: Path, seed: Path) -> None:
    log = directory / "server.log"
    command = [sys.executable, "-m", "sandbox.cloud", "serve", str(directory), str(seed.resolve())]
    try:
        with log.open("w") as output:
            subprocess.run(
                command,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=START_S,
                check=True,
            )
    except subprocess.TimeoutExpired:
        raise CloudError(f"the sandbox's cloud did not answer in {START_S:.0f} s (log: {log})") from None
    except subprocess.CalledProcessError:
        raise not_started(log) from None


def environment() -> dict[str, str]:
    """What the cloud's process has: the user's AWS profile, or moto's settings, must not reach it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return {**inherited, **_ENVIRONMENT, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def not_started(log: Path) -> CloudError:
    """Why it did not start: the last line that it left."""
    reason = log.read_text().strip().rpartition("\n")[2]
    return CloudError(f"the sandbox's cloud did not start: {reason} (log: {log})")


def _end(pid: int, directory: Path) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S - 1
    while _identity(directory):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.02)


def _identity(directory: Path) -> dict[str, Any] | None:
    """What the process says of itself that `directory`'s file names, if it is that cloud."""
    try:
        found: dict[str, Any] = json.loads((directory / "server.json").read_text())
        answer = _ask(found["url"], "identity", None)
    except (OSError, ValueError, KeyError):
        return None
    return found if answer == {"directory": str(directory), "pid": found["pid"]} else None


def _order(directory: Path, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    url = running(directory)
    if url is None:
        raise CloudError(f"no cloud runs in {directory}. Start it: python -m sandbox up")
    try:
        return _ask(url, verb, body)
    except urllib.error.HTTPError as error:
        raise CloudError(json.loads(error.read())["error"]) from None


def _ask(url: str, verb: str, body: dict[str, Any] | None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with _direct.open(urllib.request.Request(f"{url}/sandbox/{verb}", data), timeout=ANSWER_S) as answer:
        return json.loads(answer.read())


@contextlib.contextmanager
def _locked(directory: Path) -> Generator[None]:
    """Only one at a time starts or stops the cloud of a directory."""
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
