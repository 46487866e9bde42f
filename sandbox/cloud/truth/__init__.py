"""What AWS does and moto doesn't, where an update of a fleet could tell the difference.

A service a module; each replacement says which page of AWS's it follows. `tests/sandbox/test_cloud_gaps.py` tells
when moto has caught up, and a replacement can go.
"""

from __future__ import annotations

from sandbox.cloud.orders import Orders
from sandbox.cloud.quotas import Quotas


def install(orders: Orders, quotas: Quotas) -> None:
    """Replace parts of moto in this process; once."""
    from sandbox.cloud.truth import (
        activities,
        alarms,
        autoscaling,
        balancing,
        booting,
        bounds,
        capacity,
        consistency,
        file_systems,
        fleets,
        health,
        hooks,
        limits,
        log_groups,
        machine_images,
        messaging,
        networking,
        pages,
        parameters,
        profiles,
        repeated,
        roles,
        scaling_events,
        tables,
    )

    consistency.install(orders)
    health.install(orders)
    capacity.install(orders)
    fleets.install(orders)
    for module in (balancing, bounds, networking, booting, activities, autoscaling, hooks):
        module.install()
    limits.install(quotas)
    for module in (
        alarms,
        file_systems,
        log_groups,
        machine_images,
        messaging,
        pages,
        parameters,
        profiles,
        roles,
        scaling_events,
        tables,
        repeated,
    ):
        module.install()
