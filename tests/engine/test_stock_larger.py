"""Larger programs as the Pulumi documentation teaches them, through a life on the real engine, all in one stack."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.stage import STACK, Program, sandboxed
from tests.engine.stock.larger import LARGER
from tests.engine.test_provider_program import SEED

_PROGRAMS = Path(__file__).parent / "stock" / "programs"
_ALL = """
import runpy
from pathlib import Path

for program in sorted((Path(__file__).parent / "programs").glob("*.py")):
    runpy.run_path(str(program))
"""
_REFRESH = ("refresh", "--yes", "--skip-preview", "--run-program=false", "--stack", STACK)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """All of them, with nothing deployed."""
    with sandboxed(tmp_path / "sandbox", SEED) as (home, environment):
        program = Program(home, environment, tmp_path / "project", _ALL)
        shutil.copytree(_PROGRAMS, program.folder / "programs")
        program.must("stack", "init", STACK)
        yield program


def test_the_larger_programs_live(program: Program) -> None:
    assert {larger.name for larger in LARGER} == {path.stem for path in _PROGRAMS.glob("*.py")}
    before = _things(program)
    given: dict[str, dict[str, Any]] = {larger.name: {} for larger in LARGER}
    _give(program, given)
    up = program.up("--skip-preview")
    assert "warning" not in up.text
    _unchanged(program)

    for step in range(max(len(larger.changes) for larger in LARGER)):
        changing = {larger.name: larger.changes[step] for larger in LARGER if step < len(larger.changes)}
        given |= {name: change for name, (change, _) in changing.items()}
        _give(program, given)
        preview = program.preview("--json", "--show-replacement-steps")
        assert set(program.steps(preview)) == set().union(*(steps for _, steps in changing.values())), preview.text
        program.up("--skip-preview")
        _unchanged(program)

    for larger in LARGER:
        larger.drift(program.client)
    refresh = program.must(*_REFRESH, "--diff")
    # A refresh of its own tells what it came to, an update, not that it was a refresh (the engine's RefreshStep).
    changed = re.findall(r"^ *[~+-]+ (aws:.*)$", refresh.text, re.MULTILINE)
    assert sorted(changed) == sorted(f"{larger.drifted[0]}: (update)" for larger in LARGER), refresh.text
    for larger in LARGER:
        assert re.search(rf"^ *~ {larger.drifted[1]}\b", refresh.text, re.MULTILINE), refresh.text

    _give(program, {larger.name: {**given[larger.name], "adopt": larger.adopt(program.client)} for larger in LARGER})
    repaired = program.up("--skip-preview")
    assert f"= {len(LARGER)} imported" in repaired.text, repaired.text
    assert f"~ {len(LARGER)} updated" in repaired.text, repaired.text
    _unchanged(program)

    program.must("destroy", "--yes", "--skip-preview", "--run-program=false", "--stack", STACK)
    assert _things(program) == before


def _give(program: Program, given: Mapping[str, Mapping[str, Any]]) -> None:
    values = {f"{name}:given": json.dumps(one) for name, one in given.items()}
    document = {"config": {"aws:region": "eu-west-1", **values}}
    (program.folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(document))


def _things(program: Program) -> dict[str, list[Any]]:
    return {larger.name: larger.things(program.client) for larger in LARGER}


def _unchanged(program: Program) -> None:
    """What was just brought up is what the programs ask for, and what the cloud has."""
    program.must("preview", "--expect-no-changes", "--stack", STACK)
    program.must(*_REFRESH, "--expect-no-changes")
