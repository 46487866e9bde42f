"""The commands of `python -m operations`; what they do lives in the modules they call."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi import automation
from rich.console import Console

from operations.doctor.command import doctor
from operations.drift.command import drift
from operations.errors import OperationError
from operations.history.command import history
from operations.messages import first_error
from operations.options import AsJson, PackConfigs, Packs, Project, StackName, paths
from operations.orphans import Orphan
from operations.promote.command import promote
from operations.prune.command import prune
from operations.recover import find_orphans
from operations.recover import recover as run_recover
from operations.review.plan import differences, read_plan
from operations.review.preview import preview
from operations.review.report import Review, markdown
from operations.review.review import review as run_review
from operations.rollback.command import rollback
from operations.rollout.command import rollout
from operations.stack import Stack
from operations.timeline.command import timeline

#: Exit codes, so that a pipeline can tell the outcomes apart.
FAILED, REFUSED = 1, 2

COMMAND = os.environ.get("OPERATIONS_COMMAND")
"""The word that this was called by, if by `bin/operations`."""

app = typer.Typer(
    help="Judge and run updates of a stack: every step is an ordinary Pulumi preview or update.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Shells complete what is one word.
    add_completion=COMMAND is not None,
)
err = Console(stderr=True, highlight=False)


@app.callback()
def operations() -> None:
    """Judge and run updates of a stack."""


@app.command()
def review(
    stack: StackName,
    plan: Annotated[
        Path | None, typer.Option(help="Save the update plan there, for `apply` after the approval.")
    ] = None,
    policy_pack: Packs = None,
    policy_pack_config: PackConfigs = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="A data resource, by its logical name, whose change is meant.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the Markdown there, too.")] = None,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """Run the preview once, refuse what must not happen, and report the rest for a pull request.

    Exits with 0 if it may be applied, 2 if it is refused, 1 if it could not be judged.

    Example: python -m operations review --stack prod --policy-pack policies --plan plan.json --output review.md
    """
    err.print(f"previewing {stack}", markup=False)
    found = run_review(
        Stack(project.resolve(), stack),
        paths(policy_pack),
        paths(policy_pack_config),
        plan and plan.resolve(),
        accept or [],
    )
    text = markdown(found)
    if output is not None:
        output.write_text(text, encoding="utf-8")
    print(json.dumps(_plain(found), indent=2) if as_json else text)
    if found.refused or found.errors:
        raise typer.Exit(REFUSED if found.refused else FAILED)


@app.command()
def apply(
    stack: StackName,
    plan: Annotated[Path, typer.Option(help="The plan that was approved.", exists=True, dir_okay=False)],
    policy_pack: Packs = None,
    policy_pack_config: PackConfigs = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="What the history says of the update.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    project: Project = Path(),
) -> None:
    """Run exactly the plan that was approved; one that no longer fits is refused before anything is touched.

    Exits with 0 if it is done, 2 if the plan no longer fits, 1 if the update failed.

    Example: python -m operations apply --stack prod --plan plan.json --yes
    """
    approved = read_plan(plan)
    opened = Stack(project.resolve(), stack)
    err.print(f"previewing {stack}, to see whether the plan still fits", markup=False)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "plan.json"
        found = preview(opened, paths(policy_pack), paths(policy_pack_config), fresh)
        if found.failed:
            said = [*found.refused, *found.errors, *(one.message for one in found.violations if one.mandatory)]
            raise OperationError(f"The preview fails: {'; '.join(said)}")
        wrong = differences(approved, read_plan(fresh))
    if wrong:
        err.print("The plan no longer fits. Review again: what would be done is not what was approved.", style="red")
        for line in wrong:
            err.print(f"- {line}", markup=False, soft_wrap=True)
        raise typer.Exit(REFUSED)
    changed = sum(step.changes for step in found.steps)
    if not yes and not typer.confirm(f"Run the approved {changed} steps on {stack}?"):
        raise typer.Exit(FAILED)
    try:
        opened.engine.up(
            plan=str(plan.resolve()),
            policy_packs=paths(policy_pack) or None,
            policy_pack_configs=paths(policy_pack_config) or None,
            message=message,
            on_output=print,
            color="never",
        )
    except automation.CommandError as error:
        raise OperationError(f"The update failed: {first_error(str(error))}") from None


@app.command()
def recover(stack: StackName, as_json: AsJson = False, project: Project = Path()) -> None:
    """After an update that was killed: bring the state in line with the cloud, so that `pulumi up` goes on.

    Puts into the state what stands and the program would create, and refreshes it. Changes nothing in the cloud; what
    it leaves there is listed, with the command that removes it.

    Example: pulumi cancel --yes --stack prod && python -m operations recover --stack prod && pulumi up --stack prod
    """
    err.print(f"recovering {stack}", markup=False)
    found = run_recover(Stack(project.resolve(), stack))
    if as_json:
        print(json.dumps(dataclasses.asdict(found), indent=2))
        return
    for one in found.adopted:
        print(f"adopted {one.type} {one.name} ({one.id})")
    for urn in found.unseen:
        print(f"may stand, and is in no state: {urn}. Look for it before the next update")
    _show(found.left)


@app.command()
def orphans(stack: StackName, as_json: AsJson = False, project: Project = Path()) -> None:
    """What stands in the cloud with the stack's tags and is not in its state, with the command that removes it.

    Read each before you remove it: with another backend than the one that it was made with, all of a stack is orphaned.

    Example: python -m operations orphans --stack prod
    """
    found = find_orphans(Stack(project.resolve(), stack))
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
        return
    _show(found)


app.command()(doctor)
app.command()(drift)
app.command()(rollout)
app.command()(rollback)
app.command()(history)
app.command()(timeline)
app.command()(promote)
app.command()(prune)


def main() -> None:
    """Run the command line; what the user can mend is a sentence and exit code 1."""
    try:
        app(prog_name=COMMAND or "python -m operations")
    except OperationError as error:
        err.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(FAILED)


def _show(left: Sequence[Orphan]) -> None:
    for one in left:
        print(f"orphan {one.type} {one.name} ({one.id})\n  {one.removal}")


def _plain(found: Review) -> dict[str, Any]:
    """The review for machines; of steps only what is done, without the values."""
    told = dataclasses.asdict(dataclasses.replace(found, steps=()))
    told["changes"] = [{**one, "urns": sorted(one["urns"])} for one in told["changes"]]
    steps = [
        {"op": step.op, "urn": step.urn, "type": step.type, "keys": step.keys, "diffs": step.diffs}
        for step in found.steps
        if step.changes
    ]
    return {**told, "steps": steps, "refused": found.refused}
