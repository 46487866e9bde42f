"""`python -m operations timeline`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.errors import OperationError
from operations.history.command import look, show
from operations.options import Project, StackName
from operations.stack import Stack
from operations.timeline.data import data_of


def timeline(
    stack: StackName,
    service: Annotated[str | None, typer.Argument(help="Only what concerns this service.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the page there; without it the table is shown here.", dir_okay=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The newest so many entries; 0 for all.")] = 0,
    project: Project = Path(),
) -> None:
    """A stack's history as one page: releases over time, every update, what differs between any two, the way back.

    The page needs no network and nothing beside it. It holds the config of every update, and no secret.

    Example: python -m operations timeline --stack prod --html timeline.html
    """
    opened = Stack(project.resolve(), stack)
    found = look(opened, service, limit or None)
    if html is None:
        show(found, service, Console(highlight=False))
        return
    # Its templates take a tenth of a second to import, which all other commands would wait for.
    from operations.timeline.page import page

    text = page(data_of(found.told, stack, datetime.now(UTC), service, found.unfinished, found.missing))
    try:
        html.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperationError(f"{html} can't be written: {error.strerror}") from None
    Console(stderr=True, highlight=False).print(f"{html}: {len(found.told)} entries", markup=False)
