"""Rollbacks on the real engine: histories made by real updates, and what going back does with each."""

from __future__ import annotations

from tests.engine.catalogue import GOOD_TOO, NEVER_HEALTHY
from tests.engine.inventory import differences, inventory
from tests.engine.observer import Observer
from tests.engine.rollbacks import (
    Record,
    configure,
    declared,
    file,
    git,
    made,
    review,
    rollback,
    save,
    served,
    under_git,
    until_traffic,
)
from tests.engine.stage import STACK, Stage


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
