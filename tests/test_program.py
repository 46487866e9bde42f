"""How the program is built: what may import what, and how long a file may be."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.environment import environment
from sandbox.home import Home

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"components": {"sandbox", "operations", "policies", "tests"}, "sandbox": {"components"}}
"""By package, what it must stand without."""


def imports(file: Path) -> Iterator[str]:
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: relative, so it doesn't say where it leads"
            yield (node.module or "").partition(".")[0]


def test_the_program_only_wires() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 60


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    found = {(file.name, name) for file in (ROOT / package).rglob("*.py") for name in imports(file)}
    assert found
    assert {(file, name) for file, name in found if name in FORBIDDEN[package]} == set()


def test_the_releases_contract_depends_on_nothing() -> None:
    assert set(imports(ROOT / "components" / "digest.py")) <= sys.stdlib_module_names


def test_what_a_shell_in_a_sandbox_has_set_does_not_reach_the_tests(tmp_path: Path) -> None:
    shell = environment(Home(tmp_path), "http://127.0.0.1:1")
    left = "import json, os, tests.conftest; print(json.dumps(sorted(os.environ)))"
    run = [sys.executable, "-c", left]
    told = subprocess.run(run, cwd=ROOT, env=os.environ | shell, capture_output=True, text=True, check=True).stdout
    assert set(shell) & set(json.loads(told)) == {"PATH", "NO_PROXY", "no_proxy"}
