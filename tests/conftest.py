"""Tests choose their own cloud and backend: what a shell in a sandbox, or a user's own, has set does not reach them."""

from __future__ import annotations

import atexit
import functools
import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import useragent
from botocore.client import ClientCreator
from hypothesis import settings

from sandbox.cloud import once, process
from tests.sandbox.warm import Launcher

#: Names of what `python -m sandbox env` sets, and of what else leads clients of AWS or the engine somewhere.
FOREIGN = ("AWS_", "PULUMI_")

# Until all is imported there is next to no garbage, and much to look through; at the end nobody needs what is found.
gc.disable()
atexit.register(gc.freeze)

# Before any test module is imported: boto3 and pulumi may look as soon as they are.
for name in [name for name in os.environ if name.startswith(FOREIGN)]:
    del os.environ[name]

once.read_models()

# With DRILL=n, n times as many. A machine that is slow at the moment is no failure.
settings.register_profile("tests", max_examples=int(os.environ.get("DRILL", "1")) * 40, deadline=None)
settings.load_profile("tests")

# botocore writes a class for each client, which takes ten times as long as a call; here it is one for each service.
_creator: Any = ClientCreator
_classes: dict[str, Any] = {}
_write = _creator._create_client_class


def _class_of(self: Any, service_name: str, service_model: Any) -> Any:
    if service_name not in _classes:
        _classes[service_name] = _write(self, service_name, service_model)
    return _classes[service_name]


_creator._create_client_class = _class_of

# And for each call it goes through every letter of what it says of itself, twice.
_agent: Any = useragent
_agent.sanitize_user_agent_string_component = functools.cache(_agent.sanitize_user_agent_string_component)


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look through it again and again."""
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.fixture(scope="session")
def quick_clouds() -> Iterator[None]:
    """Clouds that start quickly; a test of how they start puts `_launch` back."""
    launcher = Launcher()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_launch", launcher.launch)
        yield
    launcher.close()
