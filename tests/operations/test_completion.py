"""A shell completes commands, stacks and services, by its own script, in a real bash."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").write_text("name: immutable\n")
    for package in ("components", "operations", "policies"):
        (folder / package).symlink_to(ROOT / package)
    for stack, services in {"dev": ["web"], "prod": ["shop", "worker", "api"]}.items():
        config = {"immutable:services": dict.fromkeys(services, "…")}
        (folder / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": config}))
    (folder / "Pulumi.broken.yaml").write_text("config: [")
    return folder


@pytest.fixture(scope="module")
def script(project: Path) -> str:
    """What `--install-completion` installs for bash."""
    # `--show-completion` asks which shell it runs in, and that need not be bash.
    return _run(project, [str(ROOT / "bin/operations")], _OPERATIONS_COMPLETE="source_bash")


def _run(project: Path, command: list[str], **variables: str) -> str:
    path = f"{ROOT / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=project, env={**os.environ, "PATH": path, **variables}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("operations dr", ["drift"]),
        ("operations drift --stack ", ["broken", "dev", "prod"]),
        ("operations rollout --stack prod w", ["worker"]),
        ("operations rollout ", ["api", "shop", "web", "worker"]),
    ],
)
def test_bash_offers_what_the_project_declares(project: Path, script: str, typed: str, offered: list[str]) -> None:
    words = " ".join(f"'{word}'" for word in typed.split(" "))
    asking = f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _operations_completion operations"
    told = _run(project, ["bash", "-c", f'{script}\n{asking}; printf "%s\\n" "${{COMPREPLY[@]}}"'])
    assert told.split() == offered
