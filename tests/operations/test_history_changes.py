"""What an entry changed, in a few words, and the table of it."""

from __future__ import annotations

import json
from datetime import UTC
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from components.config_errors import ConfigError
from operations.history.changes import Told, tell
from operations.history.command import of_service
from operations.history.config_lines import brief, differences, lines
from operations.history.entries import Entry, config_of, settings_of
from operations.history.table import as_json, as_table, duration
from tests.operations.histories import config, entry, releases
from tests.operations.long_history import long_history

LONG = long_history(200)
OLD, BOTH, NEW = releases(v1_4_2=100), releases(v1_4_2=90, v1_5_0=10), releases(v1_4_2=0, v1_5_0=100)


def told(*entries: Entry) -> list[Told]:
    return tell(entries)


def test_traffic_is_told_by_service_and_going_back_by_the_entry_that_it_goes_back_to() -> None:
    first, same, canary, back = told(*(entry(at + 1, {"web": one}) for at, one in enumerate([OLD, OLD, BOTH, OLD])))
    assert first.traffic == {"web": "web: new, 1.4.2 at 100 %"}
    assert (same.traffic, same.back_to) == ({}, None)
    assert canary.traffic == {"web": "web: 1.4.2 at 100 % → 1.4.2 at 90 %, 1.5.0 at 10 %"}
    assert (back.traffic["web"].partition("→ ")[2], back.back_to) == ("1.4.2 at 100 %", 2)
    assert [one.back_to for one in tell([canary.entry, back.entry], same.entry)] == [None, 2]


def test_a_standby_is_no_traffic_and_a_way_forward_is_no_way_back() -> None:
    standby = releases(v1_4_2=100, v1_5_0=0)
    found = told(*(entry(at + 1, {"web": one}) for at, one in enumerate([OLD, standby, NEW, {}, OLD])))
    assert [one.back_to for one in found] == [None, None, None, None, None]
    assert found[3].traffic == {"web": "web: 1.4.2 at 0 %, 1.5.0 at 100 % → gone"}


def test_where_it_is_not_known_what_served_nothing_is_made_up() -> None:
    unknown, after = told(entry(1), entry(2, {"web": OLD}))
    assert (unknown.traffic, after.traffic, unknown.back_to) == ({}, {}, None)


def test_a_release_that_comes_or_goes_is_one_line() -> None:
    found = differences(config("1.4.2", "1.5.0"), config("1.5.0", "1.6.0", capacity={"min": 2, "max": 12}))
    assert brief(found) == [
        "services.web.capacity.max: 8 → 12",
        "services.web.releases[1.4.2]: gone",
        "services.web.releases[1.6.0]: new",
    ]


def test_lists_go_by_place_where_versions_do_not_tell() -> None:
    twice = [{"version": "1.0.0", "weight": 1}, {"version": "1.0.0", "revision": 1}]
    assert lines({"a:b": json.dumps(twice)}) == {
        "a:b[1.0.0].version": "1.0.0",
        "a:b[1.0.0].weight": "1",
        "a:b[1.0.0+1].version": "1.0.0",
        "a:b[1.0.0+1].revision": "1",
    }
    assert lines({"a:b": json.dumps([twice[0], twice[0], 3])}).keys() == {
        *(f"a:b[{place}].{key}" for place in (0, 1) for key in ("version", "weight")),
        "a:b[2]",
    }
    assert lines({"a:b": "not {json", "immutable:retired": "[]"}) == {"a:b": "not {json", "retired": "[]"}


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab1", max_size=2)
LISTS = st.lists(SCALARS, max_size=3)
VALUES = SCALARS | LISTS | st.dictionaries(st.sampled_from("abc"), SCALARS | LISTS, max_size=3)
CONFIGS = st.dictionaries(st.sampled_from(["a:x", "immutable:y", "z:z"]), VALUES.map(json.dumps))


@given(CONFIGS, CONFIGS)
def test_what_differs_is_exactly_what_turns_one_config_into_the_other(
    before: dict[str, str], after: dict[str, str]
) -> None:
    turned: dict[str, Any] = lines(before)
    for one in differences(before, after):
        assert turned.pop(one.path, None) == one.before
        if one.after is not None:
            turned[one.path] = one.after
    assert turned == lines(after)


