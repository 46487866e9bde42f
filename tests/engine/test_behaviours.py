"""The table of behaviours, on the real engine: type by type, what each input's change, drift and loss lead to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

import pytest

from sandbox.provider.encode import fill
from sandbox.provider.types import TYPES
from sandbox.provider.values import Values, is_object
from tests.engine.behaviours import events
from tests.engine.behaviours.cells import UNSEEN, Cell, cells
from tests.engine.stage import STACK, Program, sandboxed
from tests.sandbox.provider_client import Client, Resource, serving
from tests.sandbox.provider_data import TABLE, VERSIONING
from tests.sandbox.provider_operations import HOOKS_TELL

SEED = Path(__file__).parents[1] / "sandbox" / "seed.yaml"
MAIN = (Path(__file__).parent / "behaviours" / "__main__.py").read_text()

#: Who protects a table must take that back before it can go.
PROTECTED = (TABLE, "deletionProtectionEnabled")


class Table:
    """The cells, and the stack that they are in."""

    def __init__(self, program: Program, client: Client) -> None:
        self.program, self.client = program, client
        self.cells = list(cells(client))

    def write(self, inputs: Callable[[Cell], Values], imported: Mapping[str, str] | None = None) -> None:
        """What the program is to make."""
        told = {
            cell.name: {"token": cell.token, "alone": cell.alone, "inputs": inputs(cell)}
            | ({"import": imported[cell.name]} if imported and cell.name in imported else {})
            for cell in self.cells
        }
        (self.program.folder / "cells.json").write_text(json.dumps(told))

    def run(self, *words: str, stack: str = STACK) -> events.Told:
        """One operation of the engine on all cells; a cell that fails stops no other."""
        log = self.program.folder / "events.json"
        log.unlink(missing_ok=True)
        given = ("--yes", "--skip-preview", "--continue-on-error") if words[0] != "preview" else ()
        run = self.program.pulumi(*words, *given, "--stack", stack, "--event-log", str(log), timeout_s=600)
        assert log.exists(), run.text
        told = events.read(log)
        assert run.code == 0 or told.errors, run.text
        return told

    def expect(self, what: str, told: events.Told, operation: Callable[[Cell], str | None]) -> None:
        """Note for each cell whether that operation was done, and nothing else, without an error."""
        for cell in self.cells:
            if error := told.errors.get(cell.name):
                cell.failures.append(f"{what}: {error.strip()}")
                continue
            wanted, done = operation(cell), told.operations[cell.name] - {"same", "read", "refresh"}
            if wanted not in done if wanted else done:
                cell.failures.append(f"{what}: {sorted(done)} of {told.diffs.get(cell.name)}, not {wanted}")

    def resources(self) -> dict[str, Resource]:
        """What the state has of each cell."""
        state = json.loads(self.program.must("stack", "export", "--stack", STACK).text)
        return {
            (name := one["urn"].rpartition("::")[2]): Resource(
                one["type"], name, one["id"], _plain(one.get("inputs", {})), _plain(one.get("outputs", {}))
            )
            for one in state["deployment"]["resources"]
            if one.get("custom") and not one.get("delete") and not one["type"].startswith("pulumi:")
        }


def _plain(value: Values) -> Values:
    """Secrets of the state are not looked at by anybody here."""
    return {key: one for key, one in value.items() if not is_object(one) or "ciphertext" not in one}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    """All cells, nothing of them deployed yet."""
    with sandboxed(tmp_path / "sandbox", SEED) as (home, environment):
        program = Program(home, environment | {"PULUMI_DEBUG_COMMANDS": "true"}, tmp_path / "project", MAIN)
        program.must("stack", "init", STACK)
        for name in HOOKS_TELL:
            program.client("sns").create_topic(Name=name)
        aws = {name: value for name, value in environment.items() if name.startswith("AWS_")}
        with patch.dict(os.environ, aws), serving() as address:
            yield Table(program, Client(address))


def test_each_behaviour_of_each_type(table: Table) -> None:
    table.write(lambda cell: cell.first)
    table.expect("create", table.run("up"), lambda _: "create")
    table.expect("look again", table.run("preview", "--refresh"), lambda _: None)

    made = table.resources()
    ids = {name: fill(TYPES[one.token].imported, {**one.state, "id": one.id}) for name, one in made.items()}
    table.write(lambda cell: _named(cell, made), ids)
    table.program.must("stack", "init", "other")
    table.expect("import", table.run("up", stack="other"), lambda _: "import")

    table.write(lambda cell: cell.changed)
    table.expect("change", table.run("up"), lambda cell: cell.operation)
    table.expect("look at the changed", table.run("preview", "--refresh"), lambda _: None)

    made = table.resources()
    for cell in table.cells:
        if cell.name in made:  # Else it has failed before.
            _change_by_hand(table.client, cell, made[cell.name])
    table.expect("drift", table.run("up", "--refresh"), _putting_right)
    table.expect("look at what was put right", table.run("preview", "--refresh"), lambda _: None)

    destroyed = table.run("destroy")
    (protected,) = [cell.name for cell in table.cells if (cell.token, cell.property) == PROTECTED]
    assert "can't be deleted while DeletionProtectionEnabled is set" in destroyed.errors.pop(protected)
    table.expect("destroy", destroyed, lambda _: "delete")
    failed = [cell for cell in table.cells if cell.failures]
    assert failed == [], "\n".join(f"{cell.name}: {cell.failures}" for cell in failed)


def _named(cell: Cell, made: Mapping[str, Resource]) -> Values:
    """What is imported goes by its own name: none is made for it."""
    rules = TYPES[cell.token].naming
    if rules is None or cell.name not in made:
        return cell.first
    given = {key: value for key, value in cell.first.items() if key != rules.prefix}
    return {**given, rules.name: made[cell.name].state[rules.name]}


def _change_by_hand(client: Client, cell: Cell, resource: Resource) -> None:
    """Behind the engine's back: what was changed is changed back, what was replaced is deleted."""
    if (cell.token, cell.property) in UNSEEN:
        return
    if cell.operation == "replace":
        client.delete(resource)
    else:
        client.update(resource, **cell.first)


def _putting_right(cell: Cell) -> str | None:
    if (cell.token, cell.property) in UNSEEN:
        return None
    # Versioning that was on is never gone again, only suspended.
    return "update" if cell.operation == "update" or cell.token == VERSIONING else "create"
