"""Many examples in one stack: each comes up, shows no change, refreshes to the same, is imported elsewhere, changes in
place and goes; else, what went wrong."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sandbox import cloud
from sandbox.home import Home
from tests.engine.stage import STACK, Program, Run
from tests.engine.stock import imports
from tests.engine.stock.examples import Example
from tests.engine.stock.given import Given

PASSES = "passes"
GROUP = "aws:autoscaling/group:Group"
"""It has tags, and none that a provider adds."""

_RUNNER = Path(__file__).with_name("runner.py")
#: The parent's type in the URN of every resource that an example makes.
_BED = "stock:example:"


class Trial(Program):
    """A stage for examples."""

    def __init__(self, home: Home, variables: Mapping[str, str], folder: Path) -> None:
        super().__init__(home, {**variables, "PULUMI_DEBUG_COMMANDS": "true"}, folder, _RUNNER.read_text())

    def outcomes(self, batch: Sequence[Example]) -> dict[str, str]:
        """What became of each example, all in one region and none in the way of another, in an empty cloud."""
        (region,) = {example.region() for example in batch}
        self.environment["AWS_REGION"] = region
        cloud.reset(self.home.cloud)
        given = Given(self.client)
        config = given.config({key: as_json for example in batch for key, as_json in example.config().items()})
        document = {"aws:region": region, **{f"plain:{key}": value for key, value in config.items()}}
        (self.folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": document}))
        (self.folder / "tagged.json").unlink(missing_ok=True)
        for example in batch:
            given.seed(example.id)
        self.must("stack", "init", STACK)
        failed = self._failed(
            {example.id: (example.source, given.names(example.id, example.undefined())) for example in batch}
        )
        self.must("stack", "rm", "--yes", "--force", STACK)
        return {example.id: failed.get(example.id, PASSES) for example in batch}

    def _failed(self, examples: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
        failed: dict[str, str] = {}
        refused: set[str] = set()
        # A resource that is refused before it is created ends the whole program there: once more without that example.
        while left := {id_: example for id_, example in examples.items() if id_ not in refused}:
            found, ending = self._up(left)
            failed |= found
            refused |= ending
            if not ending:
                break
        if failed.keys() != examples.keys():
            failed = self._changes("preview") | self._changes("refresh", "--yes", "--run-program=false") | failed
            failed = self._imported() | failed
            failed = self._tagged() | failed
        gone, events = self._run("destroy", "--yes", "--run-program=false", "--continue-on-error")
        failed = _errors(events) | failed
        assert gone.code == 0 or failed, gone.text
        return failed

    def _up(self, examples: Mapping[str, tuple[str, Mapping[str, Any]]]) -> tuple[dict[str, str], set[str]]:
        """What failed, and which of those ended the program."""
        (self.folder / "examples.json").write_text(json.dumps(examples))
        raised = self.folder / "raised.json"
        raised.write_text("{}")
        run, events = self._run("up", "--yes", "--skip-preview", "--continue-on-error")
        errors = _errors(events)
        assert run.code == 0 or errors, run.text
        tried = {
            _example(event["resOpFailedEvent"]["metadata"]["urn"]) for event in events if "resOpFailedEvent" in event
        }
        return json.loads(raised.read_text()) | errors, {id_ for id_ in errors if id_ not in tried}

    def _changes(self, *command: str) -> dict[str, str]:
        """What a command would change, or finds changed, of each example."""
        run, events = self._run(*command)
        found: dict[str, list[str]] = {}
        for event in events:
            step = event.get("resOutputsEvent" if command[0] == "refresh" else "resourcePreEvent", {}).get(
                "metadata", {}
            )
            if step and step["op"] not in ("same", "refresh") and (id_ := _example(step["urn"])):
                wanted = ", ".join(step.get("detailedDiff") or step.get("diffs") or [])
                found.setdefault(id_, []).append(f"{step['op']} {step['type']} {wanted}".rstrip())
        assert run.code == 0 or _errors(events), run.text
        return {id_: f"{command[0]}: {'; '.join(changes)}" for id_, changes in found.items()} | _errors(events)

    def _imported(self) -> dict[str, str]:
        """What can't be imported into another stack of each example, or isn't the same there."""
        wanted = imports.importable(self._resources(STACK))
        if not wanted:
            return {}
        (self.folder / "import.json").write_text(json.dumps(imports.request(wanted)))
        shutil.copy(self.folder / f"Pulumi.{STACK}.yaml", self.folder / "Pulumi.other.yaml")
        self.must("stack", "init", "other")
        how = ("--yes", "--skip-preview", "--generate-code=false", "--protect=false", "--file", "import.json")
        run = self.pulumi("import", *how, "--stack", "other")
        found = {one["urn"].rpartition("::")[2]: one for one in self._resources("other") if one.get("custom")}
        self.must("stack", "rm", "--yes", "--force", "other")
        told = {
            (_example(one["urn"]) or ""): wrong
            for name, one in wanted.items()
            for wrong in imports.differences(one, found.get(name))
        }
        assert run.code == 0 or told, run.text
        return told

    def _tagged(self) -> dict[str, str]:
        """What doesn't get another tag in place of each example, or gets more than that, or shows a change after it."""
        made = [one for one in imports.importable(self._resources(STACK)).values() if _takes_tags(one)]
        types = self.folder / "tagged.json"
        types.write_text(json.dumps(sorted({one["type"] for one in made})))
        run, events = self._run("up", "--yes", "--skip-preview", "--continue-on-error")
        errors, told = _errors(events), dict[str, list[str]]()
        assert run.code == 0 or errors, run.text
        changed = {one["urn"]: one for event in events if (one := event.get("resourcePreEvent", {}).get("metadata"))}
        changed = {urn: _told(step) for urn, step in changed.items() if step["op"] != "same"}
        for urn in {*changed, *(one["urn"] for one in made)}:
            if (id_ := _example(urn)) and changed.get(urn) != "update tags":
                told.setdefault(id_, []).append(f"{urn.split('::')[2].rpartition('$')[2]} {changed.get(urn)}")
        wrong = {id_: f"change: {'; '.join(each)}" for id_, each in told.items()}
        return errors | self._changes("preview") | wrong

    def _resources(self, stack: str) -> list[dict[str, Any]]:
        state = json.loads(self.must("stack", "export", "--show-secrets", "--stack", stack).text)
        return state["deployment"].get("resources") or []

    def _run(self, *command: str) -> tuple[Run, list[dict[str, Any]]]:
        log = self.folder / "events.json"
        log.unlink(missing_ok=True)
        run = self.pulumi(*command, "--stack", STACK, "--event-log", str(log))
        return run, [json.loads(line) for line in log.read_text().splitlines()]


