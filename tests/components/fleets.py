"""Fleets as the cloud would show them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from components.live import Fleet, Target

BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"


def target_group(release: str) -> str:
    """The ARN of a release's target group."""
    return f"{BALANCER}:targetgroup/{release}/0a"


def targets(healthy: int, ill: int = 0, reason: str = "initial: Elb.RegistrationInProgress") -> tuple[Target, ...]:
    """So many healthy targets, then so many that are not."""
    good = [Target(f"i-{number}", True, "healthy") for number in range(healthy)]
    bad = [Target(f"i-{healthy + number}", False, reason) for number in range(ill)]
    return (*good, *bad)


def fleet(release: str = "web-1.4.2-0a", **changes: Any) -> Fleet:
    """A fleet of two healthy targets behind a balancer, with limits of 2 and 10 and no weight."""
    valid = Fleet(
        release=release,
        group=f"{release}-group",
        target_group=target_group(release),
        minimum=2,
        maximum=10,
        desired=2,
        targets=targets(2),
        created=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return dataclasses.replace(valid, **changes)
