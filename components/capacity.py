"""How much each fleet must have, and whether it has it: the arithmetic of the gates. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.live import Fleet
from components.rules import shares
from components.settings import Capacity

SPREAD = 2
"""The fewest instances of a release that shares the capacity, where `capacity.min` is no less: one alone behind some
weight leaves nobody to serve it when it ends, and can't stand in two zones."""


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


def carried(sizes: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """How much traffic, in instances, fleets of these sizes carry as it is shared, were each share to grow alike.

    That is the least that one of them has for its share: not their sum, as what is beyond its share (a standby that was
    scaled out for what comes next) carries nothing, and counting it would ask for more at every question. In whole
    instances, rounded down: shares that were rounded up would otherwise ask for one more at every step.
    """
    total = sum(weights.values())
    return min((sizes[key] * total // weight for key, weight in weights.items() if weight), default=0)


def needs(fleets: Sequence[Fleet], weights: Mapping[str, int], carried: int, healthy_percent: int) -> list[Need]:
    """What each of `fleets` must reach to carry its share (by `Fleet.key` in `weights`) of `carried` instances.

    Never less than a fleet's minimum or than what it has, so nothing is scaled in here; never more than its maximum.
    """
    total = sum(weights.values()) or 1
    found: list[Need] = []
    for fleet in fleets:
        part = rounded_up(carried * weights.get(fleet.key, 0), total)
        size = min(max(part, fleet.minimum, fleet.desired), fleet.maximum)
        found.append(Need(fleet, size, rounded_up(size * healthy_percent, 100)))
    return found


def of_release(capacity: Capacity, weight: int, total: int) -> Capacity:
    """The limits of a release's group, from its part of the sum of weights."""
    if capacity.surge is None:
        return capacity
    return capacity.model_copy(update={"min": max(spread(capacity), rounded_up(capacity.min * weight, total))})


def spread(capacity: Capacity) -> int:
    """The fewest instances that a release has while it shares the capacity."""
    return min(SPREAD, capacity.min)


def surge(capacity: Capacity, promised: int) -> int:
    """How many instances may stand beside the `promised` ones.

    Raises:
        ValueError: the service has no limit of that.
    """
    if capacity.surge is None:
        raise ValueError("capacity.surge is not set")
    number, is_percent, _ = capacity.surge.partition("%")
    return rounded_up(promised * int(number), 100) if is_percent else int(number)


def rounded_up(amount: int, parts: int) -> int:
    """`amount` over `parts`, and no instance less."""
    # In whole numbers: as floats, 7 % of 100 are a little more than 7, and would be rounded up to 8.
    return -(-amount // parts)
