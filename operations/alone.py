"""One command at a time edits the stacks of a folder; what other folders do is for the backend's lock."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from operations.errors import OperationError


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """No other rollout or rollback of this folder meanwhile.

    Raises:
        OperationError: one runs.
    """
    with (folder / "Pulumi.yaml").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperationError(f"Another rollout runs in {folder}, or a rollback: wait for it") from None
        yield
