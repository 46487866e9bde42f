"""Plugin processes that end with whoever started them."""

import os
import threading
import time
from collections.abc import Callable

INTERVAL_S = 1.0


def on_parent_death(action: Callable[[], None]) -> None:
    """Call `action` once, within about a second of the end of the process that started this one.

    A killed engine sends no signal and closes no plugin. Polling the parent's id works on Linux
    and macOS alike; Linux's own parent-death signal is tied to the thread that forked, and threads
    of a Go program come and go.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(INTERVAL_S)
        action()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
