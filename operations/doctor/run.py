"""The checks, side by side, each in its own time."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from operations.doctor.finding import Check, Finding, Machine, fail

BOUND_S = 30.0
"""How long a check may take: then it is told to have given no answer. All of them together take no longer."""


def run(checks: Mapping[str, Check], machine: Machine, bound_s: float = BOUND_S) -> list[Finding]:
    """What each finds, in the order of the checks; one that breaks or hangs is a finding of its own."""
    found: dict[str, list[Finding]] = {}

    def ask(name: str, check: Check) -> None:
        try:
            found[name] = list(check(machine))
        except Exception as error:  # noqa: BLE001  # One that breaks must not take the others along.
            told = " ".join(f"{type(error).__name__}: {error}".split())
            found[name] = [fail(name, f"could not be checked: {told}", "Report it, with this line")]

    # Daemons: a call that hangs must not keep the process.
    threads = {name: threading.Thread(target=ask, args=(name, check), daemon=True) for name, check in checks.items()}
    for thread in threads.values():
        thread.start()
    end = time.monotonic() + bound_s
    for thread in threads.values():
        thread.join(max(0.0, end - time.monotonic()))
    silent = {
        name: [fail(name, f"gave no answer in {bound_s:g} s", "See whether the network, or a proxy, swallows calls")]
        for name in checks
    }
    return [one for name in checks for one in found.get(name, silent[name])]
