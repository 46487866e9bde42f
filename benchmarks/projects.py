"""The projects, ours, the bare one and that in components, with a stack each, in a cloud emptied for each size."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import Measured, measure

HERE = Path(__file__).parent
ROUTED = 40
"""Services behind the balancer: 81 of its 100 rules."""
PACKS = {"policies": HERE.parent / "policies", "an idle pack": HERE / "idle_pack"}
"""The project's own, and one that finds nothing."""
UNWRITTEN = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""The engine writes its state once, at the end."""


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own."""

    name: str
    folder: Path
    environment: Mapping[str, str]

    @property
    def stack(self) -> str:
        """Another for each: the two bare ones are one project to the backend."""
        return self.folder.name

    def prepare(self, services: int) -> None:
        """A new stack with the config of so many services."""
        config = _ours(services) if self.name == "ours" else _bare(services, in_components=self.name != "bare")
        document = {"config": {"aws:region": "eu-west-1", **config}}
        (self.folder / f"Pulumi.{self.stack}.yaml").write_text(yaml.safe_dump(document))
        self._ask("stack", "init", self.stack)

    def up(self, checkpoints: bool = True) -> Measured:
        """The first update, of everything, without a preview; `checkpoints` is whether each step is written down."""
        return self._measure("up", "--yes", "--skip-preview", **({} if checkpoints else UNWRITTEN))

    def preview(self, pack: str | None = None) -> Measured:
        """A preview that finds nothing to do, judged by one of the `PACKS`, or by none."""
        judged = ("--policy-pack", str(PACKS[pack])) if pack else ()
        return self._measure("preview", "--expect-no-changes", *judged)

    def resources(self) -> Counter[str]:
        """How many resources of each type the state has, components and providers left out."""
        found = json.loads(self._ask("stack", "export", "--stack", self.stack))["deployment"]["resources"]
        return Counter(one["type"] for one in found if one["type"].startswith("aws:"))

    def _measure(self, *words: str, **environment: str) -> Measured:
        command = ["pulumi", *words, "--stack", self.stack, "--non-interactive"]
        return measure(command, self.folder, {**self.environment, **environment})

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


def projects(root: Path, environment: Mapping[str, str]) -> tuple[Project, Project, Project]:
    """Ours, the bare one, and the bare one in components, below `root`."""
    ours, bare, framed = folders = root / "ours", root / "bare", root / "framed"
    ours.mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(HERE.parent / name, ours)
    (ours / "components").symlink_to(HERE.parent / "components")
    shutil.copytree(HERE / "bare", bare)
    shutil.copytree(HERE / "bare", framed)
    for folder in folders:
        (folder / ".venv").symlink_to(sys.prefix)
    return (
        Project("ours", ours, environment),
        Project("bare", bare, environment),
        Project("bare in components", framed, environment),
    )


def _bare(services: int, *, in_components: bool) -> dict[str, Any]:
    return {"bench:services": services, "bench:routed": min(services, ROUTED), "bench:components": in_components}


def _ours(services: int) -> dict[str, Any]:
    return {"immutable:services": {f"svc-{number}": _service(number) for number in range(services)}}


def _service(number: int) -> dict[str, Any]:
    release: dict[str, Any] = {
        "version": "1.4.0",
        "image": "ami-0eb00000000000142",
        "instance_types": ["t3.micro"],
        "user_data": "#!/bin/sh\nexec /opt/start\n",
        "volumes": [{"device": "/dev/xvda", "size_gib": 8}],
    }
    service = {"releases": [release], "capacity": {"min": 1, "max": 2}}
    if number >= ROUTED:
        return service
    release |= {"port": 8080, "health": {"path": "/healthz", "interval_s": 5, "timeout_s": 2}, "drain_s": 5}
    return {**service, "route": {"priority": 1 + number, "paths": [f"/svc-{number}/*"]}}
