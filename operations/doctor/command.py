"""`python -m operations doctor`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.completion import stack_names
from operations.declared import declared
from operations.doctor.checks import CHECKS
from operations.doctor.finding import Finding, Machine, State
from operations.doctor.run import run
from operations.options import AsJson, Project

FAILED = 1
_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def doctor(
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", "-s", help="Also its config, secrets, images and what it would add.", autocompletion=stack_names
        ),
    ] = None,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """What is missing on this machine or in the account, each with its remedy. Changes nothing.

    Tools and packages, backend, secrets, credentials, clock, region, images, and quotas against what stands and the
    next deploy adds. All checks run side by side, 30 seconds at most. Exits with 0, or 1 if something fails.

    Example: python -m operations doctor --stack prod
    """
    folder = project.resolve()
    found = run(CHECKS, Machine(folder, declared(folder, stack), os.environ))
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        Console(highlight=False).print(as_table(found))
    if any(one.state is State.FAIL for one in found):
        raise typer.Exit(FAILED)


def as_table(found: Sequence[Finding]) -> Table:
    """For people: a line each, and the remedy below what needs one."""
    table = Table("", "what", box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    for one in found:
        said = Text(one.said)
        if one.remedy:
            said.append(f"\n→ {one.remedy}", style="bold")
        table.add_row(Text(one.state, style=_STYLES[one.state]), Text(one.subject), said)
    return table
