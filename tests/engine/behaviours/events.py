"""What the engine did with each resource, as its event log tells."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Told:
    """Operations and errors by the name of the resource."""

    operations: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    errors: dict[str, str] = field(default_factory=dict[str, str])
    diffs: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def touched(self) -> set[str]:
        """Names of the resources that were not left as they are."""
        return {name for name, operations in self.operations.items() if operations - {"same", "read", "refresh"}}


def read(log: Path) -> Told:
    """What a run's event log tells."""
    told = Told()
    for line in log.read_text().splitlines():
        event: dict[str, Any] = json.loads(line)
        if before := event.get("resourcePreEvent"):
            metadata = before["metadata"]
            name = metadata["urn"].rpartition("::")[2]
            told.operations[name].add(metadata["op"])
            if metadata["op"] == "update":
                told.diffs[name] = sorted(metadata.get("detailedDiff") or metadata.get("diffs") or [])
        elif (spoken := event.get("diagnosticEvent")) and spoken["severity"] == "error" and spoken.get("urn"):
            name = spoken["urn"].rpartition("::")[2]
            told.errors[name] = told.errors.get(name, "") + spoken["message"]
    return told
