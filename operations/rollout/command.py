"""`python -m operations rollout`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from components.settings import Capacity
from operations.completion import service_names
from operations.errors import told
from operations.options import AsJson, Packs, Project, StackName, paths, seconds, somebody_answers
from operations.rollout.candidate import Wanted
from operations.rollout.forecast import as_table, forecast
from operations.rollout.outcome import Outcome
from operations.rollout.planner import Strategy
from operations.rollout.ready import Ready
from operations.rollout.show import Show
from operations.rollout.walk import Rollout
from operations.stack import Stack


def _percents(text: str) -> tuple[int, ...]:
    """`5,25,50,100`."""
    parts = [part.strip().removesuffix("%") for part in text.split(",")]
    steps = [int(part) for part in parts if part.isdigit()]
    if len(steps) != len(parts) or steps != sorted(set(steps)) or not steps or not 1 <= steps[0] <= steps[-1] <= 100:
        raise typer.BadParameter(f"{text!r}: write rising percentages from 1 to 100, such as 5,25,50,100")
    return tuple(steps)


def _surge(text: str | None) -> str | None:
    """`10%`, or `4`."""
    try:
        return None if text is None else Capacity(min=1, max=1, surge=text).surge
    except ValidationError:
        raise typer.BadParameter(f"{text!r}: write a number of instances or a percentage, such as 10%") from None


def rollout(
    service: Annotated[str, typer.Argument(help="The service, as the config names it.", autocompletion=service_names)],
    to: Annotated[str, typer.Option(help="The version that gets all of the traffic.", metavar="VERSION")],
    stack: StackName,
    strategy: Annotated[
        Strategy, typer.Option(help="How it gets the traffic: at once, from a standby, or share by share.")
    ] = Strategy.REPLACE,
    image: Annotated[
        str | None, typer.Option(help="The image of a version that no config has yet; all else is as what serves.")
    ] = None,
    container: Annotated[str | None, typer.Option(help="Its container, by digest.")] = None,
    steps: Annotated[str, typer.Option(help="The shares of a canary, in percent.")] = "5,25,50,100",
    bake: Annotated[
        str, typer.Option(help="How long each share of a canary is held before the next: 90s, 10m, 1h.")
    ] = "10m",
    keep_previous: Annotated[
        str | None, typer.Option(help="How long what served before stays as a standby: 24h. It goes at once without.")
    ] = None,
    on_failure: Annotated[
        str, typer.Option(help="What becomes of a release whose gate fails: leave it without traffic, or remove it.")
    ] = "leave",
    surge: Annotated[
        str | None,
        typer.Option(
            help="Constant capacity: no more than so many instances (10%, or 4) beside those that serve. Written into "
            "the config as capacity.surge. Without it a release has its full capacity before it gets its share.",
            metavar="N%|N",
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only tell of the steps; change nothing.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Ask before each step, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    policy_pack: Packs = None,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """Give a release all of the traffic, a gate at each step; take the traffic back if one fails.

    Each step is an edit of the config and an update, and what is done is told by them alone: after whatever stopped it,
    the same command goes on. Exits with 0 if it is done, 2 if refused with nothing touched, 3 if a gate failed and what
    served before serves again, 4 if that failed, 5 if another update runs, 130 if it was stopped, 1 otherwise.

    Example: python -m operations rollout web --to 1.5.0 --image ami-0eb00000000000150 --strategy canary --stack dev
    """
    if on_failure not in ("leave", "remove"):
        raise typer.BadParameter(f"{on_failure!r}: leave or remove", param_hint="--on-failure")
    wanted = Wanted(
        service,
        to,
        strategy,
        _percents(steps) if strategy is Strategy.CANARY else (100,),
        image,
        container,
        hold_s=seconds(bake) if strategy is Strategy.CANARY else 0,
        keep_s=None if keep_previous is None else seconds(keep_previous),
        remove=on_failure == "remove",
        policy_packs=paths(policy_pack),
        surge=_surge(surge),
    )
    show = Show(Console(stderr=True, highlight=False), as_json=as_json)
    with told():
        found = Rollout(Stack(project.resolve(), stack), wanted, show)
        ready = found.ready()
        _tell(found, ready, wanted, show, as_json=as_json)
    if plan:
        return
    if not ready.states() and not ready.is_unfinished:
        yes = True  # Nothing is to be done.
    somebody_answers(yes=yes)
    if not yes and not typer.confirm(f"Roll {service} out to {ready.situation.label(ready.release)}?", err=True):
        raise typer.Exit(1)
    ask = approve and not yes
    outcome = found.run(lambda told: not ask or typer.confirm(f"{told}?", err=True))
    if outcome is not Outcome.DONE:
        raise typer.Exit(outcome)


def _tell(found: Rollout, ready: Ready, wanted: Wanted, show: Show, *, as_json: bool) -> None:
    boot_s = found.boot_s(ready)
    steps = forecast(ready, wanted.hold_s, boot_s or 0)
    if as_json:
        told = {"event": "plan", "steps": [asdict(step) for step in steps], "boot_s": boot_s}
        print(json.dumps(told), flush=True)
    elif steps:
        show.table(as_table(steps, boot_s))
