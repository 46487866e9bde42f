"""The git checkout that a project's folder is in: how it differs from a commit, itself at a commit, a file's commit."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from operations.errors import OperationError

PROGRAM = ("__main__.py", "components")
"""What makes resources of a config."""


class Checkout:
    """The checkout that `folder` is in, if it is in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_edited(self, file: Path) -> bool:
        """Whether a file has changes that are not committed, or was never committed; never so without git."""
        return bool(self._said("status", "--porcelain", "--", file.name))

    def difference(self, commit: str) -> str | None:
        """How the program differs from a commit's: `git diff --stat`; empty if it doesn't, None if git can't tell."""
        return self._said("diff", "--stat", commit, "--", *PROGRAM)

    def commit(self, file: Path, message: str) -> None:
        """Commit this file and nothing else.

        Raises:
            OperationError: git refuses.
        """
        self._must("add", "--", file.name)
        self._must("commit", "--quiet", "--message", message, "--only", "--", file.name)

    @contextmanager
    def at(self, commit: str, environment: str) -> Generator[Path]:
        """The project's folder at a commit, in a worktree that ends with the block, with today's virtual environment.

        Raises:
            OperationError: there is no such commit here.
        """
        place = self._must("rev-parse", "--show-prefix")
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / "then"
            self._must("worktree", "add", "--quiet", "--detach", str(folder), commit)
            try:
                then, today = folder / place, self._folder / environment
                if today.exists() and not (then / environment).exists():
                    (then / environment).symlink_to(today.resolve())
                yield then
            finally:
                self._must("worktree", "remove", "--force", str(folder))

    def _must(self, *words: str) -> str:
        done = self._git(*words)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise OperationError(f"git {words[0]} fails: {said[0] if said else 'no reason given'}")
        return done.stdout.strip()

    def _said(self, *words: str) -> str | None:
        done = self._git(*words)
        return None if done.returncode else done.stdout.rstrip()

    def _git(self, *words: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["git", *words], cwd=self._folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError:
            return subprocess.CompletedProcess(words, 127, "", "git is not installed")
