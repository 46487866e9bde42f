"""What must fail: a bad image, a fleet that turns bad, edits in place, a service that vanishes, wrong configs."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import psutil
import pytest

from sandbox import cloud
from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, SLOW, release, service
from tests.engine.stage import STACK, Run, Stage

QUICK = {"timeout_s": 6}


def test_an_image_that_never_gets_healthy_fails_with_a_sentence(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", NEVER_HEALTHY), gate=QUICK)})
    run = stage.pulumi("up", "--yes", "--stack", STACK)
    assert run.code != 0
    assert "0 of 2 targets healthy" in run.text
    assert "Traceback" not in run.text


def test_a_bad_release_leaves_the_old_fleet_untouched_however_often_it_is_retried(
    stage: Stage,
) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD), gate=QUICK)})
    stage.up()
    (old,) = stage.groups()
    stage.configure({"web": service(release("1.5.0", NEVER_HEALTHY), gate=QUICK)})
    mark = stage.mark()
    for _ in range(3):
        run = stage.pulumi("up", "--yes", "--stack", STACK)
        assert run.code != 0
        _says(run, "web: 1.4.2 at 100 % → 1.5.0 at 100 %")  # what serves, however often the other was tried
        _says(run, "web-1.5.0-", "0 of 2 targets healthy, 2 needed", "Target.FailedHealthChecks")
        _says(run, "Traffic stays where it is", "services.web.releases", "`pulumi up`")
        assert old in stage.groups()
    writes = stage.writes(mark)
    assert not [write for write in writes if write.startswith(("Delete", "ModifyRule"))], writes
    stage.configure({"web": service(release("1.4.2", GOOD), gate=QUICK)})
    back = stage.up()
    assert "5 deleted" in back.text, back.text  # the fleet and its group, template, target group and preview rule
    assert list(stage.groups()) == [old]


def test_a_release_that_turns_unhealthy_under_traffic_keeps_the_old_fleet(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD), gate=QUICK)})
    stage.up()
    stage.configure({"web": service(release("1.5.0", GOOD_TOO), gate=QUICK)})
    up = stage.start("up", "--yes", "--stack", STACK)
    deadline = time.monotonic() + 60
    while "ModifyRule" not in stage.writes():
        assert time.monotonic() < deadline and up.poll() is None
        time.sleep(0.02)
    cloud.order_health(stage.home.cloud, image=GOOD_TOO, health="unhealthy")
    text, _ = up.communicate(timeout=60)
    assert up.returncode != 0, text
    assert "web-1.4.2-" in text and "stays" in text
    assert len(stage.groups()) == 2
    again = stage.pulumi("up", "--yes", "--stack", STACK)
    assert again.code != 0
    assert len(stage.groups()) == 2
    cloud.order_health(stage.home.cloud, image=GOOD_TOO, health="healthy")
    stage.up()
    (left,) = stage.groups()
    assert left.startswith("web-1.5.0-")


@pytest.mark.parametrize(
    "changed",
    [
        {"user_data": "#!/bin/sh\n"},
        {"instance_types": ["t3.small"]},
        {"port": 9090},
        {"health": {"path": "/other"}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_changed_content_without_a_new_version_gets_a_new_fleet(stage: Stage, changed: dict[str, Any]) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    (old,) = stage.groups()
    stage.configure({"web": service(release("1.4.2", GOOD, **changed))})
    stage.up()
    (new,) = stage.groups()
    assert new != old
    assert new.startswith("web-1.4.2-")


IN_PLACE = {
    "template": ("image_id", "ami-00000000000000150"),
    "target group": ("deregistration_delay", 7),
    "group": ("health_check_grace_period", 7),
}


@pytest.mark.parametrize("kind", IN_PLACE)
def test_an_edit_in_place_is_refused_in_the_preview(stage: Stage, kind: str) -> None:
    key, value = IN_PLACE[kind]
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    _tamper(stage, kind.replace(" ", "_"), key, value)
    mark = stage.mark()
    run = stage.preview()
    assert run.code != 0
    _says(run, "must not change in place", f"to {value}", "raise the release's `revision`")
    assert stage.writes(mark) == []


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("autoscaling/group:Group", "would be replaced inside release web-1.4.2-"),
        ("lb/targetGroup:TargetGroup", "must not change in place: targetGroupArns[0] from "),
    ],
)
def test_a_replacement_under_its_own_name_is_refused_in_the_preview(stage: Stage, kind: str, refusal: str) -> None:
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    main = stage.folder / "__main__.py"
    edit = (
        "import pulumi\n"
        "def renamed(args):\n"
        f"    if args.type_ == 'aws:{kind}':\n"
        "        args.props['name_prefix'] = 'other-'\n"
        "        return pulumi.ResourceTransformationResult(args.props, args.opts)\n"
        "pulumi.runtime.register_stack_transformation(renamed)\n"
    )
    main.write_text(edit + main.read_text())
    mark = stage.mark()
    run = stage.preview()
    assert run.code != 0
    _says(run, refusal, "raise the release's `revision`")
    assert stage.writes(mark) == []


def test_a_removed_service_is_refused_in_the_preview_unless_retired_by_name(stage: Stage) -> None:
    jobs = service(release("1.4.2", GOOD), route={"priority": 2, "paths": ["/jobs/*"]})
    web = service(release("1.4.2", GOOD))
    stage.configure({"web": web, "jobs": jobs})
    stage.up()
    mark = stage.mark()
    stage.configure({"web": web})
    removed = stage.preview()
    stage.configure({"web": web, "jobz": jobs})
    renamed = stage.preview()
    for run in (removed, renamed):
        assert run.code != 0
        _says(run, "service jobs is no longer declared", "add jobs to `retired`")
    assert stage.writes(mark) == []
    stage.configure({"web": web}, retired=["jobs"])
    stage.up()
    (left,) = stage.groups()
    assert left.startswith("web-")


def test_wrong_configs_are_told_all_at_once_touch_nothing_and_show_no_traceback(stage: Stage) -> None:
    mark = stage.mark()
    wrong = service(release("1.4", "ami-x", port=70_000, helth={}), capacity={"min": 5, "max": 2})
    stage.configure({"web": wrong})
    for command in (["preview"], ["up", "--yes"]):
        run = stage.pulumi(*command, "--stack", STACK)
        assert run.code != 0
        _says(run, "5 problems in Pulumi.dev.yaml; nothing was touched:")
        assert "Traceback" not in run.text
    assert stage.writes(mark) == []


WRONG: dict[str, dict[str, Any]] = {
    "capacity.min: 'two' is not a whole number": {"capacity": {"min": "two", "max": 2}},
    "capacity.min: 0 is less than 1": {"capacity": {"min": 0, "max": 2}},
    "capacity.min: 5 is more than capacity.max, 2": {"capacity": {"min": 5, "max": 2}},
    "web.capacty: is an unknown key": {"capacty": {}},
    "releases[0].imagee: is an unknown key": {"releases": [release("1.4.2", imagee="ami-1")]},
    "health.pth: is an unknown key": {"releases": [release("1.4.2", health={"pth": "/"})]},
    "releases[1].version: '1.4.2' is there twice": {"releases": [release("1.4.2"), release("1.4.2")]},
    "releases: all have weight 0": {"releases": [release("1.4.2", weight=0)]},
    "releases: has 6 entries": {"releases": [release(f"1.{minor}.0") for minor in range(6)]},
    "releases[0].image: 'ami-latest' is malformed": {"releases": [release("1.4.2", "ami-latest")]},
    "releases[0].version: 'latest' is no semantic version": {"releases": [release("latest")]},
    "releases[0].protocol: 'TCP' is not one of": {"releases": [release("1.4.2", protocol="TCP")]},
    "route: has 0 hosts and paths": {"route": {"priority": 1}},
}


def test_no_kind_of_wrong_config_gets_past_the_program_even_without_a_preview(stage: Stage) -> None:
    mark = stage.mark()
    for sentence, changed in WRONG.items():
        stage.configure({"web": service(release("1.4.2")) | changed})
        run = stage.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        assert run.code != 0, sentence
        _says(run, "1 problem in Pulumi.dev.yaml; nothing was touched:", sentence)
        assert "Traceback" not in run.text
    stage.configure({"web": service(release("1.4.2"))}, netwrk={"kind": "default"})
    _says(stage.preview(), "netwrk: is an unknown key. Did you mean network?")
    assert stage.writes(mark) == []


def test_a_killed_engine_leaves_no_process_behind_and_the_next_up_converges(stage: Stage) -> None:
    stage.configure({"web": service(release("1.4.2", SLOW))})
    engine = stage.start("up", "--yes", "--stack", STACK)
    deadline = time.monotonic() + 60
    while "CreateAutoScalingGroup" not in stage.writes():
        assert time.monotonic() < deadline and engine.poll() is None
        time.sleep(0.05)
    family = psutil.Process(engine.pid).children(recursive=True)
    assert family
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert stage.pulumi("cancel", "--yes", "--stack", STACK).code == 0
    run = stage.pulumi("refresh", "--yes", "--clear-pending-creates", "--stack", STACK)
    assert run.code == 0, run.text
    stage.up()
    stage.up("--expect-no-changes")


def _tamper(stage: Stage, kind: str, key: str, value: object) -> None:
    """Make the program change a resource behind its release's back, as a careless edit of the library would."""
    main = stage.folder / "__main__.py"
    edit = (
        "import components.service as library\n"
        "original = library.plan\n"
        "def tampered(service, release):\n"
        "    planned = original(service, release)\n"
        f"    planned.literals[{kind!r}][{key!r}] = {value!r}\n"
        "    return planned\n"
        "library.plan = tampered\n"
    )
    main.write_text(edit + main.read_text())


def _says(run: Run, *sentences: str) -> None:
    for sentence in sentences:
        assert sentence in run.text, run.text
