"""`python -m operations rollback`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.errors import OperationError, told
from operations.options import AsJson, Packs, Project, StackName, paths, somebody_answers
from operations.rollback.back import Rollback
from operations.rollback.look import Wanted
from operations.rollout.outcome import Outcome
from operations.rollout.show import Show
from operations.stack import Stack


def rollback(
    stack: StackName,
    service: Annotated[
        str | None, typer.Argument(help="The service that goes back; may be left out where there is only one.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="An entry of the history by its number, or a version.", metavar="N|VERSION")
    ] = None,
    last_good: Annotated[
        bool,
        typer.Option(
            "--last-good", help="The last update that went well before what serves now. What it does without --to."
        ),
    ] = False,
    whole_stack: Annotated[
        bool,
        typer.Option("--whole-stack", help="All of the stack's config goes back: every service, network, balancer."),
    ] = False,
    program_of_then: Annotated[
        bool, typer.Option("--program-of-then", help="Run the program of the entry's commit, from a git worktree.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Edit the stack's file though it has changes nobody has committed.")
    ] = False,
    commit: Annotated[
        bool, typer.Option("--commit", help="Commit the stack's file, and only it, when it is done.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    policy_pack: Packs = None,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """Go back to what served after an earlier update: look, review, ask once, update.

    Only the service's releases go back; its capacity, gates and route, other services and the network stay as they are
    today. Exits with 0 if it is done, 2 if refused with nothing touched, 3 if a gate failed and traffic and config are
    as before, 4 if only some services went back, 5 if another update runs, 130 if it was stopped, 1 otherwise.

    Example: python -m operations rollback web --stack prod
    """
    if to is not None and last_good:
        raise typer.BadParameter("--to and --last-good are two ways to name one entry: give one", param_hint="--to")
    if to is not None and not re.fullmatch(r"\d+|\d+\.\d+\.\d+\S*", to):
        raise typer.BadParameter(
            f"{to!r}: write an entry's number, such as 7, or a version, such as 1.4.2", param_hint="--to"
        )
    if service is not None and whole_stack:
        raise typer.BadParameter(
            f"the whole stack has {service} in it: give one of the two", param_hint="--whole-stack"
        )
    if whole_stack and to is not None and not to.isdigit():
        raise typer.BadParameter(f"{to}: a whole stack has no version; name an entry", param_hint="--to")
    somebody_answers(yes=yes)
    with told():
        opened = Stack(project.resolve(), stack)
        asked = None if whole_stack else service or _only_one(opened)
        wanted = Wanted(asked, to, overwrite, commit, program_of_then, paths(policy_pack))
        found = Rollback(opened, wanted, Show(Console(stderr=True, highlight=False), as_json=as_json))
    outcome = found.run(lambda said: yes or typer.confirm(f"{said}?", err=True))
    if outcome is not Outcome.DONE:
        raise typer.Exit(outcome)


def _only_one(stack: Stack) -> str:
    settings = stack.settings()
    names = list(settings.services) if settings else []
    if len(names) == 1:
        return names[0]
    raise OperationError(f"Say which service: {', '.join(names)}; or all of the stack, with --whole-stack")
