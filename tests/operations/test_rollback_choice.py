"""Which entry a rollback goes back to, and why none of the newer ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.errors import OperationError
from operations.history.entries import Entry
from operations.history.state import Served
from operations.rollback.choice import Choice, choose
from tests.operations.histories import entry

State = dict[str, int]


def served(state: State, service: str = "web") -> dict[str, dict[str, Served]]:
    return {
        service: {
            f"{service}-{label}-3f9a": Served(label, "ami-1", weight, f"{service}-{label}")
            for label, weight in state.items()
        }
    }


def update(number: int, left: State, asked: State | None = None, **changed: Any) -> Entry:
    """An update that asked for `asked` and left `left`: the same, if it is not given."""
    releases = [{"version": label, "weight": weight} for label, weight in (asked or left).items()]
    config = {"immutable:services": json.dumps({"web": {"releases": releases}})}
    return entry(number, served(left), **{"config": config, "targeted": False, **changed})


def history(*states: State) -> list[Entry]:
    return [update(number, state) for number, state in enumerate(states, 1)]


def last_good(entries: list[Entry], now: State, today: State | None = None) -> Choice:
    return choose(entries, served(now), ["web"], None, update(0, today).config if today else {})


A, B, C = {"1.4.2": 100}, {"1.5.0": 100}, {"1.6.0": 100}
HALF = {"1.4.2": 50, "1.5.0": 50}
CANARY = {"1.4.2": 90, "1.5.0": 10}


def test_what_served_before_is_gone_back_to() -> None:
    found = last_good(history(A, B), B)
    assert (found.entry.number, found.passed) == (1, ("entry 2 left what serves now",))


def test_no_share_of_a_canary_that_became_what_serves_is_gone_back_to() -> None:
    found = last_good(history(A, CANARY, HALF, B), B)
    assert found.entry.number == 1
    assert found.passed[1:] == (
        "entry 3 shared the traffic with all that serve now",
        "entry 2 shared the traffic with all that serve now",
    )
    assert last_good(history(A, CANARY, HALF), HALF).entry.number == 1


def test_what_was_taken_back_is_not_gone_back_to() -> None:
    found = last_good(history(C, A, B, A), A)
    assert found.entry.number == 1
    assert "entry 3 was taken back by entry 4" in found.passed
    with pytest.raises(OperationError, match=r"no entry to go back to unasked.*\n  entry 3 left what serves now\n"):
        last_good(history(A, B, A), A)


def test_what_did_not_end_well_or_is_no_whole_update_is_passed_over_with_its_reason() -> None:
    entries = [
        update(1, A),
        update(2, C),
        update(3, A | {"1.5.0": 0}, {"1.5.0": 100}, result="failed"),
        update(4, HALF, targeted=True),
        update(5, HALF, kind="refresh"),
        entry(6),
        update(7, HALF, A),
        update(8, B),
    ]
    assert last_good(entries, B).passed == (
        "entry 8 left what serves now",
        "entry 7 did not leave what its config asks for of web",
        "entry 6 does not tell what served after it",
        "entry 5 is no update: refresh",
        "entry 4 left a part of the stack alone",
        "entry 3 failed",
        "entry 2 was taken back by entry 3",
    )
    assert last_good(entries, B).entry.number == 1


def test_a_failed_update_that_moved_no_traffic_is_what_is_undone() -> None:
    entries = [update(1, C), update(2, A), update(3, A | {"1.5.0": 0}, B, result="failed")]
    assert last_good(entries, A | {"1.5.0": 0}).entry.number == 2


def test_a_failed_update_that_moved_the_traffic_is_gone_back_from() -> None:
    entries = [update(1, C), update(2, A), update(3, {"1.4.2": 0, "1.5.0": 100}, B, result="failed")]
    found = last_good(entries, {"1.4.2": 0, "1.5.0": 100})
    assert (found.entry.number, found.passed) == (2, ("entry 3 failed",))


def test_a_killed_update_is_undone_though_it_left_no_entry() -> None:
    assert last_good(history(C, A), A | {"1.5.0": 0}, today=B).entry.number == 2
    assert last_good(history(C, A), {"1.4.2": 0, "1.5.0": 100}, today=B).entry.number == 2
    left = A | {"1.5.0": 0}
    recovered = [*history(C, A), update(3, left, kind="refresh")]
    assert last_good(recovered, left, today=B).entry.number == 2


def test_a_rollback_that_failed_or_was_killed_is_not_undone_but_goes_on() -> None:
    left = B | {"1.4.2": 0}
    failed = update(3, left, A, result="failed", targeted=True)
    assert last_good([*history(A, B), failed], left, today=B).entry.number == 1
    assert last_good(history(A, B), left, today=A).entry.number == 1
    # Its traffic is back, and what served before still stands: nothing older is gone back to.
    left = A | {"1.5.0": 0}
    failed = update(4, left, A, result="failed", targeted=True)
    assert last_good([*history(C, A, B), failed], left, today=A).entry.number == 2


def test_a_share_of_a_canary_that_failed_is_no_place_to_stay_at() -> None:
    entries = [*history(A, CANARY), update(3, CANARY, HALF, result="failed")]
    assert last_good(entries, CANARY).entry.number == 1


def test_the_failure_of_a_neighbour_undoes_nothing() -> None:
    entries = [update(1, A), update(2, B), update(3, B, result="failed")]
    assert last_good(entries, B).entry.number == 1


def test_weights_of_equal_shares_are_the_same_traffic() -> None:
    entries = history(A, {"1.4.2": 1, "1.5.0": 1}, HALF)
    assert last_good(entries, HALF).entry.number == 1


def test_an_entry_is_named_by_its_number_whatever_became_of_it() -> None:
    entries = [*history(A, B), update(3, HALF, targeted=True)]
    assert choose(entries, served(B), ["web"], "3", {}).entry.number == 3
    with pytest.raises(OperationError, match="There is no entry 9: the history has 1 to 3"):
        choose(entries, served(B), ["web"], "9", {})
    with pytest.raises(OperationError, match=r"After entry 1 no api served\. There served: web"):
        choose(entries, served(B), ["api"], "1", {})
    with pytest.raises(OperationError, match="It is not known what served after entry 1"):
        choose([entry(1)], served(B), ["web"], "1", {})


def test_a_version_is_the_newest_entry_in_which_it_had_all_of_the_traffic() -> None:
    entries = [*history(A, B, A, HALF), update(5, A, targeted=True), update(6, B)]
    assert choose(entries, served(B), ["web"], "1.4.2", {}).entry.number == 3
    assert choose([update(1, A, targeted=True), update(2, B)], served(B), ["web"], "1.4.2", {}).entry.number == 1
    with pytest.raises(
        OperationError, match=r"1\.4\.2 never had all of web's traffic.*after entry 2 \(50 %\), 1 \(90 %\)"
    ):
        choose(history(CANARY, HALF, B), served(B), ["web"], "1.4.2", {})
    with pytest.raises(OperationError, match=r"No entry of the history knows that 1\.4 served web"):
        choose(entries, served(B), ["web"], "1.4", {})


def test_nothing_is_gone_back_to_where_there_was_no_update() -> None:
    with pytest.raises(OperationError, match="The stack has never been updated"):
        choose([], {}, ["web"], None, {})


@given(st.lists(st.sampled_from([A, B, C, CANARY, HALF]), min_size=1, max_size=12))
def test_the_last_good_one_never_has_all_that_serve_now_and_is_no_state_that_was_left_by_going_back(
    states: list[State],
) -> None:
    now = states[-1]
    line: list[State] = []
    for state in states:
        line = line[: line.index(state) + 1] if state in line else [*line, state]
    wanted = [state for state in line if not {*now} <= {*state}]
    try:
        found = last_good(history(*states), now)
    except OperationError:
        assert not wanted
    else:
        assert states[found.entry.number - 1] == wanted[-1]
