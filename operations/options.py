"""Options that several commands have."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from operations.completion import stack_names

StackName = Annotated[str, typer.Option("--stack", "-s", help="The stack.", autocompletion=stack_names)]
Project = Annotated[
    Path, typer.Option("--project", help="The folder of the Pulumi project.", exists=True, file_okay=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Packs = Annotated[
    list[str] | None, typer.Option("--policy-pack", help="A policy pack to run; may be given several times.")
]
PackConfigs = Annotated[
    list[str] | None, typer.Option("--policy-pack-config", help="The config of the pack in the same place.")
]


def paths(given: list[str] | None) -> list[str]:
    """Local paths by their full name: the engine runs in the project's folder."""
    return [str(Path(one).resolve()) if Path(one).exists() else one for one in given or []]


def seconds(text: str) -> int:
    """`90s`, `10m`, `24h`, `2d`."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not found:
        raise typer.BadParameter(f"{text!r} is no time: write a number and s, m, h or d, such as 10m")
    return int(found[1]) * _UNITS[found[2]]


def somebody_answers(*, yes: bool, way_out: str = "give --yes") -> None:
    """Refuse a command that would ask, and has nobody to ask. Raises BadParameter."""
    if not yes and not sys.stdin.isatty():
        raise typer.BadParameter(f"without a terminal nobody can be asked: {way_out}", param_hint="--yes")


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
