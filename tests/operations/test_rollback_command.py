"""The command line of a rollback: what contradicts itself is said before anything is looked at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations.cli import app


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "7", "--last-good"], "--to and --last-good are two ways to name one entry: give one"),
        (["--to", "newest"], "'newest': write an entry's number, such as 7, or a version, such as 1.4.2"),
        (["web", "--whole-stack"], "the whole stack has web in it: give one of the two"),
        (["--whole-stack", "--to", "1.4.2"], "1.4.2: a whole stack has no version; name an entry"),
        (["web"], "without a terminal nobody can be asked: give --yes"),
    ],
)
def test_what_contradicts_itself_or_can_not_be_asked_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["rollback", "--stack", "dev", "--project", str(tmp_path), *words])
    assert done.exit_code == 2
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.output).split())
