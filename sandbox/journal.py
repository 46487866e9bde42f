"""Which calls of the cloud's journal to show."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloud import Call, read_journal

#: Seconds between two looks at a journal that is followed.
INTERVAL_S = 0.5

_READS = ("Describe", "Get", "List", "Search", "BatchGet")


@dataclass(frozen=True)
class Filter:
    """What to show; nothing given shows everything."""

    service: str | None = None
    operation: str | None = None
    writes: bool = False

    def __call__(self, call: Call) -> bool:
        return (
            (self.service is None or call.service.lower() == self.service.lower())
            and (self.operation is None or call.operation.lower() == self.operation.lower())
            and not (self.writes and call.operation.startswith(_READS))
        )


def calls(directory: Path, shown: Filter, *, follow: bool) -> Iterator[Call]:
    """The calls to show, oldest first; with `follow` it waits for more and never ends."""
    seen = 0
    while True:
        journal = read_journal(directory)
        seen = seen if seen <= len(journal) else 0  # A reset has emptied it.
        yield from filter(shown, journal[seen:])
        seen = len(journal)
        if not follow:
            return
        time.sleep(INTERVAL_S)
