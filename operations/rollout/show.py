"""What a rollout says: events for machines, lines for people; in a terminal, what stands while it waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from components.live import Fleet

_LOOK_S = 1.0


class Show:
    """Tells of each event once: as a line of JSON on standard output, or a sentence on standard error."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console, self._as_json = console, as_json
        self._is_live = console.is_terminal and not as_json

    def event(self, kind: str, text: str, **more: Any) -> None:
        """Something happened; `more` is for machines only."""
        if self._as_json:
            print(json.dumps({"event": kind, "text": text, **more}), flush=True)
        else:
            style = {"failed": "red", "refused": "red", "done": "green", "back": "yellow"}.get(kind)
            self._console.print(text, style=style, markup=False, soft_wrap=True)

    def table(self, table: Table) -> None:
        """A table, for people."""
        if not self._as_json:
            self._console.print(table)

    @contextmanager
    def watching(self, look: Callable[[], list[Fleet]]) -> Generator[Callable[[str], None]]:
        """While something waits, show the fleets of `look`; gives what takes the gate's words."""
        ended, said = threading.Event(), [""]

        def gate(words: str) -> None:
            if words != said[0]:
                said[0] = words
                if not self._is_live:
                    self.event("gate", f"  {words}")

        def run() -> None:
            live = Live(console=self._console, transient=True) if self._is_live else None
            if live:
                live.start()
            before = ""
            while not ended.wait(_LOOK_S):
                try:
                    fleets = look()
                except Exception:  # noqa: BLE001, S112  # The update tells what is wrong with AWS.
                    continue
                if live:
                    live.update(_table(fleets, said[0]))
                elif (now := _line(fleets)) != before:
                    before = now
                    self.event("fleets", f"  {now}", fleets=[_plain(fleet) for fleet in fleets])
            if live:
                live.stop()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield gate
        finally:
            ended.set()
            thread.join(10)


def _line(fleets: list[Fleet]) -> str:
    parts = (
        f"{fleet.release}: weight {fleet.weight}, {fleet.healthy} of {fleet.desired} healthy"
        for fleet in sorted(fleets, key=lambda fleet: fleet.created)
    )
    return "; ".join(parts)


def _plain(fleet: Fleet) -> dict[str, Any]:
    return {"release": fleet.release, "weight": fleet.weight, "healthy": fleet.healthy, "desired": fleet.desired}


def _table(fleets: list[Fleet], gate: str) -> Table:
    table = Table(caption=gate or None, caption_justify="left")
    for heading in ("release", "weight", "healthy", "instances"):
        table.add_column(heading, justify="left" if heading == "release" else "right")
    for fleet in sorted(fleets, key=lambda fleet: fleet.created):
        table.add_row(fleet.release, str(fleet.weight), str(fleet.healthy), str(fleet.desired))
    return table
