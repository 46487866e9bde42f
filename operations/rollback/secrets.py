"""The secrets of an earlier entry, for today's config: encrypted anew, and never shown.

An entry's secrets are encrypted for the provider and the passphrase that the stack had then. Where those have changed,
the engine answers with a mark in the place of the value (pulumi #5470), which must not become the value.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError
from ruamel.yaml import YAML

from operations.errors import OperationError
from operations.history.entries import Entry
from operations.messages import first_error
from operations.stack import Stack

_UNDECRYPTED = "ERROR_UNABLE_TO_DECRYPT"


def secrets_of(stack: Stack, entry: Entry, newest: int, file: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """By key, what a file writes for each secret of an entry, and what is to be told of them.

    One that has today's value, or can't be decrypted any more and has one today, stays as the file has it.

    Raises:
        OperationError: one can't be decrypted, and today's config has none in its place.
    """
    if not entry.secrets:
        return {}, []
    then, today = _decrypted(stack, entry, newest), stack.secrets
    kept: dict[str, Any] = {}
    told: list[str] = []
    for key in sorted(entry.secrets):
        value = then.get(key, _UNDECRYPTED)
        if key in today and value in (today[key], _UNDECRYPTED):
            kept[key] = file[key]
            if value == _UNDECRYPTED:
                told.append(f"secret {key} is today's: that of entry {entry.number} can't be decrypted any more")
        elif value == _UNDECRYPTED:
            raise OperationError(
                f"Secret {key} of entry {entry.number} can't be decrypted any more, and the config has none in its "
                f"place. Set one first: pulumi config set --secret {key} --stack {stack.name}"
            )
        else:
            kept[key] = _encrypted(stack, key, value)
            told.append(f"secret {key} is that of entry {entry.number}")
    return kept, told


def _decrypted(stack: Stack, entry: Entry, newest: int) -> dict[str, str]:
    try:
        # A page of one: the engine counts from the newest.
        [found] = stack.engine.history(page_size=1, page=newest - entry.number + 1, show_secrets=True)
    except (CommandError, ValueError) as error:
        raise OperationError(f"Entry {entry.number} can't be read again: {first_error(str(error))}") from None
    return {key: str(one.value) for key, one in found.config.items() if one.secret}


def _encrypted(stack: Stack, key: str, value: str) -> Any:
    """As the stack's file writes it. Through a copy of the file, since the engine writes files in its own way."""
    workspace = stack.engine.workspace
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "Pulumi.copy.yaml"
        copy.write_bytes((stack.folder / f"Pulumi.{stack.name}.yaml").read_bytes())
        # On standard input: words of a command are for everyone on the machine to see.
        done = subprocess.run(
            ["pulumi", "config", "set", "--secret", key, "--stack", stack.name, "--config-file", str(copy)],
            input=value,
            cwd=stack.folder,
            env={**os.environ, **workspace.env_vars},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OperationError(f"Secret {key} can't be encrypted: {first_error(done.stderr)}")
        yaml: Any = YAML(typ="safe")
        return yaml.load(copy)["config"][key]
