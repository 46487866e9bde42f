"""A stack of everything there is, registered once for all tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from components.layouts import Plan, plan
from components.settings import Settings
from tests.components.builders import CERTIFICATE, JOBS, SHOP, settings
from tests.components.stack import Stack, stand_up


@pytest.fixture(scope="session")
def described() -> Settings:
    """A shop with a canary on its way, and workers that no balancer serves."""
    return settings({"services": {"shop": SHOP, "jobs": JOBS}, "balancer": {"certificate_arn": CERTIFICATE}})


@pytest.fixture(scope="session")
def stack(described: Settings) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield stand_up(described, monkeypatch)


@pytest.fixture(scope="session")
def plans(described: Settings) -> dict[str, Plan]:
    """By label: 1.4.2 and 1.5.0 of the shop, 2.0.0 of the workers."""
    return {one.label: plan(name, one) for name, service in described.services.items() for one in service.releases}
