"""`python -m operations prune`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.errors import OperationError
from operations.options import AsJson, Project, StackName, seconds, somebody_answers
from operations.prune import stacks
from operations.prune.guard import implausible
from operations.prune.look import Wanted, look
from operations.prune.plan import Act, Action
from operations.prune.show import PRICE, as_json, as_table, summary
from operations.prune.walk import Done, Prune
from operations.stack import Stack

_REFUSED = 2


def prune(
    stack: StackName,
    window: Annotated[str, typer.Option(help="How far back a rollback must be able to go: 30d.")] = "30d",
    after: Annotated[str, typer.Option(help="How long something stays marked before it is deleted: 7d.")] = "7d",
    image_tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Only images with this tag are the project's; several of one key are alternatives. Without any: those "
            "whose tag `service` names a service of the project.",
        ),
    ] = None,
    image_name: Annotated[str, typer.Option(help="Only images of such a name: web-*.")] = "*",
    protect: Annotated[bool, typer.Option(help="Have AWS refuse to deregister the images that are needed.")] = True,
    allow_most: Annotated[bool, typer.Option("--allow-most", help="More than half of a kind may go.")] = False,
    price: Annotated[float, typer.Option(help="Dollars for a GiB and month of a snapshot.")] = PRICE,
    plan: Annotated[bool, typer.Option("--plan", help="Only tell; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json_: AsJson = False,
    project: Project = Path(),
) -> None:
    """Mark the images, snapshots, launch templates and target groups that nothing needs; delete what was marked before.

    Looks at the account and region of the stack. Needed is what any stack of the project names in its config, its state
    or its history of the window, and what anything in the account names. A mark is a tag; what still has it after a
    while, and is still unneeded when looked at again, is deleted. Exits with 0 if all was done, 2 if it is refused and
    nothing was touched, 1 if something could not be read or deleted; the rest went on.

    Example: python -m operations prune --stack prod --window 30d --after 7d
    """
    opened = Stack(project.resolve(), stack)
    wanted = Wanted(
        opened.engine.workspace.project_settings().name,
        timedelta(seconds=seconds(window)),
        timedelta(seconds=seconds(after)),
        _tags(image_tag or []),
        image_name,
        protect=protect,
        allow_most=allow_most,
    )
    console = Console(stderr=True, highlight=False)
    if not as_json_:
        console.print(f"looking at what {stack}'s region holds, and at who needs it")
    client, now = opened.cloud().client, datetime.now(UTC)
    again = partial(look, client, partial(stacks.read, opened.folder), wanted)
    seen, actions = again()
    if as_json_:
        print(json.dumps({"event": "plan", "actions": [as_json(one, now, price) for one in actions]}), flush=True)
    else:
        console.print(as_table(actions, now, price))
        console.print(summary(actions, price))
    if wrong := implausible(seen, actions, allow_most=allow_most):
        if as_json_:
            print(json.dumps({"event": "refused", "why": wrong}), flush=True)
        for line in wrong:
            console.print(f"refused: {line}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(_REFUSED)
    if plan or all(action.act in (Act.KEEP, Act.WAIT) for action in actions):
        return
    _ask(actions, yes=yes)
    told = partial(_tell, console, as_json=as_json_)
    results = Prune(client, again, allow_most, told).run(actions, now)
    if any(done.error for done in results):
        raise typer.Exit(1)


def _ask(actions: Sequence[Action], *, yes: bool) -> None:
    if yes:
        return
    somebody_answers(yes=yes, way_out="give --yes, or --plan")
    count = sum(action.act is Act.DELETE for action in actions)
    if not typer.confirm(f"Delete {count}, and mark or unmark the others?" if count else "Go on?", err=True):
        raise typer.Exit(1)


def _tell(console: Console, done: Done, *, as_json: bool) -> None:
    action = done.action
    if as_json:
        told = {"event": "done", "act": action.act, "id": action.item.id, "error": done.error or None}
        print(json.dumps(told), flush=True)
    elif done.error:
        console.print(f"{action.act} {action.item}: {done.error}", style="red", markup=False, soft_wrap=True)
    elif action.act is Act.DELETE:
        console.print(f"deleted {action.item}", markup=False, soft_wrap=True)


def _tags(given: Sequence[str]) -> Mapping[str, Sequence[str]]:
    tags: dict[str, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not (key and equals):
            raise OperationError(f"--image-tag {one!r}: write KEY=VALUE, such as service=web")
        tags.setdefault(key, []).append(value)
    return tags
