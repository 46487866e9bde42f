"""Since when the weights of a traffic rule hold: the moment that a bake counts from. Pure.

AWS does not tell when a rule was changed, so the gates write it on the rule: `<time>/<signature of the weights>`, right
after they have changed, and again whenever a gate finds that the tag speaks of other weights. A run that was killed
between the two, or a change by hand, so makes a bake start later and never earlier.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction


def tag(weights: Mapping[str, int], now: datetime) -> str:
    """The tag of a rule whose weights by target group have been these since `now`."""
    return f"{now.isoformat(timespec='milliseconds')}/{_signature(weights)}"


def since(tag: str | None, weights: Mapping[str, int]) -> datetime | None:
    """Since when a rule with this tag has these weights; None if the tag does not speak of them."""
    time, _, signature = (tag or "").partition("/")
    if signature != _signature(weights):
        return None
    try:
        return datetime.fromisoformat(time)
    except ValueError:
        return None


def _signature(weights: Mapping[str, int]) -> str:
    """Equal for equal shares: a standby that leaves, or 1 to 1 in the place of 50 to 50, moves no traffic."""
    total = sum(weights.values())
    shares = {key: str(Fraction(weight, total)) for key, weight in weights.items() if weight}
    return hashlib.sha256(json.dumps(shares, sort_keys=True).encode()).hexdigest()[:12]
