"""The project's virtual environment: made once, and again when a lock changes."""

import os
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
    monkeypatch.setattr(bootstrap, "quickest", str)
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

    monkeypatch.setattr(bootstrap, "quickest", str)
    monkeypatch.setattr(bootstrap, "_run", fail)
    with pytest.raises(OSError, match="no network"):
        bootstrap.make_environment(tmp_path)
    assert not (tmp_path / ".venv" / "installed").exists()


def build(folder: Path, says: str) -> str:
    """A Python in `folder` that, asked how quick it is, `says` something; its path."""
    folder.mkdir(parents=True)
    python = folder / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    python.write_text(f"#!/bin/sh\necho {says} $0\n")
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize(
    ("own", "others", "chosen"),
    [
        ("0.030", ["0.020"], 1),
        ("0.030", ["0.024", "0.018", "0.025"], 2),
        ("0.030", ["0.028"], 0),
        ("0.030", ["no ensurepip"], 0),
        ("no ensurepip", ["0.030"], 1),
        ("no ensurepip", ["no ssl"], 0),
        ("0.030", [], 0),
    ],
)
def test_another_build_is_taken_only_if_it_works_and_is_much_quicker(
    own: str,
    others: list[str],
    chosen: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    builds = [build(tmp_path / str(number), says) for number, says in enumerate([own, *others])]
    folders = [tmp_path / "no such folder", *(Path(each).parent for each in builds)]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    assert bootstrap.quickest(builds[0]) == builds[chosen]
    said = capsys.readouterr().err
    assert said == (f"with {builds[chosen]}, a quicker build of Python than {builds[0]}\n" if chosen else "")


def test_a_link_to_a_build_is_that_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "links" / "python"
    own.parent.mkdir()
    own.symlink_to(build(tmp_path / "builds", "0.030"))
    monkeypatch.setenv("PATH", str(tmp_path / "builds"))
    assert bootstrap.quickest(str(own)) == str(own)


def test_a_build_is_measured_by_its_work() -> None:
    build, seconds = getattr(bootstrap, "_measured")(sys.executable)  # noqa: B009
    assert Path(build) == Path(sys.executable).resolve()
    assert 0 < seconds < 10
