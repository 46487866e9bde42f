"""The project's virtual environment: made once, and again when a lock changes."""

import sys
from pathlib import Path

import pytest

from sandbox import bootstrap


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What would be run for a project in `tmp_path`; making the environment makes a python in it."""
    for lock in bootstrap.LOCKS:
        (tmp_path / lock).write_text("thing==1.0")
    run: list[tuple[str, ...]] = []

    def pretend(*command: str) -> None:
        run.append(command)
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    monkeypatch.setattr(bootstrap, "_run", pretend)
    return run


def test_an_environment_is_made_from_the_locks_and_then_left_alone(
    tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    bootstrap.make_environment(tmp_path)
    made, fetched, installed = commands
    assert made == (sys.executable, "-m", "venv", "--clear", str(tmp_path / ".venv"))
    assert fetched[-1] == bootstrap.UV
    assert "--require-hashes" in installed
    assert installed[-4:] == ("-r", str(tmp_path / bootstrap.LOCKS[0]), "-r", str(tmp_path / bootstrap.LOCKS[1]))

    bootstrap.make_environment(tmp_path)
    assert len(commands) == 3


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(
    tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    bootstrap.make_environment(tmp_path)
    commands.clear()
    (tmp_path / bootstrap.LOCKS[1]).write_text("thing==2.0")
    bootstrap.make_environment(tmp_path)
    assert [command[2] for command in commands] == ["pip", "uv"]


def test_a_removed_python_means_a_new_environment(tmp_path: Path, commands: list[tuple[str, ...]]) -> None:
    bootstrap.make_environment(tmp_path)
    commands.clear()
    (tmp_path / ".venv" / "bin" / "python").unlink()
    bootstrap.make_environment(tmp_path)
    assert commands[0][2] == "venv"


def test_what_failed_half_way_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for lock in bootstrap.LOCKS:
        (tmp_path / lock).write_text("thing==1.0")

    def fail(*_: str) -> None:
        raise OSError("no network")

    monkeypatch.setattr(bootstrap, "_run", fail)
    with pytest.raises(OSError, match="no network"):
        bootstrap.make_environment(tmp_path)
    assert not (tmp_path / ".venv" / "installed").exists()
