"""Orders of a rehearsal: targets turn healthy or unhealthy when it says so, and calls meet faults."""

from __future__ import annotations

from typing import Any

from sandbox.cloud.faults import Fault, Faults


class OrderError(Exception):
    """An order can't be followed; the message says why."""


class Orders:
    """The health that was ordered, by the id of an image or of an instance, and the faults."""

    def __init__(self) -> None:
        self._health: dict[str, str] = {}
        self.faults = Faults()

    def put(self, image: str | None = None, instance: str | None = None, health: str = "", **unknown: Any) -> None:
        """Take an order.

        Raises:
            OrderError: the cloud has no such image or instance, or knows no such health.
        """
        subject = image if instance is None else instance
        if unknown or subject is None or (image is not None and instance is not None):
            raise OrderError("an order of health names either an `image` or an `instance`, and `health`")
        if health not in ("healthy", "unhealthy"):
            raise OrderError(f"health {health!r}: can be ordered to be `healthy` or `unhealthy`")
        if not _exists(subject):
            raise OrderError(f"{subject}: no such image or instance in the cloud")
        self._health[subject] = health

    def of(self, *subjects: str) -> str | None:
        """The order for the first of `subjects` that has one."""
        return next((self._health[each] for each in subjects if each in self._health), None)

    def all(self) -> tuple[dict[str, str], list[Fault]]:
        """Every order."""
        return dict(self._health), self.faults.all()

    def restore(self, orders: tuple[dict[str, str], list[Fault]]) -> None:
        """Take the orders of another cloud, and no others."""
        self._health = dict(orders[0])
        self.faults.restore(orders[1])

    def forget(self) -> None:
        """End every order."""
        self._health.clear()
        self.faults.clear()


def _exists(subject: str) -> bool:
    from moto.ec2.models import ec2_backends

    backends: list[Any] = [backend for _, _, backend in ec2_backends.iter_backends()]
    return any(subject in backend.amis or backend.get_instance_by_id(subject) for backend in backends)
