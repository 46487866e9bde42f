"""The command line: what it prints for machines, and what it says when something is missing."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner

from sandbox import cli
from sandbox.cloud import Call
from sandbox.environment import UNSET, environment
from sandbox.home import Home
from sandbox.journal import Filter, calls
from sandbox.lifecycle import SandboxError

URL = "http://127.0.0.1:4000"


T = TypeVar("T")


def always(answer: T) -> Callable[[Path], T]:
    """A function of a cloud's directory that gives one answer."""

    def answering(_directory: Path) -> T:
        return answer

    return answering


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose path a shell would split, with a cloud that seems to run."""
    monkeypatch.delenv("SANDBOX_HOME", raising=False)
    monkeypatch.setattr("sandbox.cloud.running", always(URL))
    folder = tmp_path / "it's a project"
    folder.mkdir()
    return folder


def run(project: Path, *arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["--project", str(project), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_shell_that_evaluates_env_is_in_the_sandbox(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://elsewhere")
    script = run(project, "env") + "\nenv -0"
    printed = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout
    inside = dict(line.split("=", 1) for line in printed.split("\0") if line)
    wanted = environment(Home.default(project), URL)
    assert {name: inside[name] for name in wanted} == wanted
    assert "AWS_PROFILE" not in inside
    assert "AWS_ENDPOINT_URL_EC2" not in inside


def test_env_as_json_says_the_same_as_the_shell_lines(project: Path) -> None:
    found = json.loads(run(project, "env", "--json"))
    assert found["set"] == environment(Home.default(project), URL)
    assert set(found["unset"]) >= set(UNSET)
    assert all(f"export {name}={shlex.quote(value)}" in run(project, "env") for name, value in found["set"].items())


@pytest.mark.parametrize("command", ["status", "env", "reset"])
def test_without_a_cloud_the_way_to_start_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("SANDBOX_HOME", raising=False)
    with pytest.raises(SandboxError, match=r"not running\. Start it: make up"):
        CliRunner().invoke(cli.app, ["--project", str(tmp_path), command], catch_exceptions=False)


def test_down_is_ready_where_nothing_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_HOME", raising=False)
    run(tmp_path, "down")
    assert list(tmp_path.iterdir()) == []


def call(service: str, operation: str, error: str | None = None) -> Call:
    return Call("2026-01-01T00:00:00+00:00", service, operation, {"Id": "x"}, "eu-west-1", 200, error, 0.01)


JOURNAL = [call("ec2", "DescribeVpcs"), call("elbv2", "ModifyRule"), call("elbv2", "CreateRule", "PriorityInUse")]


@pytest.mark.parametrize(
    ("shown", "operations"),
    [
        (Filter(), ["DescribeVpcs", "ModifyRule", "CreateRule"]),
        (Filter(writes=True), ["ModifyRule", "CreateRule"]),
        (Filter(service="EC2"), ["DescribeVpcs"]),
        (Filter(operation="modifyrule"), ["ModifyRule"]),
        (Filter(service="ec2", writes=True), []),
    ],
)
def test_filters_choose_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: Filter, operations: list[str]
) -> None:
    monkeypatch.setattr("sandbox.journal.read_journal", always(JOURNAL))
    assert [found.operation for found in calls(tmp_path, shown, follow=False)] == operations


def test_following_goes_on_after_a_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter([JOURNAL[:2], JOURNAL, JOURNAL[:1]])

    def read(_directory: Path) -> list[Call]:
        return next(states)

    monkeypatch.setattr("sandbox.journal.read_journal", read)
    monkeypatch.setattr("sandbox.journal.INTERVAL_S", 0)
    followed = calls(tmp_path, Filter(), follow=True)
    assert [next(followed).operation for _ in range(4)] == ["DescribeVpcs", "ModifyRule", "CreateRule", "DescribeVpcs"]


def test_the_journal_is_a_line_a_call_for_people_and_for_machines(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.journal.read_journal", always(JOURNAL))
    people = run(project, "journal").splitlines()
    assert people[2].endswith('elbv2.CreateRule {"Id": "x"} 200 PriorityInUse')
    machines = [json.loads(line) for line in run(project, "journal", "--json").splitlines()]
    assert [line["operation"] for line in machines] == [found.operation for found in JOURNAL]
