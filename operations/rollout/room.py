"""Constant capacity: how many instances stand while traffic moves, and how far it may move at once. Pure.

Traffic moves by whole instances: a share is so many of those that serve, two at least. Whoever has the instances of its
share then carries exactly what all of them do, and nothing is lost, or asked for too much, by rounding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from components.capacity import carried, gaining, of_release, rounded_up, spread, surge
from components.settings import Capacity

Weights = Mapping[str, int]

_FINEST = 999
"""AWS's limit of a weight."""


class NoRoomError(ValueError):
    """The surge is too small for any step; the message says what it takes."""


@dataclass(frozen=True)
class Room:
    """What a service's limits leave where `promised` instances serve and these stand."""

    capacity: Capacity
    promised: int
    """What serves at each moment, at least."""
    sizes: Mapping[str, int]
    """By release, the instances that stand."""

    @classmethod
    def of(cls, capacity: Capacity, served: int, sizes: Mapping[str, int]) -> Self:
        """Where so many serve now."""
        return cls(capacity, max(served, capacity.min), sizes)

    @property
    def surge(self) -> int:
        """How many may stand beside those that serve."""
        return surge(self.capacity, self.promised)

    @property
    def parts(self) -> int:
        """What all weights sum to: an instance each, or a few where weights are not fine enough."""
        return rounded_up(self.promised, rounded_up(self.promised, _FINEST))

    def step(self, percent: int) -> int:
        """The share, in parts, nearest above so many percent that a release can have, beside others and alone."""
        found = max(rounded_up(percent * self.parts, 100), self._fewest)
        return found if self.parts - found >= self._fewest else self.parts

    def is_shared(self, weights: Weights) -> bool:
        """Whether who has weight has enough of it for instances that nothing rounds up."""
        total = sum(weights.values())
        return all(not weight or weight * self.promised >= self._fewest * total for weight in weights.values())

    def resting(self, weights: Weights) -> dict[str, int]:
        """What each release needs for its share: whatever it has beyond may go."""
        total = sum(weights.values())
        return {name: max(self._fewest, rounded_up(self.promised * one, total)) for name, one in weights.items()}

    def rested(self, weights: Weights) -> Self:
        """This room, once each release has what it needs for its share, and no more."""
        return dataclasses.replace(self, sizes={**self.sizes, **self.resting(weights)})

    def grown(self, now: Weights, then: Weights) -> dict[str, int]:
        """What stands while the traffic goes from `now` to `then`: the groups' minimums first, then what the gate asks
        of who gains."""
        total = sum(then.values())
        found = dict(self.sizes)
        for name, weight in then.items():
            found[name] = max(found.get(name, 0), of_release(self.capacity, weight, total).min)
        served = carried({name: found.get(name, 0) for name in now}, now)
        for name in gaining(now, then):
            found[name] = max(found[name], rounded_up(served * then[name], total))
        return found

    def lacking(self, now: Weights, then: Weights) -> int:
        """How many instances too many would stand on the way, or 0."""
        return max(0, sum(self.grown(now, then).values()) - self.promised - self.surge)

    def may_have(self, release: str, own: int) -> bool:
        """Whether a release may have so many of the parts, at a glance: what the others have stays for a step."""
        limit, size = self.promised + self.surge, self.sizes.get(release, 0)
        beside = sum(self.sizes.values()) - size
        needed, rest = own * self.promised // self.parts, (self.parts - own) * self.promised // self.parts
        return needed + beside <= limit and rest + size <= limit

    @property
    def _fewest(self) -> int:
        return spread(self.capacity)
