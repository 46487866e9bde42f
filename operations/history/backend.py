"""What a stack's backend keeps that the engine does not show: a checkpoint beside each entry, and locks.

The Automation API has none of it: `UpdateSummary.Deployment` is never filled, and `pulumi stack export --version` is
refused by every backend but Pulumi Cloud. Backends of one's own lay a copy of the state beside each entry, under the
same name: `.pulumi/history/PROJECT/STACK/STACK-NANOSECONDS.{history,checkpoint}.json`, with `.gz` if compressed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pulumi.automation import CommandError, UpdateSummary

from operations.errors import OperationError
from operations.history.buckets import open_bucket
from operations.messages import first_error
from operations.stack import Stack

_ENTRY, _CHECKPOINT, _ZSTD = ".history.json", ".checkpoint.json", ".zst"
_RECENT = 10
"""Updates that may end between the question for the entries and the one for their files."""

_CLOUD = ("http", "https")
"""Pulumi Cloud, or one's own of the same kind."""


class Backend:
    """Of one stack; what it keeps is read when it is asked for.

    Raises:
        OperationError: nobody is logged in to it.
    """

    def __init__(self, stack: Stack) -> None:
        workspace = stack.engine.workspace
        try:
            url = workspace.who_am_i().url or ""
        except CommandError as error:
            raise OperationError(f"The backend of {stack.name} can't be asked: {first_error(str(error))}") from None
        self._stack, self._bucket, self._scheme = stack, open_bucket(url), urlsplit(url).scheme
        self._where = f"{workspace.project_settings().name}/{stack.name.rpartition('/')[2]}/"

    @property
    def missing(self) -> str | None:
        """Why none can be read; None where they can."""
        if self._bucket is None:
            return None if self._scheme in _CLOUD else f"checkpoints of a backend {self._scheme}:// can't be read here"
        if not self._keys:
            return "the backend keeps no history where this engine's version keeps it"
        return "they are compressed with zstd, which can't be read here" if self._keys[-1].endswith(_ZSTD) else None

    def number(self, newest: UpdateSummary) -> int | None:
        """The number of an entry that is the newest, or was a moment ago; None where entries can't be counted."""
        last = 0 if self.missing else len(self._keys)
        for number in range(last, max(last - _RECENT, 0), -1):
            if self._read(self._keys[number - 1]).get("startTime") == _seconds(newest):
                return number
        return None

    def locks(self) -> list[str]:
        """Who holds the stack's lock, since when; empty where nobody does, or locks can't be read."""
        if self._bucket is None:
            return []
        keys = self._bucket.keys(f".pulumi/locks/organization/{self._where}")
        held = [self._read(key) for key in keys if key.endswith(".json")]
        return [
            f"{one['username']}@{one['hostname']} (pid {one['pid']}) since {one['timestamp'][:19]}Z" for one in held
        ]

    def deployment(self, number: int) -> Mapping[str, Any] | None:
        """The deployment as it was right after an entry; None where nobody kept it.

        Raises:
            OperationError: it is kept, and can't be read.
        """
        if self.missing:
            return None
        if self._bucket is None:
            return self._export(number)
        key = _CHECKPOINT.join(self._keys[number - 1].rsplit(_ENTRY, 1))
        # The engine writes the entry first: a kill in between leaves one without.
        if key not in self._all or key.endswith(_ZSTD):
            return None
        return self._read(key)["checkpoint"].get("latest") or {}

    @cached_property
    def _all(self) -> dict[str, None]:
        return dict.fromkeys(self._bucket.keys(f".pulumi/history/{self._where}")) if self._bucket else {}

    @cached_property
    def _keys(self) -> list[str]:
        """Oldest first: the names hold the time."""
        # Beside each file a folder may have one with its attributes, `….json.attrs`.
        return [key for key in self._all if key.endswith((_ENTRY, f"{_ENTRY}.gz", f"{_ENTRY}{_ZSTD}"))]

    def _read(self, key: str) -> dict[str, Any]:
        assert self._bucket is not None
        content = self._bucket.read(key)
        try:
            return json.loads(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
        except (OSError, ValueError) as error:
            raise OperationError(f"{key} of the backend is no JSON, plain or in gzip: {error}") from None

    def _export(self, version: int) -> Mapping[str, Any]:
        workspace = self._stack.engine.workspace
        words = ["stack", "export", "--version", str(version), "--stack", self._stack.name]
        try:
            told = workspace.pulumi_command.run(words, workspace.work_dir, workspace.env_vars)
        except CommandError as error:
            raise OperationError(f"Version {version} can't be exported: {first_error(str(error))}") from None
        return json.loads(told.stdout).get("deployment") or {}


def _seconds(entry: UpdateSummary) -> int:
    """As the entry's file has its start."""
    from_utc = entry.start_time.replace(tzinfo=entry.start_time.tzinfo or UTC)
    return int(from_utc.timestamp())
