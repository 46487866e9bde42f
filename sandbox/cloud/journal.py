"""The journal: one line of JSON for every call that the cloud got, crashes too."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.cloud.appending import Appended, say

FILE = "journal.jsonl"


@dataclass(frozen=True)
class Call:
    """One API call: when it came (ISO 8601, UTC), what it asked, and how it ended.

    `service` is boto3's name of it; `error` is AWS's code and message; `seconds` is how long the answer took. `fault`
    is the one on order that it met: `lost`, then the rest says what was done and never answered; with `timeout` nothing
    was, and the status is 0.
    """

    time: str
    service: str
    operation: str
    parameters: dict[str, Any]
    region: str
    status: int
    error: str | None
    seconds: float
    fault: str | None = None


class Journal:
    """Appends calls to a file, each before its answer goes out. Thread-safe."""

    def __init__(self, directory: Path) -> None:
        self._lock, self._failed = threading.Lock(), False
        file = directory / FILE
        # The cloud before may have been killed in the middle of a line.
        whole = file.read_bytes().rpartition(b"\n") if file.exists() else (b"", b"", b"")
        self._file = Appended(file)
        self._file.cut(len(whole[0]) + len(whole[1]))

    def note(self, call: Call) -> None:
        """Append one call; one for which the disk has no room is missing."""
        line = json.dumps(vars(call), default=str) + "\n"
        with self._lock:
            try:
                self._file.append(line.encode())
                self._failed = False
            except OSError as error:
                if not self._failed:
                    say(f"Calls are missing in the journal: {error}")
                self._failed = True

    def empty(self) -> None:
        """Forget every call."""
        with self._lock:
            self._file.cut(0)


def read_journal(directory: Path) -> list[Call]:
    """Every call so far, oldest answer first; empty where no cloud has run yet."""
    try:
        text = (directory / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    # The last line may be half-written at this moment.
    return [Call(**json.loads(line)) for line in text.splitlines(keepends=True) if line.endswith("\n")]
