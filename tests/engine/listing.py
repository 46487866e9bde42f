"""A program that declares what its config lists, in the plain SDK: another program than this project's."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engine.stage import STACK, Program, sandboxed

PROGRAM = """
import pulumi

class Any(pulumi.CustomResource):
    pass

made = {}

def resolve(value):
    if isinstance(value, str) and value.startswith("@"):
        return made[value[1:]].id
    if isinstance(value, list):
        return [resolve(one) for one in value]
    return {key: resolve(one) for key, one in value.items()} if isinstance(value, dict) else value

for one in pulumi.Config().require_object("resources"):
    options = dict(one.get("options", {}))
    options["aliases"] = [pulumi.Alias(name=name) for name in options.get("aliases", [])]
    options["depends_on"] = [made[name] for name in options.get("depends_on", [])]
    made[one["name"]] = Any(one["type"], one["name"], resolve(one["inputs"]), pulumi.ResourceOptions(**options))
"""

Entry = dict[str, Any]


class Listing(Program):
    """A stage whose program declares a list of resources; `@name` in an input is the id of an earlier one."""

    def declare(self, *resources: Entry) -> None:
        """What the next run declares."""
        self.must("config", "set", "--stack", STACK, "resources", json.dumps(list(resources)))

    def ids(self) -> dict[str, str]:
        """The ids of what stands, by logical name."""
        state = json.loads(self.must("stack", "export", "--stack", STACK).text)
        resources = state["deployment"].get("resources", [])
        return {one["urn"].rpartition("::")[2]: one["id"] for one in resources if one.get("id")}


@contextmanager
def listed(root: Path, seed: Path) -> Generator[Listing]:
    """The program, with nothing deployed, in a cloud of its own."""
    with sandboxed(root / "sandbox", seed) as (home, environment):
        listing = Listing(home, environment, root / "project", PROGRAM)
        listing.must("stack", "init", STACK)
        yield listing
