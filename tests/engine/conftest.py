"""Fixtures of the tests that need the real engine: a stage each, torn down whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import cloud, engine, provider
from sandbox.environment import process_environment
from sandbox.home import Home
from tests.engine.stage import STACK, Stage

SEED = Path(__file__).parent / "seed.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder runs on the real engine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A cloud, a backend and a copy of the program, with stack `dev` made and no config yet."""
    home = Home(tmp_path / "sandbox")
    built = engine.ensure_engine(print)
    engine.install(built, home)
    provider.install(home.pulumi_home)
    home.backend.mkdir(parents=True, exist_ok=True)
    url = cloud.start(home.cloud, SEED)
    try:
        stage = Stage(home, process_environment(home, url), tmp_path / "project")
        made = stage.pulumi("stack", "init", STACK)
        assert made.code == 0, made.text
        yield stage
    finally:
        cloud.stop(home.cloud)
