"""How much each fleet must have, and whether it has it: the arithmetic of the gates. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.live import Fleet
from components.rules import shares


@dataclass(frozen=True)
class Need:
    """What one fleet must reach: `size` instances, `healthy` of them healthy."""

    fleet: Fleet
    size: int
    healthy: int

    @property
    def met(self) -> bool:
        """Whether the cloud says so now."""
        return self.fleet.desired >= self.size and self.fleet.healthy >= self.healthy

    def __str__(self) -> str:
        """`web-1.5.0-3f9a1c2b: 1 of 4 targets healthy, 4 needed (3 initial: …)`."""
        states = Counter(target.reason for target in self.fleet.targets if not target.healthy)
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(states.items()))
        missing = self.size - len(self.fleet.targets)
        parts = [part for part in (why, f"{missing} not there yet" if missing > 0 else "") if part]
        detail = f" ({', '.join(parts)})" if parts else ""
        return (
            f"{self.fleet.release}: {self.fleet.healthy} of {self.size} targets healthy, {self.healthy} needed{detail}"
        )


def gaining(now: Mapping[str, int], then: Mapping[str, int]) -> set[str]:
    """The keys whose share of traffic grows from `now` to `then` (weights by target group)."""
    before = shares(now)
    return {key for key, share in shares(then).items() if share > before.get(key, 0.0)}


def carried(fleets: Sequence[Fleet]) -> int:
    """How much traffic, in instances, the fleets carry as it is shared now, were each share to grow alike.

    That is the least that one of them has for its share: not their sum, as what is beyond its share (a standby that was
    scaled out for what comes next) carries nothing, and counting it would ask for more at every question.
    """
    serving = [fleet for fleet in fleets if fleet.weight]
    total = sum(fleet.weight for fleet in serving)
    return min((_rounded_up(fleet.desired * total, fleet.weight) for fleet in serving), default=0)


def needs(fleets: Sequence[Fleet], weights: Mapping[str, int], carried: int, healthy_percent: int) -> list[Need]:
    """What each of `fleets` must reach to carry its share (by `Fleet.key` in `weights`) of `carried` instances.

    Never less than a fleet's minimum or than what it has, so nothing is scaled in here; never more than its maximum.
    """
    total = sum(weights.values()) or 1
    found: list[Need] = []
    for fleet in fleets:
        part = _rounded_up(carried * weights.get(fleet.key, 0), total)
        size = min(max(part, fleet.minimum, fleet.desired), fleet.maximum)
        found.append(Need(fleet, size, _rounded_up(size * healthy_percent, 100)))
    return found


def _rounded_up(amount: int, parts: int) -> int:
    # In whole numbers: as floats, 7 % of 100 are a little more than 7, and would be rounded up to 8.
    return -(-amount // parts)
