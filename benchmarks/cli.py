"""`python -m benchmarks`: runs the pairs and prints the table."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import ROLES, Measured
from benchmarks.projects import HERE, PACKS, Project, projects
from sandbox import cloud, engine, provider
from sandbox.environment import process_environment
from sandbox.home import Home

MANY = 100
"""From so many services on both write the state once: to write all of it after each step, as the file backend does, is
nearly all of the time then, and grows with the square."""

err = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Row:
    """One operation on so many services: all runs of ours and of another program, a pair at the same place.

    In the rows of policy packs both are ours: with the pack, and without.
    """

    operation: str
    services: int
    resources: int
    ours: Sequence[Measured]
    bare: Sequence[Measured]

    @property
    def ratio(self) -> float:
        """The median of ours over bare, pair by pair: what slows the machine slows both."""
        return statistics.median(a.seconds / b.seconds for a, b in zip(self.ours, self.bare, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """The same of processor time, which a busy machine blurs less."""
        return statistics.median(a.cpu / b.cpu for a, b in zip(self.ours, self.bare, strict=True))


def bench(
    services: Annotated[list[int] | None, typer.Option(help="How many; may be given several times.")] = None,
    rounds: Annotated[int, typer.Option(help="Pairs of each; previews three times as many.")] = 1,
    output: Annotated[Path | None, typer.Option("--json", help="Write all measurements there.")] = None,
) -> None:
    """`up` of everything and a preview without changes, of this project's program and of a bare one."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "sandbox")
        engine.install(engine.ensure_engine(err.print), home)
        provider.install(home.pulumi_home)
        url = cloud.start(home.cloud, HERE / "seed.yaml")
        try:
            three = projects(Path(folder), process_environment(home, url))
            for count in services or [1, 30, 300]:
                rows += _rows(three, home, count, rounds)
        finally:
            cloud.stop(home.cloud)
    if output is not None:
        told = [{**asdict(row), "ratio": row.ratio, "cpu_ratio": row.cpu_ratio} for row in rows]
        output.write_text(json.dumps(told, indent=2))
    show(rows)


def _rows(three: Sequence[Project], home: Home, services: int, rounds: int) -> list[Row]:
    ups: list[Sequence[Measured]] = []
    previews: list[Sequence[Measured]] = []
    judged: dict[str, list[Sequence[Measured]]] = {pack: [] for pack in PACKS}
    resources, checkpoints = 0, services < MANY
    for number in range(rounds):
        cloud.reset(home.cloud)
        shutil.rmtree(home.backend, ignore_errors=True)
        home.backend.mkdir(parents=True)
        for project in three:
            project.prepare(services)
        ups.append(_in_turn(three, partial(Project.up, checkpoints=checkpoints), number, f"up of {services}"))
        ours, *others = (project.resources() for project in three)
        if others != [ours, ours]:
            raise AssertionError(f"not the same resources: {ours} and {others}")
        resources = ours.total()
        previews += [_in_turn(three, Project.preview, turn, f"preview of {services}") for turn in range(3)]
        for turn in range(3):
            plain, *packed = _judged(three[0], turn, f"preview of {services}")
            for pack, found in zip(PACKS, packed, strict=True):
                judged[pack].append((found, plain))
    up = "up" if checkpoints else "up, no checkpoints"
    return [
        Row(name, services, resources, [runs[0] for runs in found], [runs[other] for runs in found])
        for name, found, other in (
            (up, ups, 1),
            (f"{up}, bare in components", ups, 2),
            ("preview, no changes", previews, 1),
            ("preview, no changes, bare in components", previews, 2),
            *((f"preview, with {pack} / without", found, 1) for pack, found in judged.items()),
        )
    ]


def _in_turn(three: Sequence[Project], run: Callable[[Project], Measured], turn: int, what: str) -> list[Measured]:
    """Each of them; who goes first takes turns."""
    found: dict[str, Measured] = {}
    first = turn % len(three)
    for project in (*three[first:], *three[:first]):
        found[project.name] = run(project)
        err.print(f"{what}: {project.name} {found[project.name].seconds:.1f} s", markup=False)
    return [found[project.name] for project in three]


def _judged(project: Project, turn: int, what: str) -> list[Measured]:
    """Without a policy pack, then with each; who goes first takes turns."""
    found: dict[str | None, Measured] = {}
    packs = (None, *PACKS)
    for pack in packs[turn % len(packs) :] + packs[: turn % len(packs)]:
        found[pack] = project.preview(pack)
        err.print(f"{what}: with {pack or 'no pack'} {found[pack].seconds:.1f} s", markup=False)
    return [found[pack] for pack in packs]


def show(rows: Sequence[Row]) -> None:
    """The table: medians of seconds, peaks of memory."""
    table = Table(box=None, header_style="bold")
    times = ("ours", "bare", "ratio", "cpu ours", "cpu bare", "ratio")
    for name in ("operation", "services", "resources", *times, *(f"{role} MiB" for role in ROLES)):
        table.add_column(name, justify="left" if name == "operation" else "right")
    for row in rows:
        seconds = [f"{statistics.median(one.seconds for one in runs):.1f} s" for runs in (row.ours, row.bare)]
        memory = [f"{_peak(row.ours, role):.0f} / {_peak(row.bare, role):.0f}" for role in ROLES]
        cpu = [f"{statistics.median(one.cpu for one in runs):.1f} s" for runs in (row.ours, row.bare)]
        times = (*seconds, f"{row.ratio:.2f}", *cpu, f"{row.cpu_ratio:.2f}")
        table.add_row(row.operation, str(row.services), str(row.resources), *times, *memory)
    Console(highlight=False, width=160).print(table)


def _peak(runs: Sequence[Measured], role: str) -> float:
    return max(one.memory[role] for one in runs)


def main() -> None:
    """Run the command line."""
    typer.run(bench)
