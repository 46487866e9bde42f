"""The sandbox's cloud: moto's server, made truthful, with a journal of every call. Loopback only."""

from sandbox.cloud.journal import Call, read_journal
from sandbox.cloud.process import (
    CloudError,
    clear_faults,
    faults,
    kept,
    order_fault,
    order_health,
    reset,
    running,
    start,
    stop,
)

__all__ = [
    "Call",
    "CloudError",
    "clear_faults",
    "faults",
    "kept",
    "order_fault",
    "order_health",
    "read_journal",
    "reset",
    "running",
    "start",
    "stop",
]