def test_a_secret_is_a_mark_and_its_key() -> None:
    one = entry(1, config=config("1.4.2"), secrets=frozenset({"other:token"}))
    assert config_of(one)["other:token"] == "[secret]"
    assert as_json(told(one))[0]["secrets"] == ["other:token"]


def test_of_a_service_is_told_what_concerns_it() -> None:
    found = told(
        entry(1, {"web": OLD}, config=config("1.4.2")),
        entry(2, {"web": OLD}, config=config("1.4.2") | {"immutable:retired": "[]"}),
        entry(3, {"web": OLD}, config=config("1.4.2"), result="failed"),
        entry(4, {"web": OLD}, config=config("1.4.2", capacity={"min": 3, "max": 8})),
        entry(5, {"web": OLD}, config=config("1.4.2", capacity={"min": 3, "max": 8}), unrecorded=("Group web",)),
    )
    assert [one.entry.number for one in found if one.concerns("web")] == [1, 3, 4, 5]
    assert [one.entry.number for one in found if one.concerns("api")] == [3, 5]


@pytest.mark.parametrize(("count", "limit"), [(1, 1), (50, 7), (51, 7), (130, 20), (200, 60), (200, 500)])
def test_of_a_service_the_newest_entries_are_those_that_all_entries_have(count: int, limit: int) -> None:
    entries = LONG[:count]
    wanted = [one.entry.number for one in told(*entries) if one.concerns("web")]
    assert [one.entry.number for one in of_service(entries, "web", limit)] == wanted[-limit:]


def printed(*found: Told, width: int = 100, service: str | None = None) -> str:
    out = StringIO()
    Console(file=out, width=width, color_system=None).print(as_table(found, service, UTC))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines()).rstrip("\n") + "\n"


def test_the_table_is_readable_at_100_columns() -> None:
    text = printed(
        *told(
            entry(1, {"web": OLD}, message="[bold]The first[/bold] one"),
            entry(2, {"web": BOTH}, kind="refresh", result="failed", targeted=True, dirty=True, author="Ann Example"),
            entry(3, unrecorded=("Group web-1.6.0-00000000", "TargetGroup web-1.6.0-00000000"), served={"web": OLD}),
            entry(4),
        )
    )
    assert text == TABLE


TABLE = """\
# when           took who         result     after it                   what

1 01 Mar 09:30   48 s Ann         succeeded  web 1.4.2                  [bold]The first[/bold] one
  aaaaaaaa                                                              web: new, 1.4.2 at 100 %

2 01 Mar 10:30   48 s Ann Example refresh    web 1.4.2 at 90 %, 1.5.0   change 2
  aaaaaaaa dirty                  targeted   at 10 %                    web: 1.4.2 at 100 % → 1.4.2
                                  failed                                at 90 %, 1.5.0 at 10 %

                                  killed                                an update that left no entry
                                                                        changed Group
                                                                        web-1.6.0-00000000 and 1
                                                                        more

3 01 Mar 11:30   48 s Ann         succeeded  web 1.4.2                  change 3
  aaaaaaaa                                                              web: 1.4.2 at 90 %, 1.5.0 at
                                                                        10 % → 1.4.2 at 100 %
                                                                        back to what #1 served

4 01 Mar 12:30   48 s Ann         succeeded  not known                  change 4
  aaaaaaaa
"""


def test_times_are_as_long_as_people_need_them() -> None:
    assert [duration(one) for one in (None, 0.0, 48.0, 99.0, 180.0, 3900.0)] == [
        "",
        "0 s",
        "48 s",
        "99 s",
        "3 min",
        "1 h 5 min",
    ]


def test_todays_settings_say_why_they_do_not_understand_an_entry(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(entry(1, config=config("1.4.2"), secrets=frozenset({"immutable:network"})), tmp_path)
    assert {"network", "services.web.releases[0].instance_types"} <= {one.path for one in caught.value.problems}
