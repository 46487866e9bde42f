"""What a service goes back to: the content of each release, found by its digest, as today's settings understand it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from components.layouts import plan
from components.release import Release
from operations.errors import OperationError
from operations.history.entries import Entry
from operations.history.state import Served
from operations.rollback.goal import Goal, Raw, goal_of
from tests.operations.histories import entry


def raw(version: str, **changed: Any) -> Raw:
    made: Raw = {
        "version": version,
        "image": "ami-00000000000000140",
        "instance_types": ["t3.micro"],
        "port": 8080,
        "health": {"path": "/healthz"},
    }
    return made | changed


def stood(*releases: Raw, folder: Path = Path()) -> dict[str, Served]:
    """What serves once these are made."""
    found: dict[str, Served] = {}
    for one in releases:
        release = Release.model_validate_json(json.dumps(one), context={"root": folder})
        found[plan("web", release).name] = Served(release.label, release.image, release.weight, "web-1")
    return found


def update(number: int, *releases: Raw, left: dict[str, Served], **changed: Any) -> Entry:
    config = {"immutable:services": json.dumps({"web": {"releases": releases}})}
    return entry(number, {"web": left}, **{"config": config, "targeted": False, **changed})


def goal(made: Entry, *others: Entry, today: tuple[Raw, ...] = (raw("1.5.0"),), folder: Path = Path()) -> Goal:
    return goal_of(made, "web", [*others, made], today, folder)


def test_the_releases_are_those_that_served_with_their_weights() -> None:
    releases = raw("1.4.2", weight=90), raw("1.5.0", weight=10)
    found = goal(update(1, *releases, left=stood(*releases)))
    assert (str(found), list(found.weights.values())) == ("1.4.2 at 90 %, 1.5.0 at 10 %", [90, 10])
    assert [one["version"] for one, _ in found.entries] == ["1.4.2", "1.5.0"]


def test_what_todays_file_has_is_written_as_it_has_it() -> None:
    today = raw("1.4.2", health={"path": "/healthz", "interval_s": 10})
    found = goal(update(1, raw("1.4.2"), left=stood(raw("1.4.2"))), today=(today,))
    assert found.entries == [(today, 100)]


def test_of_a_failed_update_only_what_had_traffic_and_the_standbys_that_it_asked_for() -> None:
    before = update(1, raw("1.4.2"), left=stood(raw("1.4.2")))
    standby, tried = raw("1.3.0", weight=0), raw("1.5.1")
    left = stood(raw("1.4.2"), standby, tried | {"weight": 0})
    failed = update(2, standby, tried, left=left, result="failed")
    assert [(one["version"], weight) for one, weight in goal(failed, before).entries] == [("1.4.2", 100), ("1.3.0", 0)]


def test_a_key_that_is_no_longer_known_is_left_out_where_the_release_is_the_same_without() -> None:
    old = raw("1.4.2", owner="ann", health={"path": "/healthz", "why": "quick"})
    found = goal(update(1, old, left=stood(raw("1.4.2"))))
    assert found.entries == [(raw("1.4.2"), 100)]
    assert found.migrated == (
        "1.4.2: health.why is no longer known and was left out",
        "1.4.2: owner is no longer known and was left out",
    )


def test_an_older_schema_that_makes_another_release_today_is_refused_with_each_reason() -> None:
    old = raw("1.4.2", ebs_optimized=True, health={"path": "/healthz", "retries": 3})
    left = {"web-1.4.2-0123abcd": Served("1.4.2", "ami-1", 100, "web-1")}
    with pytest.raises(OperationError) as refused:
        goal(update(1, old, left=left))
    assert str(refused.value) == (
        "1.4.2 of entry 1 can't be made again as it was:\n"
        "  1.4.2: health.retries: is an unknown key. Known here: codes, healthy_threshold, interval_s, path, "
        "timeout_s, unhealthy_threshold\n"
        "  1.4.2: ebs_optimized: is an unknown key. Known here: "
        f"{', '.join(sorted(Release.model_fields))}\n"
        "Go back to another entry, or roll out a release with its image"
    )


def test_a_file_with_another_content_than_then_is_refused(tmp_path: Path) -> None:
    (tmp_path / "boot.sh").write_text("#!/bin/sh\n")
    pinned = {"file": "boot.sh", "sha256": hashlib.sha256(b"#!/bin/sh\n").hexdigest()}
    made = update(1, raw("1.4.2", user_data=pinned), left=stood(raw("1.4.2", user_data=pinned), folder=tmp_path))
    assert str(goal(made, folder=tmp_path)) == "1.4.2"
    (tmp_path / "boot.sh").write_text("#!/bin/bash\n")
    with pytest.raises(OperationError, match="has another content than its sha256 says"):
        goal(made, folder=tmp_path)


def test_a_release_that_no_config_has_is_named() -> None:
    left = {"web-1.4.2-0123abcd": Served("1.4.2", "ami-1", 100, "web-1")}
    with pytest.raises(OperationError, match=r"1\.4\.2 of entry 1 can't be made again as it was: no config"):
        goal(update(1, left=left, targeted=True))
