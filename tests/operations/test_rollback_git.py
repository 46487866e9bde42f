"""The checkout of a project: what differs, a worktree of then, one file's commit. On a real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.rollback.git import Checkout


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project below the root of a checkout, committed."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "Ann")
    git(tmp_path, "config", "user.email", "ann@example.com")
    folder = tmp_path / "infrastructure"
    (folder / ".venv").mkdir(parents=True)
    (folder / "__main__.py").write_text("first\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "-qm", "first")
    return folder


def test_a_file_is_edited_until_it_is_committed(folder: Path) -> None:
    checkout, file = Checkout(folder), folder / "Pulumi.dev.yaml"
    assert not checkout.is_edited(file)
    file.write_text("config: {a: 1}\n")
    (folder / "__main__.py").write_text("somebody's work\n")
    git(folder, "add", "__main__.py")
    assert checkout.is_edited(file)
    checkout.commit(file, "rollback web: 1.5.0 → 1.4.2 (to entry 7)")
    assert not checkout.is_edited(file)
    assert git(folder, "log", "-1", "--format=%s") == "rollback web: 1.5.0 → 1.4.2 (to entry 7)"
    assert git(folder, "status", "--porcelain") == "M  infrastructure/__main__.py"
    with pytest.raises(OperationError, match="git commit fails: "):
        checkout.commit(file, "again")


def test_a_file_that_was_never_committed_is_edited(folder: Path) -> None:
    (folder / "Pulumi.new.yaml").touch()
    assert Checkout(folder).is_edited(folder / "Pulumi.new.yaml")


def test_the_program_is_compared_with_a_commits_and_nothing_else_is(folder: Path) -> None:
    checkout, first = Checkout(folder), git(folder, "rev-parse", "HEAD")
    (folder / "Pulumi.dev.yaml").write_text("config: {a: 1}\n")
    assert checkout.difference(first) == ""
    (folder / "__main__.py").write_text("second\n")
    assert "__main__.py | 2 +-" in (checkout.difference(first) or "")
    assert checkout.difference("0" * 40) is None


def test_the_project_of_then_is_a_worktree_that_ends_with_the_block(folder: Path) -> None:
    checkout, first = Checkout(folder), git(folder, "rev-parse", "HEAD")
    (folder / "__main__.py").write_text("second\n")
    git(folder, "commit", "-qam", "second")
    with checkout.at(first, ".venv") as then:
        assert (then / "__main__.py").read_text() == "first\n"
        assert (then / ".venv").resolve() == folder / ".venv"
        (then / "Pulumi.dev.yaml").write_text("config: {a: 1}\n")
    assert not then.exists()
    assert len(git(folder, "worktree", "list").splitlines()) == 1
    with pytest.raises(OperationError, match="git worktree fails: "), checkout.at("0" * 40, ".venv"):
        pass


def test_without_a_checkout_nothing_is_edited_and_nothing_can_be_compared(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    (tmp_path / "Pulumi.dev.yaml").touch()
    assert not checkout.is_edited(tmp_path / "Pulumi.dev.yaml")
    assert checkout.difference("HEAD") is None
