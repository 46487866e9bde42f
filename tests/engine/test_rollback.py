"""Rollbacks on the real engine: histories made by real updates, and what going back does with each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import yaml

from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, release, service
from tests.engine.inventory import differences, inventory
from tests.engine.observer import Observer
from tests.engine.rollouts import events
from tests.engine.stage import STACK, Stage, is_write

REFUSED, BACK, BUSY = 2, 3, 5
Record = Callable[[str, object], None]
Event = dict[str, Any]


def command(stage: Stage, *arguments: str) -> list[str]:
    where = ("--stack", STACK, "--project", str(stage.folder), "--yes", "--json")
    return [sys.executable, "-m", "operations", "rollback", *where, *arguments]


def rollback(stage: Stage, *arguments: str, code: int = 0) -> list[Event]:
    """A rollback for machines, which must end with this exit code; its events."""
    run = stage.run(*command(stage, *arguments), timeout_s=600)
    assert run.code == code, run.text
    assert "Traceback" not in run.text, run.text
    return events(run)


def refused(stage: Stage, *arguments: str, code: int = 1) -> str:
    """A rollback that must change nothing: neither in the cloud nor in the file."""
    mark, before = stage.mark(), file(stage)
    run = stage.run(*command(stage, *arguments), timeout_s=600)
    assert run.code == code, run.text
    assert "Traceback" not in run.text, run.text
    assert (stage.writes(mark), file(stage)) == ([], before)
    return " ".join(run.text.split())


def review(found: list[Event]) -> Event:
    return next(event for event in found if event["event"] == "review")


def file(stage: Stage) -> str:
    return (stage.folder / f"Pulumi.{STACK}.yaml").read_text()


def declared(stage: Stage, name: str = "web") -> dict[str, int]:
    """What the file asks for, by version."""
    releases = yaml.safe_load(file(stage))["config"]["immutable:services"][name]["releases"]
    return {one["version"]: one.get("weight", 100) for one in releases}


def served(stage: Stage, name: str = "web") -> dict[str, int]:
    """What serves by the cloud's own account, by version; standbys are at 0."""
    found: dict[str, int] = {}
    elb = stage.client("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    weights = {
        group["TargetGroupArn"]: group["Weight"]
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        for action in rule["Actions"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ())
    }
    for group in stage.groups().values():
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        if tags["immutable:service"] == name:
            found[tags["immutable:version"]] = weights.get(group["TargetGroupARNs"][0], 0)
    return found


def until_traffic(stage: Stage, since: int) -> tuple[str, str]:
    """The calls from the command to the change of the rule: how many, and those that change something."""
    calls = stage.journal(since)
    end = next(place for place, call in enumerate(calls) if call.operation == "ModifyRule") + 1
    writes = [call.operation for call in calls[:end] if is_write(call.operation)]
    return str(end), ", ".join(writes)


