"""A cloud for the tests that need one, and a provider plugin that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import cloud
from tests.sandbox.provider_client import REGION, Client, serving
from tests.sandbox.provider_world import World

SEED = Path(__file__).parent / "seed.yaml"


@pytest.fixture(scope="session")
def cloud_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the cloud of this session's tests keeps its journal."""
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="session")
def cloud_url(cloud_directory: Path) -> Iterator[str]:
    """The address of the cloud."""
    yield cloud.start(cloud_directory, SEED)
    cloud.stop(cloud_directory)


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, cloud_url: str) -> str:
    """The environment that `python -m sandbox env` would give; its endpoint."""
    for name, value in {
        "AWS_ENDPOINT_URL": cloud_url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return cloud_url


@pytest.fixture
def reports() -> list[str]:
    """What the provider reported as progress."""
    return []


@pytest.fixture
def address(aws_environment: str, reports: list[str]) -> Iterator[str]:
    """The address of a provider that nobody has configured yet."""
    with serving(reports.append) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """A client of a provider configured for the sandbox's region."""
    client = Client(address)
    yield client
    client.channel.close()


@pytest.fixture
def boto(aws_environment: str) -> Any:
    """Makes boto3 clients of the same cloud, to look and to meddle behind the provider's back."""

    session: Any = boto3

    def make(service: str) -> Any:
        return session.client(service, endpoint_url=aws_environment, region_name=REGION)

    return make


@pytest.fixture
def world(client: Client) -> Iterator[World]:
    """A maker of resources that clears up after itself."""
    world = World(client)
    yield world
    world.clear()
