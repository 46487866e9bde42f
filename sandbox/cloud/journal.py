"""The journal: one line of JSON for every call that the cloud got, crashes too."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = "journal.jsonl"


@dataclass(frozen=True)
class Call:
    """One API call: when it came (ISO 8601, UTC), what it asked, and how it ended.

    `service` is boto3's name of it; `error` is AWS's code and message; `seconds` is how long the answer took.
    """

    time: str
    service: str
    operation: str
    parameters: dict[str, Any]
    region: str
    status: int
    error: str | None
    seconds: float


class Journal:
    """Appends calls to a file, each flushed before its answer goes out. Thread-safe."""

    def __init__(self, directory: Path) -> None:
        self._lock = threading.Lock()
        self._file = (directory / FILE).open("a", encoding="utf-8")

    def note(self, call: Call) -> None:
        """Append one call."""
        line = json.dumps(asdict(call), default=str)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()

    def empty(self) -> None:
        """Forget every call."""
        with self._lock:
            self._file.truncate(0)


def read_journal(directory: Path) -> list[Call]:
    """Every call so far, oldest answer first; empty where no cloud has run yet."""
    try:
        text = (directory / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    # The last line may be half-written at this moment.
    return [Call(**json.loads(line)) for line in text.splitlines(keepends=True) if line.endswith("\n")]
