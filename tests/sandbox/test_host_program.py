"""What a program is started with, by a runner that writes it down."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import language_pb2

from sandbox.engine.host.children import Children
from sandbox.engine.host.program import run_program

RUNNER = """
import json, os, sys
from pathlib import Path
kept = {"argv": sys.argv[1:], "cwd": os.getcwd(), "config": os.environ["PULUMI_CONFIG"],
        "secrets": os.environ["PULUMI_CONFIG_SECRET_KEYS"]}
Path("kept.json").write_text(json.dumps(kept))
sys.exit(int(os.environ.get("EXIT", "0")))
"""


@pytest.fixture
def request_(tmp_path: Path) -> language_pb2.RunRequest:
    (tmp_path / "runner").write_text(RUNNER)
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point=".")
    return language_pb2.RunRequest(
        info=info,
        project="p",
        stack="dev",
        pwd=str(tmp_path),
        monitor_address="monitor",
        organization="organization",
        parallel=8,
        config={"p:a": "1"},
        configSecretKeys=["p:a"],
        args=["--flag"],
    )


def run(request: language_pb2.RunRequest) -> language_pb2.RunResponse:
    return run_program(request, "engine", Path(request.pwd, "runner"), Children())


def kept(request: language_pb2.RunRequest) -> dict[str, Any]:
    return json.loads(Path(request.pwd, "kept.json").read_text())


def test_the_runner_gets_what_the_engine_said(request_: language_pb2.RunRequest) -> None:
    assert run(request_) == language_pb2.RunResponse()
    found = kept(request_)
    words = found["argv"]
    assert words[words.index("--") :] == ["--", ".", "--flag"]
    options = dict(zip(words[0 : words.index("--") : 2], words[1 : words.index("--") : 2], strict=True))
    assert options == {
        "--monitor": "monitor",
        "--engine": "engine",
        "--project": "p",
        "--stack": "dev",
        "--pwd": request_.pwd,
        "--organization": "organization",
        "--root_directory": request_.pwd,
        "--parallel": "8",
    }
    assert json.loads(found["config"]) == {"p:a": "1"}
    assert json.loads(found["secrets"]) == ["p:a"]
    assert found["cwd"] == request_.pwd


def test_only_a_preview_is_a_dry_run(request_: language_pb2.RunRequest) -> None:
    request_.dryRun = True
    run(request_)
    words = kept(request_)["argv"]
    assert words[words.index("--dry_run") + 1] == "true"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("32", language_pb2.RunResponse(bail=True)),
        ("1", language_pb2.RunResponse(error="Program exited with non-zero exit code: 1")),
    ],
)
def test_only_what_the_user_has_not_seen_is_an_error(
    request_: language_pb2.RunRequest, monkeypatch: pytest.MonkeyPatch, code: str, answer: language_pb2.RunResponse
) -> None:
    monkeypatch.setenv("EXIT", code)
    assert run(request_) == answer


def test_a_host_that_is_ending_starts_no_program(request_: language_pb2.RunRequest) -> None:
    children = Children()
    children.end_all()
    answer = run_program(request_, "engine", Path(sys.executable), children)
    assert answer == language_pb2.RunResponse(bail=True)
