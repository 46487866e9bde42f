"""What AWS does and moto doesn't, where an update of a fleet could tell the difference.

A service a module; each replacement says which page of AWS's it follows. `tests/sandbox/test_cloud_gaps.py` tells
when moto has caught up, and a replacement can go.
"""

from __future__ import annotations

from sandbox.cloud.orders import Orders


def install(orders: Orders) -> None:
    """Replace parts of moto in this process; once."""
    from sandbox.cloud.truth import (
        activities,
        alarms,
        autoscaling,
        balancing,
        booting,
        capacity,
        file_systems,
        fleets,
        health,
        hooks,
        log_groups,
        machine_images,
        messaging,
        networking,
        pages,
        parameters,
        repeated,
        scaling_events,
        tables,
    )

    health.install(orders)
    capacity.install(orders)
    fleets.install(orders)
    for module in (balancing, networking, booting, activities, autoscaling, hooks):
        module.install()
    for module in (alarms, file_systems, log_groups, machine_images, messaging, pages, parameters):
        module.install()
    for module in (scaling_events, tables, repeated):
        module.install()
