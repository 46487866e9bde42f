"""One update of a stack, watched: what the gates say meanwhile, and how it ended."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from pulumi import automation
from pulumi.automation import EngineEvent

from components.live import Fleet
from operations.errors import OperationError
from operations.history.backend import Backend
from operations.messages import errors_of, first_error, plain
from operations.recover import recover
from operations.rollout.outcome import FailedError, Outcome, StopError
from operations.rollout.show import Show
from operations.stack import Stack

_GATE = '-gate" failed:'
"""How the engine tells of a gate, which is a hook."""


def update(
    stack: Stack,
    message: str,
    look: Callable[[], list[Fleet]],
    show: Show,
    plan: str | None = None,
    packs: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> None:
    """Run it, exactly the plan if there is one, of the `targets` alone if there are any.

    An update of this machine that was killed is recovered first.

    Raises:
        FailedError: a gate failed; the message is the gate's.
        OperationError: anything else failed.
        StopError: another update runs, or somebody stopped this one.
    """
    if recover_pending(stack, show):
        plan = None  # It was of another state.
    error, said, stopped = _run(stack, message, look, show, plan, packs, targets)
    if isinstance(error, automation.ConcurrentUpdateError) and is_stale(str(error)):
        unlock(stack, show)
        error, said, stopped = _run(stack, message, look, show, None, packs, targets)
    if error is None:
        return
    if isinstance(error, automation.ConcurrentUpdateError):
        raise StopError(
            Outcome.BUSY,
            "Another update of the stack runs: wait for it. If it was killed on another machine, `pulumi cancel --yes "
            f"--stack {stack.name}`. Then this command again",
        )
    if not isinstance(error, automation.CommandError):
        raise error
    if stopped:
        raise StopError(Outcome.STOPPED, "Stopped. The same command goes on.")
    gates = [each.partition(_GATE)[2].strip() for each in said if _GATE in each]
    if gates:
        raise FailedError("; ".join(gates))
    raise OperationError(
        f"The update failed, and no gate did: {'; '.join(said) or first_error(str(error))}. Traffic is not taken back; "
        "the same command goes on"
    )


def unlock(stack: Stack, show: Show) -> None:
    """Recover from an update of this machine that was killed. Raises OperationError."""
    show.event("recover", "An update of this machine was killed: recovering")
    stack.engine.cancel()
    recover(stack)


def recover_pending(stack: Stack, show: Show) -> bool:
    """Recover from an update that was killed, if its lock is gone and it is still pending; whether there was one.

    Raises:
        OperationError: it can't be.
    """
    if not stack.deployment().get("pending_operations") or Backend(stack).locks():
        return False
    show.event("recover", "An update was killed, and is still pending: recovering")
    recover(stack)
    return True


def _run(
    stack: Stack,
    message: str,
    look: Callable[[], list[Fleet]],
    show: Show,
    plan: str | None,
    packs: Sequence[str],
    targets: Sequence[str],
) -> tuple[Exception | None, tuple[str, ...], bool]:
    """What it raised, the errors that the engine told, and whether somebody stopped it."""
    events = list[EngineEvent]()
    with show.watching(look) as gate, _patient() as stopped:

        def heard(event: EngineEvent) -> None:
            events.append(event)
            said = event.diagnostic_event
            if said and said.severity == "info" and (words := plain(said.message).strip()).startswith("gate of"):
                gate(words)

        error = _in_thread(
            lambda: stack.engine.up(
                message=message,
                plan=plan,
                policy_packs=list(packs) or None,
                target=list(targets) or None,
                on_event=heard,
                color="never",
            )
        )
    return error, errors_of(events), stopped.is_set()


@contextmanager
def _patient() -> Generator[threading.Event]:
    """Ctrl-C reaches the engine by itself, and it ends in good order: wait for it."""
    stopped = threading.Event()

    def note(_number: int, _frame: object) -> None:
        stopped.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _in_thread(call: Callable[[], object]) -> Exception | None:
    """Make a call that a signal must not break; what it raised."""
    raised = list[Exception]()

    def run() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001  # It is the caller's.
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def is_stale(holders: str) -> bool:
    """Whether all who hold the lock, as the engine or the backend tells, were processes of this machine, and gone."""
    found = re.findall(r"\S*@(\S+) \(pid (\d+)\)", holders)
    return bool(found) and all(host == socket.gethostname() and not _lives(int(pid)) for host, pid in found)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
