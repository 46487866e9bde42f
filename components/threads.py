"""Threads in which gates ask, so that what blocks holds up no other gate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

_T = TypeVar("_T")
_AWS = ThreadPoolExecutor(16, "gate")
"""Not the event loop's own: there a registration holds a thread until its gate opens, so with enough of them none would
be left for the gates to ask with, and all would wait for ever."""
_SERVERS = ThreadPoolExecutor(64, "gate-http")
"""Apart from AWS's, as a server that hangs keeps its threads for seconds."""


async def in_thread(ask: Callable[..., _T], *arguments: object) -> _T:
    """What a blocking call to AWS returns."""
    return await asyncio.get_running_loop().run_in_executor(_AWS, partial(ask, *arguments))


async def in_server_thread(timeout_s: float, ask: Callable[..., _T], *arguments: object) -> _T:
    """What a blocking call to anyone else's server returns. Raises TimeoutError; the thread is left to its end."""
    called = asyncio.get_running_loop().run_in_executor(_SERVERS, partial(ask, *arguments))
    return await asyncio.wait_for(called, timeout_s)
