"""Quotas are AWS's unless the seed says otherwise, and what is one too many is refused in AWS's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import yaml

from sandbox import cloud
from sandbox.cloud.quotas import Quotas
from tests.sandbox.cloud_truths_quotas import QUOTAS, TRUTHS
from tests.sandbox.cloud_world import SEED, World


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A cloud in which little is allowed."""
    folder = tmp_path_factory.mktemp("small")
    seed = folder / "seed.yaml"
    seed.write_text(yaml.safe_dump({**yaml.safe_load(SEED.read_text()), "quotas": QUOTAS}))
    yield World(cloud.start(folder / "cloud", seed), folder / "cloud")
    cloud.stop(folder / "cloud")


def test_every_quota_is_shown() -> None:
    assert QUOTAS.keys() == Quotas.model_fields.keys()


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.__name__)
def test_what_is_one_too_many_is_refused(small: World, truth: Callable[[World], None]) -> None:
    cloud.reset(small.directory)
    truth(World(small.url, small.directory))
