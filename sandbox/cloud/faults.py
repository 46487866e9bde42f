"""Faults on order: what AWS does now and then, when a rehearsal says so."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from sandbox.cloud.state import changes

Answer = Literal["throttle", "error", "timeout", "lost", "capacity", "stale"]

#: Services of which a call may not know yet what was created.
_CREATING = ("ec2", "autoscaling", "elbv2", "iam")

#: What AWS may have no room for; a launch by an Auto Scaling group counts as a RunInstances.
_LAUNCHES = ("RunInstances", "StartInstances", "CreateFleet")


class FaultError(Exception):
    """An order can't be followed; the message says why."""


@dataclass
class Fault:
    """An order: how calls of an operation are answered, of every service that has it unless one is named.

    It ends after `times` calls; with a `probability` it meets some calls, the same of them for the same `seed`; with
    neither it meets every call. The answer comes `latency` seconds late. A `stale` one knows of nothing that is
    younger than `age` seconds, a minute if it is not said, and that is `of` that service, of all if none is named.
    """

    operation: str
    answer: Answer
    service: str | None = None
    times: int | None = None
    probability: float | None = None
    seed: int | None = None
    latency: float = 0.0
    age: float | None = None
    of: str | None = None
    _numbers: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check()
        self._numbers = random.Random(self.seed or 0)  # A rehearsal is to be repeated.

    @property
    def silent(self) -> bool:
        """Whether no answer arrives."""
        return self.answer in ("timeout", "lost")

    def describe(self) -> dict[str, Any]:
        """The order as it stands, `times` being those that are left."""
        return {key: value for key, value in asdict(self).items() if not key.startswith("_")}

    def meets(self, service: str, operation: str) -> bool:
        """Whether this call is one of those it is for; to be asked once a call."""
        if operation != self.operation or self.service not in (None, service):
            return False
        if self.times is not None:
            self.times -= 1
        # A read, too, counts against the order.
        changes.note()
        return self.probability is None or self._numbers.random() < self.probability

    def deliver(self, body: bytes) -> Iterator[bytes]:
        """The body of an answer, late; or the end of the connection.

        Raises:
            ConnectionAbortedError: no answer is to arrive.
        """
        time.sleep(self.latency)
        if self.silent:
            raise ConnectionAbortedError(f"{self.answer} was ordered for {self.operation}")
        yield body

    def _check(self) -> None:
        if self.answer not in get_args(Answer):
            raise FaultError(f"answer {self.answer!r}: can be {', '.join(get_args(Answer))}")
        if self.times is not None and self.times < 1:
            raise FaultError(f"times {self.times}: must be 1 or more")
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise FaultError(f"probability {self.probability}: must be from 0 to 1")
        if not (math.isfinite(self.latency) and self.latency >= 0):
            raise FaultError(f"latency {self.latency}: must be 0 seconds or more")
        if self.age is not None and not self.age > 0:
            raise FaultError(f"age {self.age}: must be more than 0 seconds")
        if self.answer != "stale" and (self.age is not None or self.of is not None):
            raise FaultError("an `age` and an `of` are for the answer `stale`")
        if self.of not in (None, *_CREATING):
            raise FaultError(f"of {self.of!r}: can be {', '.join(_CREATING)}")
        if self.times is not None and self.probability is not None:
            raise FaultError("an order has either `times` or a `probability`")
        if self.seed is not None and self.probability is None:
            raise FaultError("a `seed` is for a `probability`")
        if self.answer == "capacity" and self.operation not in _LAUNCHES:
            raise FaultError(f"{self.operation}: capacity is missing where instances start: {', '.join(_LAUNCHES)}")
        from sandbox.cloud import operations

        try:
            operations.check(self.operation, self.service)
        except operations.UnknownError as error:
            raise FaultError(str(error)) from None
        if self.answer == "stale" and not any(operations.has(each, self.operation) for each in _CREATING):
            raise FaultError(f"{self.operation}: only calls of {', '.join(_CREATING)} can be stale")


class Faults:
    """Every order in force, and the one that the call of this moment has met."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self.met: Fault | None = None

    def put(self, **order: Any) -> None:
        """Take an order.

        Raises:
            FaultError: it can't be followed.
        """
        try:
            self._orders.append(Fault(**order))
        except TypeError:
            raise FaultError(f"an order of a fault has {', '.join(_KEYS)}; not {', '.join(order)}") from None

    def clear(self, operation: str | None = None) -> None:
        """End the orders for an operation, or all.

        Raises:
            FaultError: there is none for the operation.
        """
        kept = [each for each in self._orders if operation is not None and each.operation != operation]
        if operation is not None and len(kept) == len(self._orders):
            raise FaultError(f"{operation}: no fault is ordered for it")
        self._orders = kept

    def all(self) -> list[Fault]:
        """The orders in force, oldest first."""
        return list(self._orders)

    def restore(self, orders: list[Fault]) -> None:
        """Take the orders of another cloud, and no others."""
        self._orders = list(orders)

    def begin(self) -> None:
        """A call begins: it has met none."""
        self.met = None

    def meet(self, service: str, operation: str, *answers: Answer) -> Fault | None:
        """The first order that is for this call; of `answers`, if any are named."""
        wanted = answers or get_args(Answer)
        met = next((each for each in self._orders if each.answer in wanted and each.meets(service, operation)), None)
        self._orders = [each for each in self._orders if each.times != 0]
        self.met = met or self.met
        return met


_KEYS = ("operation", "answer", "service", "times", "probability", "seed", "latency", "age", "of")
