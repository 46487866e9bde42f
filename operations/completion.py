"""What a shell may complete: the stacks and the services that the project's files declare. No engine is asked."""

from __future__ import annotations

from pathlib import Path

import typer

from operations.declared import declared_services


def stack_names(context: typer.Context, incomplete: str) -> list[str]:
    """Stacks with a file."""
    return [name for name in _stacks(_folder(context)) if name.startswith(incomplete)]


def service_names(context: typer.Context, incomplete: str) -> list[str]:
    """Services of the stack that is named already, or else of any."""
    folder, stack = _folder(context), context.params.get("stack")
    found = {name for one in ([stack] if stack else _stacks(folder)) for name in declared_services(folder, one)}
    return sorted(name for name in found if name.startswith(incomplete))


def _folder(context: typer.Context) -> Path:
    return Path(context.params.get("project") or ".")


def _stacks(folder: Path) -> list[str]:
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.?*.yaml"))
