"""Debug messages are sent if asked for, stack traces have the project's own frames, garbage is looked for seldom."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.lean import ASKED, run_lean

_sdk: Any = sys.modules["pulumi.runtime.resource"]
PROJECT = Path(__file__).parent


@pytest.fixture(name="debug", autouse=True)
def sdks_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Put back afterwards."""
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
    monkeypatch.setattr(_sdk, "_get_stack_trace", _sdk._get_stack_trace)
    threshold = gc.get_threshold()
    yield pulumi.log.debug
    gc.set_threshold(*threshold)


@pytest.mark.parametrize(("said", "sent"), [(None, False), ("", False), ("false", False), ("true", True), ("1", True)])
def test_they_are_sent_if_asked(
    debug: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, said: str | None, sent: bool
) -> None:
    if said is None:
        monkeypatch.delenv(ASKED, raising=False)
    else:
        monkeypatch.setenv(ASKED, said)
    run_lean(PROJECT)
    assert (pulumi.log.debug is debug) is sent
    pulumi.log.debug("nobody reads this")


class _Resource:
    def __init__(self) -> None:
        self.frames: list[str] = [frame.pc.uri for frame in _sdk._get_stack_trace().frames]


class _CustomResource(_Resource):
    def __init__(self) -> None:
        super().__init__()


class _Bucket(_CustomResource):
    def __init__(self) -> None:
        super().__init__()


def _made() -> list[str]:
    return _Bucket().frames


@pytest.mark.parametrize("project", [PROJECT, PROJECT.parents[1]], ids=["sources", "with the environment in it"])
def test_a_stack_trace_has_the_projects_own_frames(project: Path) -> None:
    everything = _made()
    run_lean(project)
    own = Path(__file__).as_uri()
    assert _made() == [own, own]
    assert len(everything) > 10


def test_who_made_the_resource_is_told_though_it_is_none_of_the_projects_own(tmp_path: Path) -> None:
    run_lean(tmp_path)
    assert _made() == [Path(__file__).as_uri()]


def test_garbage_is_looked_for_seldom_but_is_looked_for() -> None:
    run_lean(PROJECT)
    assert gc.isenabled()
    assert 10_000 < gc.get_threshold()[0] < 1_000_000


LOOP = """
class Told:
    def __del__(self):
        print("found")

one = Told()
one.itself = one
del one
"""


@pytest.mark.parametrize(("first", "said"), [("", "found\n"), ("run_lean(pathlib.Path())", "")])
def test_at_the_end_nobody_looks_for_garbage(first: str, said: str) -> None:
    program = f"import pathlib\nfrom components.lean import run_lean\n{first}\n{LOOP}"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT.parents[1], capture_output=True, text=True, check=True)
    assert done.stdout == said
