"""The page of a deploy's calls; `python -m tests.engine.deploy` makes the deploys and writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.deploy.calls import LOOKS, STEPS, page
from tests.engine.deploy.order import steps
from tests.engine.stage import Stage

PAGE = Path(__file__).parents[3] / "docs" / "deploy.md"

_PAGE = """# The calls of a deploy, and what AWS documents for them

Written by `python -m tests.engine.deploy` from the journal of two deploys in the sandbox and a table of what each call
means (`tests/engine/deploy/calls.py`). `tests/engine/test_main_job.py` holds that a deploy still makes these calls in
this order; a call without a row fails it. `python -m sandbox journal` shows the journal of your own.

Folded: polls; reads (listed at the end); and several resources of a kind made one after the other. Steps of different
chains go side by side, and stand here in one of the orders that they may have. A step without a chain comes after all
above it, and before all below. What AWS does is stated from its documentation, and has not been compared on AWS.

## The first deploy

{first}

## A new version as the only release

{second}

## What is only looked at

| call | who asks, and why |
|---|---|
{looks}
"""


def deployed(stage: Stage) -> tuple[list[str], list[str]]:
    """The steps of a first deploy, and of a new version in its place."""
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    first, mark = stage.journal(), stage.mark()
    stage.configure({"web": service(release("1.5.0", GOOD_TOO))})
    stage.up()
    return steps(first), steps(stage.journal(mark))


def render(first: Sequence[str], second: Sequence[str]) -> str:
    """The page for these steps."""
    looks = "\n".join(f"| [{name}]({page(*name.split(':'))}) | {why} |" for name, why in LOOKS.items())
    return _PAGE.format(first=_table(first), second=_table(second), looks=looks)


def _table(found: Sequence[str]) -> str:
    head = "| | call | chain | in the deploy | AWS documents | the sandbox differs in |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(_line(number, step) for number, step in enumerate(found, 1))


def _line(number: int, step: str) -> str:
    row = STEPS[step]
    guide = f" ([guide](https://docs.aws.amazon.com/{row.guide}))" if row.guide else ""
    return (
        f"| {number} | [{step}]({page(row.service, row.operation)}) | {row.chain or '-'} | {row.does} "
        f"| {row.documented}{guide} | {row.differs} |"
    )
