"""Durations as Go writes them, and so the real provider."""

from __future__ import annotations

import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def duration_s(written: str) -> float:
    """Seconds of a duration: `10m`, `1h30m`, `0`."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|h|m|s)", written))


def go_duration(seconds: float) -> str:
    """A duration as it is told: `10m0s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    tail = f"{left:g}s"
    if hours:
        return f"{hours:.0f}h{minutes:.0f}m{tail}"
    return f"{minutes:.0f}m{tail}" if minutes else tail
