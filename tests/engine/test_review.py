"""Reviews on the real engine: what they say of each kind of change, and that an approved plan is what runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.stage import PROJECT, STACK, Run, Stage

REFUSED = 2


def operations(stage: Stage, command: str, *arguments: str) -> Run:
    """`python -m operations …` on the stage's project."""
    where = ("--stack", STACK, "--project", str(stage.folder))
    return stage.run(sys.executable, "-m", "operations", command, *where, *arguments)


def review(stage: Stage, *arguments: str, code: int = 0) -> dict[str, Any]:
    """A review for machines, which must end with this exit code."""
    run = operations(stage, "review", "--json", *arguments)
    assert run.code == code, run.text
    return json.loads(run.text[run.text.index("{\n") :])


def deploy(stage: Stage, *releases: dict[str, Any], **changed: Any) -> None:
    stage.configure({"web": service(*releases, **changed)})
    stage.up("--skip-preview")


def configure(stage: Stage, *releases: dict[str, Any], **changed: Any) -> None:
    stage.configure({"web": service(*releases, **changed)})


def strategies(found: dict[str, Any]) -> list[str]:
    return [change["strategy"] for change in found["changes"]]


def test_each_kind_of_change_is_told_in_the_services_words(stage: Stage) -> None:
    configure(stage, release("1.4.0"))
    first = review(stage)
    assert strategies(first) == ["first deploy"]
    assert first["changes"][0]["line"] == "web: new, 1.4.0 at 100 %"
    stage.up("--skip-preview")

    quiet = operations(stage, "review")
    assert quiet.code == 0, quiet.text
    assert f"## `{STACK}`: no changes" in quiet.text

    configure(stage, release("1.5.0", GOOD_TOO))
    (change,) = review(stage)["changes"]
    assert change["strategy"] == "replace"
    assert change["boots"] == [f"image: {GOOD} → {GOOD_TOO}"]
    steps = change["steps"]
    order = [
        next(place for place, told in enumerate(steps) if told.startswith(start))
        for start in ("create group", "gate: who gains", "update listener rule web", "gate: nobody", "destroy group")
    ]
    assert order == sorted(order)

    configure(stage, release("1.4.0", weight=95), release("1.5.0", GOOD_TOO, weight=5))
    canary = review(stage)
    assert strategies(canary) == ["canary at 5 %"]
    assert canary["changes"][0]["rollback"] == "one rule update: what serves now stays"
    stage.up("--skip-preview")

    configure(stage, release("1.4.0"))
    assert review(stage)["changes"][0]["line"] == "web: 1.4.0 at 95 %, 1.5.0 at 5 % → 1.4.0 at 100 %"


def test_an_approved_plan_is_exactly_what_runs_and_one_that_no_longer_fits_touches_nothing(
    stage: Stage, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    deploy(stage, release("1.4.0"))
    configure(stage, release("1.5.0", GOOD_TOO))
    review(stage, "--plan", str(plan))
    approved = plan.read_text()

    configure(stage, release("1.5.0", GOOD_TOO), capacity={"min": 3, "max": 8})
    mark = stage.mark()
    late = operations(stage, "apply", "--plan", str(plan), "--yes")
    assert late.code == REFUSED, late.text
    assert "minSize approved as 2, now 3" in late.text
    assert stage.writes(mark) == []

    configure(stage, release("1.5.0", GOOD_TOO))
    done = operations(stage, "apply", "--plan", str(plan), "--yes", "--message", "1.5.0 as approved")
    assert done.code == 0, done.text
    assert plan.read_text() == approved
    assert [name.rpartition("-")[0] for name in stage.groups()] == ["web-1.5.0"]
    history = json.loads(stage.pulumi("stack", "history", "--json", "--stack", STACK).text)
    assert history[0]["message"] == "1.5.0 as approved"


def test_a_refused_review_leaves_no_plan_and_says_every_reason(stage: Stage, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    deploy(stage, release("1.4.0"))
    text = (stage.folder / "__main__.py").read_text()
    (stage.folder / "__main__.py").write_text(
        "import pulumi\n"
        "def edit(args):\n"
        "    if args.type_ == 'aws:lb/targetGroup:TargetGroup':\n"
        "        args.props['deregistrationDelay'] = 7\n"
        "    if args.type_ == 'aws:autoscaling/group:Group':\n"
        "        args.props['maxSize'] = 1\n"
        "        args.props['minSize'] = 1\n"
        "    args.opts.hooks = None\n"
        "    return pulumi.ResourceTransformResult(args.props, args.opts)\n"
        "pulumi.runtime.register_resource_transform(edit)\n" + text
    )
    found = review(stage, "--plan", str(plan), code=REFUSED)
    assert {one["rule"] for one in found["refusals"]} == {"changed-in-place", "capacity-lost"}
    assert any("deregistrationDelay from 60 to 7" in one["why"] for one in found["refusals"])
    assert not plan.exists()


def test_policies_and_hooks_are_heard_and_wrong_config_is_not_a_refusal(stage: Stage) -> None:
    packs = ("--policy-pack", str(PROJECT / "policies"))
    deploy(stage, release("1.4.0"))
    configure(stage, release("1.5.0", GOOD_TOO))
    found = review(stage, *packs, code=REFUSED)
    mandatory = {one["policy"] for one in found["violations"] if one["mandatory"]}
    assert mandatory == {"image-allowed"}  # The scenarios' images have passed no tests.

    stage.configure({"shop": service(release("1.4.0"))})
    ended = review(stage, code=REFUSED)
    assert [one["rule"] for one in ended["refusals"]][:1] == ["hook"]
    assert "service web is no longer declared" in ended["refusals"][0]["why"]

    configure(stage, release("1.5.0", "no image"))
    wrong = operations(stage, "review")
    assert wrong.code == 1
    assert "services.web.releases[0].image" in wrong.text
    nobody = stage.run(
        sys.executable, "-m", "operations", "review", "--stack", "nobody", "--project", str(stage.folder)
    )
    assert nobody.code == 1
    assert "There is no stack nobody" in nobody.text


@pytest.fixture(autouse=True)
def _importable(stage: Stage) -> None:
    stage.environment["PYTHONPATH"] = str(PROJECT)