def git(stage: Stage, *words: str) -> str:
    run = stage.run("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *words)
    assert run.code == 0, run.text
    return run.text.strip()


def under_git(stage: Stage) -> None:
    """Put the program and the stack's file under git."""
    (stage.folder / ".gitignore").write_text(".venv\n")
    git(stage, "init", "-q")
    # What commits without a name given is the command itself.
    for words in (("user.name", "Ann"), ("user.email", "ann@example.com")):
        git(stage, "config", *words)
    save(stage, "The program")


def save(stage: Stage, message: str) -> None:
    git(stage, "add", "--all")
    git(stage, "commit", "-qm", message)


def made(version: str, image: str = GOOD, **changed: Any) -> dict[str, Any]:
    return release(version, image, drain_s=0, **changed)


def configure(stage: Stage, *web: dict[str, Any], api: dict[str, Any] | None = None, **changed: Any) -> None:
    """Service web with these releases, and api beside it."""
    gate = {"timeout_s": 8}
    services = {"web": service(*web, **{"gate": gate, **changed})}
    if api:
        services["api"] = service(api, gate=gate, route={"priority": 2, "paths": ["/api/*"]})
    stage.configure(services)


def test_what_was_replaced_comes_back_as_it_was_and_all_else_stays_as_it_is_today(
    stage: Stage, record_property: Record
) -> None:
    under_git(stage)
    program = stage.folder / "__main__.py"
    text = program.read_text()
    program.write_text(f"{text}pulumi.export('program', 'first')\n")
    configure(stage, made("1.4.2"), api=made("3.0.0"))
    save(stage, "1.4.2")
    stage.up("--skip-preview")
    first = inventory(stage)
    program.write_text(f"{text}pulumi.export('program', 'second')\n")
    configure(stage, made("1.5.0", GOOD_TOO), api=made("3.1.0"), capacity={"min": 2, "max": 10})
    save(stage, "1.5.0, and more room")
    stage.up("--skip-preview")
    second = inventory(stage)

    mark = stage.mark()
    found = rollback(stage, "web", "--commit")
    calls, writes = until_traffic(stage, mark)
    record_property("traffic", ("without a standby", calls, writes))
    assert review(found)["entry"] == 1
    notes = "\n".join(review(found)["notes"])
    assert "web 1.4.2 is made anew, and gets its share once it is healthy" in notes
    assert "web keeps what it has today: capacity.max: 8 → 10" in notes
    assert "today's program runs" in notes
    assert "__main__.py | 2 +-" in notes
    assert (served(stage), declared(stage)) == ({"1.4.2": 100}, {"1.4.2": 100})
    assert stage.outputs()["program"] == "second"
    # As it was, but for what was asked to stay: the room, and the other service.
    now = inventory(stage)
    otherwise = [line for line in differences(first, now) if " api" not in line.split("→")[0]]
    assert otherwise == ["group web-1.4.2-ec8a1378.MaxSize: 8 → 10"]
    assert [line for line in differences(second, now) if " api" in line.split("→")[0]] == []
    assert git(stage, "log", "-1", "--format=%s") == "rollback web: 1.5.0 → 1.4.2 (to entry 1)"
    assert git(stage, "show", "--numstat", "--format=").split() == ["4", "6", f"Pulumi.{STACK}.yaml"]
    assert git(stage, "status", "--porcelain") == ""
    record_property(
        "history",
        ("replaced; capacity raised and api rolled out since", "1.4.2 is made anew; max stays 10, api stays", "0"),
    )

    with Observer(stage.client("elbv2")) as seen:
        rollback(stage, "web", "--to", "2")
    assert seen.lowest >= 2
    assert seen.failed_s == 0
    assert differences(second, inventory(stage)) == []
    assert declared(stage) == {"1.5.0": 100}
    record_property("history", ("a rollback, targeted", "is undone by --to: item by item as after entry 2", "0"))

    # The file is as nobody committed it, and as the last update had it: the history has it.
    assert git(stage, "status", "--porcelain") == f"M Pulumi.{STACK}.yaml"
    found = rollback(stage, "web", "--to", "1.4.2", "--program-of-then")
    assert "the program of then runs: commit" in "\n".join(review(found)["notes"])
    assert stage.outputs()["program"] == "first"
    assert served(stage) == {"1.4.2": 100}
    assert git(stage, "worktree", "list").count("\n") == 0
    record_property(
        "history", ("another program since", "the difference is shown; --program-of-then runs the commit's", "0")
    )


def test_a_standby_takes_the_traffic_at_once_and_neither_failures_nor_a_broken_neighbour_stand_in_the_way(
    stage: Stage, record_property: Record
) -> None:
    api = made("3.0.0")
    configure(stage, made("1.4.2"), made("1.5.0", GOOD_TOO, weight=0), api=api)
    stage.up("--skip-preview")
    before = inventory(stage)
    configure(stage, made("1.4.2", weight=0), made("1.5.0", GOOD_TOO), api=api)
    stage.up("--skip-preview")
    mark = stage.mark()
    found = rollback(stage, "web")
    calls, writes = until_traffic(stage, mark)
    record_property("traffic", ("with a standby", calls, writes))
    assert writes == "ModifyRule"
    assert stage.writes(mark) == ["ModifyRule"]
    assert "web 1.4.2 stands: it takes its share at once" in review(found)["notes"]
    assert differences(before, inventory(stage)) == []
    record_property("history", ("a standby was kept", "one rule update, and nothing boots", "0"))

    configure(stage, made("1.5.1", NEVER_HEALTHY), api=api)
    assert stage.pulumi("up", "--yes", "--skip-preview", "--stack", STACK).code != 0
    found = rollback(stage, "web")
    assert (review(found)["entry"], review(found)["passed"][0]) == (1, "entry 4 failed")
    assert differences(before, inventory(stage)) == []
    assert declared(stage) == {"1.4.2": 100, "1.5.0": 0}
    record_property(
        "history", ("the newest update failed before it moved traffic", "what serves stays; what failed goes", "0")
    )

    # Both at once: web goes to a release that turns out bad, api to one that is never healthy.
    configure(stage, made("1.4.2", weight=0), made("1.5.0", GOOD_TOO), api=made("3.1.0", NEVER_HEALTHY))
    assert stage.pulumi("up", "--yes", "--skip-preview", "--stack", STACK).code != 0
    assert served(stage) == {"1.4.2": 0, "1.5.0": 100}
    mark = stage.mark()
    with Observer(stage.client("elbv2")) as seen:
        rollback(stage, "web")
    assert seen.lowest >= 2
    assert seen.failed_s == 0
    assert served(stage) == {"1.4.2": 100, "1.5.0": 0}
    assert stage.writes(mark) == ["ModifyRule"]
    assert served(stage, "api") == {"3.0.0": 100, "3.1.0": 0}
    assert declared(stage, "api") == {"3.1.0": 100}
    record_property(
        "history",
        ("a neighbour's gate fails, web's traffic has moved", "web goes back alone; the neighbour is left", "0"),
    )

    # The neighbour's key is gone by mistake: its own guard refuses every update of the whole stack.
    text = file(stage)
    configure(stage, made("1.4.2", weight=0), made("1.5.0", GOOD_TOO))
    assert stage.pulumi("up", "--yes", "--stack", STACK).code != 0
    found = rollback(stage, "web", "--to", "1.5.0")
    assert served(stage) == {"1.4.2": 0, "1.5.0": 100}
    assert served(stage, "api") == {"3.0.0": 100, "3.1.0": 0}
    (stage.folder / f"Pulumi.{STACK}.yaml").write_text(text)
    record_property(
        "history", ("a neighbour's key is gone, its guard refuses every update", "web goes back alone", "0")
    )
