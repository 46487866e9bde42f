"""`python -m operations drift`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.drift.finding import Drift
from operations.drift.judge import judge
from operations.drift.orphaned import adoption, chosen, remove, run_adoption, serving
from operations.errors import OperationError
from operations.options import AsJson, Project, StackName
from operations.stack import Stack

REFUSED, FOUND = 2, 3


def drift(
    stack: StackName,
    adopt: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Put this orphan into the state; may be given several times.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Delete this orphan on AWS; may be given several times.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """What differs between the stack and the cloud, in the release's words. Looks, and changes nothing.

    Properties, instances that run something else than their release says, targets and processes, weights, and orphans:
    what carries the stack's tags and is not in its state. With --adopt or --remove, what is done with an orphan.

    Exits with 0 if nothing differs, 3 if something does, 1 if it could not be judged; 2 if --remove would take down
    what is in use.

    Example: python -m operations drift --stack prod
    """
    if adopt and remove:
        raise typer.BadParameter("one or the other", param_hint="--adopt, --remove")
    opened = Stack(project.resolve(), stack)
    if adopt:
        _adopt(opened, adopt, yes=yes)
    elif remove:
        _remove(opened, remove, yes=yes)
    else:
        found = judge(opened)
        print(json.dumps([asdict(one) for one in found], indent=2) if as_json else as_text(stack, found))
        if found:
            raise typer.Exit(FOUND)


def as_text(stack: str, found: Sequence[Drift]) -> str:
    """By service, a sentence and its way out each."""
    if not found:
        return f"{stack}: nothing differs"
    lines = [f"{stack}: {len(found)} {'difference' if len(found) == 1 else 'differences'}"]
    for service, each in groupby(found, lambda one: one.service):
        lines += ["", service or "of the stack"]
        for one in each:
            lines += [f"- {one.said}", f"    {one.remedy}"]
    return "\n".join(lines)


def _adopt(stack: Stack, ids: Sequence[str], *, yes: bool) -> None:
    before = stack.deployment()
    found = adoption(stack, before, chosen(stack, before, ids))
    for one in found.orphans:
        print(f"{one.name}: {one.type} {one.id} comes into the state; on AWS nothing changes")
    _ask(f"Adopt {len(found.orphans)} into {stack.name}?", yes=yes)
    run_adoption(stack, found)
    print("Adopted. The next preview says where it differs from what the program asks for")


def _remove(stack: Stack, ids: Sequence[str], *, yes: bool) -> None:
    found = chosen(stack, stack.deployment(), ids)
    for one in found:
        if why := serving(stack, one, ids):
            Console(stderr=True, highlight=False).print(
                f"{one.name} ({one.id}) is not removed, it is in use: {why}", style="red", markup=False, soft_wrap=True
            )
            raise typer.Exit(REFUSED)
        print(f"{one.name}: {one.type} {one.id} is deleted on AWS, by\n  {one.removal}")
    _ask(f"Delete {len(found)} of {stack.name}?", yes=yes)
    client = stack.cloud().client
    for one in found:
        remove(client, one)
        print(f"removed {one.id}")


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise OperationError("Without a terminal nobody can be asked: give --yes")
    if not typer.confirm(question):
        raise typer.Exit(1)
