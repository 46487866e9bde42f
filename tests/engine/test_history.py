"""The history on the real engine: what each kind of entry tells of what served, on each backend that runs here."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.engine import postgres
from tests.engine.catalogue import GOOD, GOOD_TOO, NEVER_HEALTHY, release, service
from tests.engine.killer import Killer, Moment, killed_update
from tests.engine.stage import STACK, Stage

SECRET = "hunter2"


def history(stage: Stage, *arguments: str) -> dict[str, Any]:
    """`python -m operations history --json`."""
    where = ("--stack", STACK, "--project", str(stage.folder))
    run = stage.run(sys.executable, "-m", "operations", "history", *where, "--json", *arguments)
    assert run.code == 0, run.text
    assert SECRET not in run.text
    # On S3 the engine's SDK says something of checksums before.
    return json.loads(run.text[run.text.index("{\n") :])


def weights(entry: dict[str, Any]) -> dict[str, dict[str, int]]:
    """By service and label."""
    return {
        name: {one["label"]: one["weight"] for one in releases.values()} for name, releases in entry["served"].items()
    }


def commit(stage: Stage) -> str:
    """Put the program under git; the commit."""
    for words in (("init", "-q"), ("add", "Pulumi.yaml"), ("commit", "-qm", "The program")):
        run = stage.run("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *words)
        assert run.code == 0, run.text
    return stage.run("git", "rev-parse", "HEAD").text.strip()


def configure(stage: Stage, web: list[dict[str, Any]], api: list[dict[str, Any]]) -> None:
    gate = {"timeout_s": 8}
    stage.configure(
        {"web": service(*web, gate=gate), "api": service(*api, gate=gate, route={"priority": 2, "paths": ["/api/*"]})}
    )


def old(weight: int) -> dict[str, Any]:
    return release("1.4.2", GOOD, drain_s=0, weight=weight)


def new(weight: int) -> dict[str, Any]:
    return release("1.5.0", GOOD_TOO, drain_s=0, weight=weight)


def test_each_kind_of_entry_tells_what_served_and_a_killed_update_is_seen(stage: Stage) -> None:
    head = commit(stage)
    configure(stage, [old(100)], [old(100), new(0)])
    stage.must("config", "set", "--stack", STACK, "--secret", "other:token", SECRET)
    stage.up("--skip-preview", "--message", "The first <b>one</b>")
    # Only web is a target; what the config wants of api is not done.
    configure(stage, [old(50), new(50)], [old(0), new(100)])
    urn = f"urn:pulumi:{STACK}::immutable::immutable:aws:Service"
    stage.up("--skip-preview", "--target", f"{urn}::web", "--target", f"{urn}$**::web*")
    # web's traffic moves; api's new release is never healthy.
    bad = release("1.6.0", NEVER_HEALTHY, drain_s=0, weight=1)
    configure(stage, [old(0), new(100)], [old(100), new(0), bad])
    assert stage.pulumi("up", "--yes", "--skip-preview", "--stack", STACK).code != 0
    first, targeted, failed = (found := history(stage))["entries"]
    assert (found["unfinished"], found["missing"]) == (None, None)

    assert [entry["number"] for entry in found["entries"]] == [1, 2, 3]
    assert (first["message"], first["author"], first["commit"]) == ("The first <b>one</b>", "Ann", head)
    assert (first["kind"], first["result"], first["dirty"], first["targeted"]) == ("update", "succeeded", True, False)
    assert first["secrets"] == ["other:token"]
    assert weights(first) == {"web": {"1.4.2": 100}, "api": {"1.4.2": 100, "1.5.0": 0}}
    assert {one["image"] for one in first["served"]["api"].values()} == {GOOD, GOOD_TOO}
    groups = stage.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    told = {one["group"] for releases in failed["served"].values() for one in releases.values()}
    assert told == {group["AutoScalingGroupName"] for group in groups}

    assert (targeted["message"], targeted["targeted"], targeted["secrets"]) == ("The program", True, [])
    assert weights(targeted) == {"web": {"1.4.2": 50, "1.5.0": 50}, "api": {"1.4.2": 100, "1.5.0": 0}}
    assert {"path": "services.api.releases[1.4.2].weight", "before": "100", "after": "0"} in targeted["config"]
    # The output is no witness: it has what the config wants of api, which was no target.
    assert {one["label"]: one["weight"] for one in stage.outputs()["services"]["api"].values()} == {
        "1.4.2": 0,
        "1.5.0": 100,
    }

    assert (failed["result"], failed["targeted"]) == ("failed", False)
    assert weights(failed) == {"web": {"1.4.2": 0, "1.5.0": 100}, "api": {"1.4.2": 100, "1.5.0": 0, "1.6.0": 0}}

    configure(stage, [release("1.7.0", GOOD, drain_s=0, weight=0), new(100)], [old(100), new(0)])
    with Killer(stage.environment["AWS_ENDPOINT_URL"]) as killer:
        engine, *_ = killed_update(stage, killer, Moment("CreateAutoScalingGroup", 1, "answered", "all"))
    left = history(stage, "--limit", "1")
    assert [entry["number"] for entry in left["entries"]] == [3]
    assert any("1.7.0" in name for name in left["unfinished"]["changed"]), left["unfinished"]
    assert f"(pid {engine.pid}) since " in left["unfinished"]["locks"][0]
    assert any(name.startswith(("creating", "updating")) for name in left["unfinished"]["pending"]), left["unfinished"]
    stage.must("cancel", "--yes", "--stack", STACK)
    stage.must("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", STACK)
    (refresh,) = (found := history(stage, "web", "--limit", "1"))["entries"]
    assert found["unfinished"] is None
    assert (refresh["number"], refresh["kind"], refresh["result"]) == (4, "refresh", "succeeded")
    assert any("1.7.0" in name for name in refresh["unrecorded"]), refresh
    _is_drawn(stage)


def _is_drawn(stage: Stage) -> None:
    """The same, as a table and as a page."""
    where = ("--stack", STACK, "--project", str(stage.folder))
    command = (sys.executable, "-m", "operations", "timeline", *where)
    table = stage.run("env", "COLUMNS=100", *command)
    assert (table.code, "The first <b>one</b>" in table.text, "killed" in table.text) == (0, True, True), table.text
    file = stage.folder / "timeline.html"
    page = stage.run(*command, "--html", str(file))
    assert page.code == 0, page.text
    text = file.read_text()
    assert SECRET not in text
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    assert [one["number"] for one in data["entries"]] == [1, 2, 3, 4]
    assert data["services"] == ["api", "web"]
    assert ["other:token", "[secret]"] in data["entries"][0]["set"]


def test_s3_keeps_the_same(stage: Stage) -> None:
    stage.client("s3").create_bucket(
        Bucket="state", CreateBucketConfiguration={"LocationConstraint": stage.environment["AWS_REGION"]}
    )
    endpoint = stage.environment["AWS_ENDPOINT_URL"].removeprefix("http://")
    where = f"endpoint={endpoint}&disableSSL=true&s3ForcePathStyle=true&region=eu-west-1"
    _is_kept(stage, f"s3://state/of/teams?{where}")


def test_postgresql_keeps_the_same(stage: Stage) -> None:
    programs = postgres.installed()
    if programs is None:
        pytest.skip("there is no PostgreSQL server; Debian's package is `postgresql`")
    with postgres.server(programs) as url:
        _is_kept(stage, f"{url}&table=team_state")


def _is_kept(stage: Stage, backend: str) -> None:
    """An update and a destroy in another backend, told as on a file backend."""
    stage.environment["PULUMI_BACKEND_URL"] = backend
    stage.configure({"web": service(old(100), gate={"timeout_s": 8})})
    stage.must("stack", "init", STACK)
    assert history(stage)["entries"] == []
    stage.up("--skip-preview", "--message", "The first")
    stage.must("destroy", "--yes", "--skip-preview", "--stack", STACK)
    # What leads to the cloud does not lead to the backend: its URL does.
    stage.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    found = history(stage)
    assert (found["missing"], found["unfinished"]) == (None, None)
    first, destroyed = found["entries"]
    assert (first["number"], first["message"], weights(first)) == (1, "The first", {"web": {"1.4.2": 100}})
    assert (destroyed["number"], destroyed["kind"], destroyed["served"]) == (2, "destroy", {})
    assert destroyed["traffic"] == {"web": "web: 1.4.2 at 100 % → gone"}
    assert [one["number"] for one in history(stage, "--limit", "1")["entries"]] == [2]
