"""Makes a call repeatable: the same call, with the same seed and readings of the clock, on the same state gives the
same.

moto draws ids from its own generator, at places from Python's or from the system's. Keys that OpenSSL generates can't
be repeated.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Generator, Iterator
from typing import Any

import moto.core.responses
from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

#: Calls that generate keys, by service, and by operation where others of the service don't.
UNREPEATABLE = frozenset({"acm", "acm-pca", "iot", "kms", "ec2 CreateKeyPair"})

#: Who asks Python for the time, where the call must be asked.
_TIMED = ("moto.", "sandbox.cloud.truth.")
#: A generator's position before it gives its first number.
_UNUSED = 624

_real_time = time.time
_entropy = random.SystemRandom()
# Of their own: what a process draws once must not change the ids of the call that happens to be the first.
_system, _ids = random.Random(), random.Random()


class _Clock:
    """Notes what it shows to the thread that makes a call, or shows that again."""

    def __init__(self) -> None:
        self._thread = 0
        self._noted: list[float] = []
        self._shown: Iterator[float] | None = None

    def __call__(self) -> float:
        if threading.get_ident() != self._thread:
            return _real_time()
        moment = None if self._shown is None else next(self._shown, None)
        self._noted.append(_real_time() if moment is None else moment)
        return self._noted[-1]

    @contextlib.contextmanager
    def call(self, shown: tuple[float, ...] | None = None) -> Generator[list[float]]:
        """Inside, this thread makes a call; gives what the clock shows to it."""
        self._thread, self._noted = threading.get_ident(), []
        self._shown = None if shown is None else iter(shown)
        try:
            yield self._noted
        finally:
            self._thread = 0


clock = _Clock()


class _Kind(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, datetime.datetime)


class _Datetime(datetime.datetime, metaclass=_Kind):
    """Stands in for `datetime.datetime` in modules that ask it for the time; what it makes is never of this class."""

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        return datetime.datetime(*arguments, **named)

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return datetime.datetime.fromtimestamp(clock(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.UTC).replace(tzinfo=None)


class _Module:
    """Stands in for the module `datetime`."""

    datetime = _Datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


_known = 0


def install() -> None:
    """Nothing in this process is secret: what the system would draw comes from the seed, too."""
    os.urandom = _system.randbytes
    time.time = clock
    responses: Any = moto.core.responses
    responses.gen_amzn_requestid_long = _request_id


def follow_imports() -> None:
    """See to it that modules loaded since the last time ask `clock`."""
    global _known  # noqa: PLW0603  # As many as this process has.
    if len(sys.modules) == _known:
        return
    for name, module in list(sys.modules.items()):
        if name.startswith(_TIMED):
            held = getattr(module, "datetime", None)
            if held is datetime.datetime:
                module.__dict__["datetime"] = _Datetime
            elif held is datetime:
                module.__dict__["datetime"] = _Module()
    _known = len(sys.modules)


def new_seed() -> int:
    """A seed that no call had before."""
    return _entropy.getrandbits(128)


def seed(number: int) -> None:
    """Every random number from here on follows from this one."""
    for each in (mock_random, random, _system, _ids):
        each.seed(number)


def drew() -> bool:
    """Whether an id was drawn since."""
    return any(each.getstate()[1][-1] != _UNUSED for each in (mock_random, random))


def backends() -> int:
    """How many of moto's backends there are: asking for a region's first makes it, with what is in it."""
    made: list[Any] = getattr(BackendDict, "_instances")  # noqa: B009
    return sum(len(regions) for each in made for regions in each.values())


def _request_id(headers: dict[str, Any] | None = None) -> str:
    """moto's draws as many random numbers as a resource."""
    drawn = str(uuid.UUID(int=_ids.getrandbits(128), version=4))
    if headers is not None:
        headers["x-amzn-requestid"] = drawn
    return drawn