def batches(examples: Iterable[Example]) -> list[list[Example]]:
    """As few as can be, none with two examples that name the same thing or play in two regions."""
    found: list[list[Example]] = []
    for example in examples:
        for batch in found:
            names = {name for other in batch for name in other.names()}
            if example.region() == batch[0].region() and not example.names() & names:
                batch.append(example)
                break
        else:
            found.append([example])
    return found


def _takes_tags(resource: Mapping[str, Any]) -> bool:
    return "tagsAll" in resource["outputs"] or resource["type"] == GROUP


def _told(step: Mapping[str, Any]) -> str:
    """What is done, and to which properties; all tags are one."""
    paths: Iterable[str] = step.get("detailedDiff") or step.get("diffs") or ()
    names = {re.split(r"[.\[]", path)[0] for path in paths}
    return f"{step['op']} {', '.join(sorted({'tags' if name == 'tagsAll' else name for name in names}))}"


def _errors(events: list[dict[str, Any]]) -> dict[str, str]:
    """The first error of each example."""
    return dict(reversed(list(_diagnoses(events))))


def _diagnoses(events: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for event in events:
        told = event.get("diagnosticEvent", {})
        if told.get("severity") == "error" and (id_ := _example(told.get("urn", ""))):
            yield id_, told["message"]


def _example(urn: str) -> str | None:
    type_ = urn.split("::")[2] if urn.count("::") > 1 else ""
    parent = next((part for part in type_.split("$") if part.startswith(_BED)), None)
    return parent.removeprefix(_BED) if parent else None
