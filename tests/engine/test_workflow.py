"""The shell of the GitHub workflow, run step by step against the sandbox, with a `gh` that keeps what it is told.

Not run: the steps that use other people's actions, and `Install`, whose environment stands already.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.stage import PROJECT, Run, Stage

WORKFLOW: dict[str, Any] = yaml.safe_load((PROJECT / ".github/workflows/infrastructure.yml").read_text())

#: GitHub as far as the steps ask it: comments of one pull request, and one artifact.
GH = """#!/usr/bin/env python3
import json, pathlib, shutil, sys
store = pathlib.Path(STORE)
words = sys.argv[1:]
comments = json.loads((store / "comments.json").read_text())
body = next((w.partition("=@")[2] for w in words if w.startswith("body=@")), None)
path = next((w for w in words if w.startswith("repos/")), "")
if words[:2] == ["run", "download"]:
    shutil.copy(store / "plan.json", "plan.json")
elif "--method" in words:
    number = int(path.rpartition("/")[2]) if "PATCH" in words else len(comments)
    comments[number:number + 1] = [pathlib.Path(body).read_text()]
    (store / "comments.json").write_text(json.dumps(comments))
elif path.endswith("/comments"):
    mark = words[words.index("--jq") + 1].split('"')[1]
    print(*[i for i, text in enumerate(comments) if text.startswith(mark)], sep="\\n")
elif path.endswith("/pulls"):
    print("cafe" if (store / "reviewed").exists() else "")
elif "artifacts?name=plan-cafe" in path:
    print("7" if (store / "plan.json").exists() else "")
else:
    sys.exit(f"gh: not understood: {words}")
"""


class Runner:
    """What GitHub's runner does for the steps of this workflow."""

    def __init__(self, stage: Stage, store: Path) -> None:
        self.stage, self.store = stage, store
        (store / "comments.json").write_text('["something else"]')
        tools = store / "bin"
        tools.mkdir()
        (tools / "gh").write_text(GH.replace("STORE", repr(str(store))))
        (tools / "gh").chmod(0o755)
        stage.environment |= {
            "PATH": f"{tools}:{stage.environment['PATH']}",
            "STACK": WORKFLOW["env"]["STACK"],
            "GITHUB_REPOSITORY": "us/shop",
            "GITHUB_SHA": "beef",
            "PULL_REQUEST": "12",
        }

    def step(self, job: str, name: str) -> Run:
        """Run one step as the runner does: `bash -e -o pipefail`."""
        (script,) = [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if step.get("name") == name]
        return self.stage.run("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)

    @property
    def comments(self) -> list[str]:
        """The pull request's comments."""
        return json.loads((self.store / "comments.json").read_text())


@pytest.fixture
def runner(production: Stage, tmp_path: Path) -> Runner:
    """A runner on the production stack, in a git checkout."""
    store = tmp_path / "github"
    store.mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in ("init -q", "commit -q --allow-empty --message"):
        message = ["Deploy the shop"] if words.startswith("commit") else []
        subprocess.run([*git, *words.split(), *message], cwd=production.folder, check=True)
    return Runner(production, store)


def test_a_review_is_commented_once_and_what_was_approved_is_applied(runner: Runner) -> None:
    stage = runner.stage
    reviewed = runner.step("review", "Review")
    assert reviewed.code == 0, reviewed.text
    assert runner.step("review", "Comment").code == 0
    assert len(runner.comments) == 2
    assert "shop: new, 1.4.2 at 95 %, 1.5.0 at 5 %" in runner.comments[1]

    unreviewed = runner.step("apply", "Fetch the approved plan")
    assert unreviewed.code == 1
    assert "Nobody has reviewed beef" in unreviewed.text
    (runner.store / "reviewed").touch()
    refused = runner.step("apply", "Fetch the approved plan")
    assert refused.code == 1
    assert "No approved plan for cafe" in refused.text
    (stage.folder / "plan.json").rename(runner.store / "plan.json")
    assert runner.step("apply", "Fetch the approved plan").code == 0
    applied = runner.step("apply", "Apply")
    assert applied.code == 0, applied.text
    history = json.loads(stage.pulumi("stack", "history", "--json", "--stack", "prod").text)
    assert history[0]["message"] == "Deploy the shop"

    (stage.folder / "review.md").unlink()
    config = stage.folder / "Pulumi.prod.yaml"
    config.write_text(
        config.read_text().replace("  immutable:services:\n    shop:", "  immutable:services:\n    sh0p:")
    )
    ended = runner.step("review", "Review")
    assert ended.code == 2, ended.text
    assert not (stage.folder / "plan.json").exists()
    assert runner.step("review", "Comment").code == 0
    assert len(runner.comments) == 2
    assert "refused" in runner.comments[1].splitlines()[2]
