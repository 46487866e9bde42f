"""What a command says when it can't do its work."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.automation import CommandError

from operations.messages import first_error


class OperationError(Exception):
    """Something outside a command's reach is wrong: the sentence says what, and what to do."""


@contextmanager
def told() -> Generator[None]:
    """What the engine or AWS refuse inside becomes a sentence.

    Raises:
        OperationError: with their own words.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OperationError(f"AWS can't be asked: {error}. The same command goes on") from None
    except CommandError as error:
        raise OperationError(f"The engine can't be asked: {first_error(str(error))}") from None
