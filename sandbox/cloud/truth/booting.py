"""Instances take the time to boot that their image's tag says: until then they are pending.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance

from sandbox.cloud.seed import BOOT_AFTER
from sandbox.cloud.state import changes
from sandbox.cloud.truth.images import tags
from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Let instances boot."""
    instances: Any = Instance
    instances.runs_at = 0.0

    @around(EC2Backend, "run_instances")
    def _run(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
        reservation = original(self, *arguments, **named)
        for instance in reservation.instances:
            _boot(self, instance)
        return reservation

    @around(Instance, "start")
    def _start(original: Any, self: Any) -> Any:
        before = original(self)
        _boot(self.ec2_backend, self)
        return before


def settle(ec2: Any, now: float) -> None:
    """Let run what has booted."""
    for reservation in ec2.reservations.values():
        for instance in reservation.instances:
            if instance.state == "pending" and now >= instance.runs_at:
                changes.note()
                instance._state.name, instance._state.code = "running", 16


def _boot(ec2: Any, instance: Any) -> None:
    seconds = float(tags(ec2, instance.image_id).get(BOOT_AFTER, "0"))
    if seconds > 0:
        instance.runs_at = time.time() + seconds
        instance._state.name, instance._state.code = "pending", 0
