"""What is said of an update that has no entry."""

from __future__ import annotations

from operations.history.unfinished import Unfinished


def test_who_holds_the_lock_what_changed_and_the_way_out_are_one_sentence_each() -> None:
    changed = [f"Group web-1.{number}.0-00000000" for number in range(4)]
    held = "ann@laptop (pid 7) since 2026-03-01T09:30:00Z"
    found = Unfinished("prod", [held], changed, ["updating ListenerRule web"])
    assert str(found) == (
        f"An update without an entry runs, or was killed. {held} holds the lock. It changed: "
        "updating ListenerRule web, Group web-1.0.0-00000000, Group web-1.1.0-00000000, 2 more. "
        "If nobody's update runs: `pulumi cancel --yes --stack prod`, then `python -m operations recover --stack prod`"
    )
    assert str(Unfinished("prod", [], [], ["creating Group web"])) == (
        "An update without an entry runs, or was killed. It changed: creating Group web. If nobody's update runs: "
        "`pulumi cancel --yes --stack prod`, then `python -m operations recover --stack prod`"
    )
