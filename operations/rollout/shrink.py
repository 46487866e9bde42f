"""Constant capacity, between two steps: what has lost traffic gives its instances up, so that the next may grow.

Desired capacity is never declared, as it is scaling's, so this is a call and no edit. It is worked out from what
stands: whoever does it again after a kill asks for the same.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from components.live import Region
from operations.errors import OperationError
from operations.rollout.show import Show

_POLL_S = 1.0


def shrink(service: str, resting: Mapping[str, int], wait_s: int, region: Region, show: Show) -> None:
    """Bring each release down to what it needs, and wait until the rest has been drained and is gone.

    Raises:
        OperationError: it was not gone in time.
    """
    for fleet in region.fleets(service):
        size = max(resting.get(fleet.release, fleet.desired), fleet.minimum)
        if size < fleet.desired:
            show.event(
                "shrink",
                f"  {fleet.release}: from {fleet.desired} to {size} instances, which its share needs",
                release=fleet.release,
                instances=size,
            )
            region.set_desired(fleet.group, size)
    end = time.monotonic() + wait_s
    with show.watching(lambda: region.fleets(service)) as said:
        while leaving := {
            fleet.release: fleet.standing - fleet.desired
            for fleet in region.fleets(service)
            if fleet.standing > fleet.desired
        }:
            told = ", ".join(f"{count} of {release}" for release, count in leaving.items())
            if time.monotonic() > end:
                raise OperationError(
                    f"Instances that leave are not gone after {wait_s} s: {told}. The same command goes on"
                )
            said(f"leaving: {told}")
            time.sleep(_POLL_S)
