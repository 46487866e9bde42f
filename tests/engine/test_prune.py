"""Promote and prune on the real engine: what any entry of the history in the window needs stays, in all stacks."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import yaml

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, SLOW, release, service
from tests.engine.stage import STACK, Stage

EVERYTHING = (GOOD, GOOD_TOO, SLOW, NEVER_HEALTHY)


def operation(stage: Stage, *words: str) -> list[dict[str, Any]]:
    """A command for machines, which must succeed; the lines that it printed."""
    run = stage.run(sys.executable, "-m", "operations", *words, "--project", str(stage.folder), "--yes", "--json")
    assert run.code == 0, run.text
    return [json.loads(line) for line in run.text.splitlines() if line.startswith("{") and line.endswith("}")]


def prune(stage: Stage, *words: str) -> dict[str, tuple[str, str]]:
    """By id, what the plan has for it and why; of images made now, too, as the window is none unless it is given."""
    window = () if "--window" in words else ("--window", "0s")
    found = operation(stage, "prune", "--stack", STACK, "--allow-most", *window, *words)
    return {one["id"]: (one["act"], one["why"]) for one in found[0]["actions"]}


def images(stage: Stage) -> set[str]:
    found = stage.client("ec2").describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
    return {one["ImageId"] for one in found}


def test_an_image_is_promoted_rolled_out_and_pruned_when_no_rollback_can_need_it(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    tags = {"service": "web", "tested": "true"}
    ec2.create_tags(Resources=EVERYTHING, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0))})
    stage.up()
    # Another stack, which has never been updated, names an image in its config file alone.
    stage.must("stack", "init", "other")
    text = (stage.folder / f"Pulumi.{STACK}.yaml").read_text()
    (stage.folder / "Pulumi.other.yaml").write_text(text.replace(GOOD, SLOW))
    # A new image becomes the release, and the one before it is needed by the history alone.
    operation(stage, "promote", "web", "--version", "1.5.0", "--image", GOOD_TOO, "--replace", "--stack", STACK)
    document = yaml.safe_load((stage.folder / f"Pulumi.{STACK}.yaml").read_text())
    (new,) = document["config"]["immutable:services"]["web"]["releases"]
    assert new == release("1.5.0", GOOD_TOO, drain_s=0)
    stage.up()
    in_window = prune(stage, "--window", "30d", "--plan")
    assert in_window[GOOD] == ("protect", f"the history of dev, {datetime.now(UTC):%Y-%m-%d}")
    # Without a window only what is in force now is needed; two runs later the rest is gone.
    found = prune(stage, "--after", "0s")
    assert {id_: act for id_, (act, _) in found.items() if id_.startswith("ami-")} == {
        GOOD: "mark",
        NEVER_HEALTHY: "mark",
        GOOD_TOO: "keep",  # promote protected it
        SLOW: "protect",
    }
    assert images(stage) >= {*EVERYTHING}
    prune(stage, "--after", "0s")
    assert images(stage) & {*EVERYTHING} == {GOOD_TOO, SLOW}
