"""A cloud for the tests that need one, and a provider plugin that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from sandbox import cloud
from tests.sandbox.cloud_world import client as boto_client
from tests.sandbox.provider_client import REGION, Client, serving
from tests.sandbox.provider_lives import Lived
from tests.sandbox.provider_operations import HOOKS_TELL
from tests.sandbox.provider_world import World

SEED = Path(__file__).parent / "seed.yaml"


@pytest.fixture(scope="session", autouse=True)
def _quick_clouds(quick_clouds: None) -> None:
    """Of all tests here."""


@pytest.fixture(scope="session")
def cloud_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the cloud of this session's tests keeps its journal."""
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="session")
def cloud_url(cloud_directory: Path) -> Iterator[str]:
    """The address of the cloud, with the topics that the tests' hooks tell."""
    url = cloud.start(cloud_directory, SEED)
    for name in HOOKS_TELL:
        boto_client("sns", url).create_topic(Name=name)
    yield url
    cloud.stop(cloud_directory)


@pytest.fixture(scope="session")
def aws_variables(cloud_url: str) -> dict[str, str]:
    """What `python -m sandbox env` would say."""
    return {
        "AWS_ENDPOINT_URL": cloud_url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, aws_variables: dict[str, str]) -> str:
    """The environment that `python -m sandbox env` would give; its endpoint."""
    for name, value in aws_variables.items():
        monkeypatch.setenv(name, value)
    return aws_variables["AWS_ENDPOINT_URL"]


@pytest.fixture
def address(aws_environment: str) -> Iterator[str]:
    """The address of a provider that nobody has configured yet."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def provider(aws_variables: dict[str, str]) -> Iterator[tuple[Client, list[str]]]:
    """A client of the session's provider, configured for the sandbox's region, and what it reports as progress."""
    reports = list[str]()
    with serving(reports.append) as address:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in aws_variables.items():
                environment.setenv(name, value)
            client = Client(address)
        yield client, reports
        client.channel.close()


@pytest.fixture
def client(aws_environment: str, provider: tuple[Client, list[str]]) -> Client:
    """A client of a provider configured for the sandbox's region."""
    return provider[0]


@pytest.fixture
def reports(provider: tuple[Client, list[str]]) -> list[str]:
    """What the provider of `client` reported as progress since the test began."""
    provider[1].clear()
    return provider[1]


@pytest.fixture
def boto(aws_environment: str) -> Any:
    """Makes boto3 clients of the same cloud, to look and to meddle behind the provider's back."""

    session: Any = boto3

    def make(service: str) -> Any:
        return session.client(service, endpoint_url=aws_environment, region_name=REGION)

    return make


@pytest.fixture
def name() -> str:
    """A name that nothing else in the cloud has."""
    return f"web-{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def standing(provider: tuple[Client, list[str]]) -> World:
    """What other resources hang on; a test neither changes nor deletes it."""
    return World(provider[0], name="standing")


@pytest.fixture(scope="module")
def lasting(aws_variables: dict[str, str], standing: World) -> Iterator[World]:
    """A maker of resources that outlive a test of the module; who makes one deletes it."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in aws_variables.items():
            environment.setenv(name, value)
        yield World(standing.client, standing)


@pytest.fixture(scope="module")
def lived(lasting: World) -> Iterator[Lived]:
    """The resources of lives."""
    lived = Lived(lasting)
    yield lived
    lasting.clear()


@pytest.fixture
def world(client: Client, standing: World) -> Iterator[World]:
    """A maker of resources that clears up after itself, but for what they hang on."""
    world = World(client, standing)
    yield world
    world.clear()
