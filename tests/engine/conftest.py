"""Fixtures of the tests that need the real engine: a stage each, torn down whatever happened."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud.seed import DEFAULT
from tests.engine.stage import PROJECT, STACK, Stage, sandboxed

SEED = Path(__file__).parent / "seed.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder runs on the real engine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The drill's table, a row for each kill, and the rollouts' and rollbacks'."""
    told = [
        (name, value)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in report.user_properties
        if report.when == "call"
    ]
    if rollouts := [value for name, value in told if name == "rollout"]:
        terminalreporter.section(f"{len(rollouts)} rollouts")
        terminalreporter.line(
            "| strategy | fails | weights at the end | lowest capacity | errors (s) | back after (s) |"
        )
        terminalreporter.line("|---|---|---|---|---|---|")
        for row in sorted(rollouts):
            terminalreporter.line("| " + " | ".join(map(str, row)) + " |")
    if histories := [value for name, value in told if name == "history"]:
        terminalreporter.section(f"{len(histories)} histories, and what rollback does with each")
        terminalreporter.line("| # | history | rollback | exit code |")
        terminalreporter.line("|---|---|---|---|")
        for number, row in enumerate(histories, 1):
            terminalreporter.line("| " + " | ".join(map(str, (number, *row))) + " |")
    if traffic := [value for name, value in told if name == "traffic"]:
        terminalreporter.section("from the command to the traffic")
        terminalreporter.line("| | calls of AWS | those that change something |")
        terminalreporter.line("|---|---|---|")
        for row in traffic:
            terminalreporter.line("| " + " | ".join(map(str, row)) + " |")
    if backs := [value for name, value in told if name == "back"]:
        terminalreporter.section("from the decision to go back until all traffic is on the standby")
        terminalreporter.line("| the standby is | instances that boot first | seconds | calls before ModifyRule |")
        terminalreporter.line("|---|---|---|---|")
        for row in sorted(backs):
            terminalreporter.line("| " + " | ".join(map(str, row)) + " |")
    rows = [value for name, value in told if name == "kill"]
    if rows:
        terminalreporter.section(f"{len(rows)} kills; after each: cancel, recover, up")
        terminalreporter.line("| chain | moment | killed | last process gone after (s) | adopted | orphans left |")
        terminalreporter.line("|---|---|---|---|---|---|")
        for row in sorted(rows, key=lambda row: int(row[0])):
            terminalreporter.line("| " + " | ".join(map(str, row)) + " |")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A cloud, a backend and a copy of the program, with stack `dev` made and no config yet."""
    with sandboxed(tmp_path / "sandbox", SEED) as (home, environment):
        stage = Stage(home, environment, tmp_path / "project")
        stage.must("stack", "init", STACK)
        yield stage


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Stage]:
    """The stack `prod` with the config that the project comes with, in the cloud that it comes with."""
    with sandboxed(tmp_path / "sandbox", DEFAULT) as (home, environment):
        stage = Stage(home, environment, tmp_path / "project")
        shutil.copy(PROJECT / "Pulumi.prod.yaml", stage.folder)
        stage.must("stack", "init", "prod")
        yield stage
