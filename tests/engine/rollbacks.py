"""Rollbacks as tests run them: the command, its events, what serves by the cloud's account, a project under git."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import yaml

from tests.engine.catalogue import GOOD, release, service
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
