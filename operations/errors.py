"""What a command says when it can't do its work."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


class OperationError(Exception):
    """Something outside a command's reach is wrong: the sentence says what, and what to do."""


@contextmanager
def told() -> Generator[None]:
    """What the engine or AWS refuse inside becomes a sentence.

    Raises:
        OperationError: with their own words.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from pulumi.automation import CommandError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OperationError(f"AWS can't be asked: {error}. The same command goes on") from None
    except CommandError as error:
        lines = [line.partition("error:")[2].strip() for line in str(error).splitlines() if "error:" in line]
        raise OperationError(f"The engine can't be asked: {next(filter(None, lines), error)}") from None
