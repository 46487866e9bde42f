"""Larger programs as the Pulumi documentation teaches them, each through a life of its own on the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.stage import STACK, sandboxed
from tests.engine.stock.larger import LARGER, Larger
from tests.engine.test_provider_program import SEED, Program

PROGRAMS = Path(__file__).parent / "stock" / "programs"


def _give(program: Program, given: dict[str, Any]) -> None:
    document = {"config": {"aws:region": "eu-west-1", "plain:given": given}}
    (program.folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(document))


@pytest.mark.parametrize("larger", LARGER, ids=lambda larger: larger.name)
def test_a_larger_program_lives(tmp_path: Path, larger: Larger) -> None:
    with sandboxed(tmp_path / "sandbox", SEED) as (home, environment):
        text = (PROGRAMS / f"{larger.name}.py").read_text()
        program = Program(home, environment, tmp_path / "project", text)
        program.must("stack", "init", STACK)
        _lives(program, larger)


def _lives(program: Program, larger: Larger) -> None:
    before = larger.things(program.client)
    given: dict[str, Any] = {}
    _give(program, given)
    up = program.up("--skip-preview")
    assert "warning" not in up.text
    program.must("preview", "--expect-no-changes", "--stack", STACK)

    for given, steps in larger.changes:
        _give(program, given)
        preview = program.preview("--json", "--show-replacement-steps")
        assert set(program.steps(preview)) == steps, preview.text
        program.up("--skip-preview")

    larger.drift(program.client)
    refresh = program.must("refresh", "--yes", "--skip-preview", "--diff", "--run-program=false", "--stack", STACK)
    type_, property_ = larger.drifted
    assert f"~ {type_}: (refresh)" in refresh.text, refresh.text
    assert property_ in refresh.text, refresh.text

    _give(program, {**given, "adopt": larger.adopt(program.client)})
    repaired = program.up("--skip-preview")
    assert "1 imported" in repaired.text
    assert "1 updated" in repaired.text
    program.must("preview", "--expect-no-changes", "--stack", STACK)
    program.must("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--run-program=false", "--stack", STACK)

    program.must("destroy", "--yes", "--skip-preview", "--run-program=false", "--stack", STACK)
    assert larger.things(program.client) == before
