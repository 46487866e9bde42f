"""An instance that is what its release says has no drift; with one thing changed it has that one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from operations.drift.fleets import drift_of, loose
from operations.drift.held import Fleet
from operations.drift.look import Instance, Seen

FLEET = Fleet(
    service="web",
    release="web-1.5.0-3f9a1c2b",
    group="web-2026",
    template="lt-1",
    target_group="arn:tg",
    image="ami-1",
    types=("m7g.large", "m6g.large"),
    user_data="IyEvYmluL3NoCg==",
    security_groups=frozenset({"sg-1"}),
    profile="arn:aws:iam::123456789012:instance-profile/web",
)
GOOD = Instance(
    id="i-1",
    image="ami-1",
    type="m6g.large",
    security_groups=frozenset({"sg-1"}),
    profile="arn:aws:iam::123456789012:instance-profile/web",
    needs_token=True,
    template="lt-1",
    version="1",
    release="web-1.5.0-3f9a1c2b",
    is_in_a_group=True,
    user_data="IyEvYmluL3NoCg==",
    lifecycle="InService",
)


def said(*instances: Instance, **seen: Any) -> list[str]:
    """The sentences of the fleet with these instances, without the release that each begins with."""
    given: dict[str, Any] = {"targets": frozenset({one.id for one in instances}), "suspended": {}, **seen}
    world = Seen(instances, **given)
    found = list(drift_of(FLEET, world))
    assert {(one.service, one.release) for one in found} <= {("web", FLEET.release)}
    return [one.said.removeprefix("web-1.5.0-3f9a1c2b: ") for one in found]


def test_a_fleet_as_its_release_says_has_none() -> None:
    assert said(GOOD, replace(GOOD, id="i-2", type="m7g.large"), replace(GOOD, id="i-3", lifecycle="Pending")) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"image": "ami-2"}, "i-1 runs ami-2, the release says ami-1"),
        ({"type": "t3.micro"}, "i-1 is a t3.micro, the release says m7g.large or m6g.large"),
        ({"user_data": ""}, "i-1 has the user data none, the release says sha256 a8076d3d"),
        (
            {"security_groups": frozenset({"sg-2", "sg-1"})},
            "i-1 has the security groups sg-1, sg-2, its launch template says sg-1",
        ),
        (
            {"profile": "arn:aws:iam::123456789012:instance-profile/admin"},
            "i-1 has the instance profile admin, its launch template says web",
        ),
        (
            {"needs_token": False},
            "i-1 answers metadata requests without a token (IMDSv1), the release says that one is required",
        ),
        (
            {"version": "2", "image": "ami-2", "type": "t3.micro"},
            "i-1 was launched from version 2 of its launch template and runs ami-2, "
            "the release is version 1 with ami-1",
        ),
        (
            {"template": "", "image": "ami-2", "needs_token": False},
            "i-1 was attached by hand: launched from no launch template, it runs ami-2 on m6g.large",
        ),
        ({"release": ""}, "i-1 was attached by hand: launched from launch template lt-1, it runs ami-1 on m6g.large"),
        ({"lifecycle": "Standby"}, "i-1 is in Standby, and serves nobody"),
        ({"is_protected": True}, "i-1 is protected from scale-in"),
    ],
)
def test_one_thing_that_was_changed_is_one_sentence(changed: dict[str, Any], sentence: str) -> None:
    assert said(replace(GOOD, **changed)) == [sentence]


def test_targets_that_the_group_does_not_own_and_suspended_processes_are_told() -> None:
    assert said(GOOD, targets=frozenset({"i-1", "i-9"}), suspended={"Terminate": "User suspended"}) == [
        "its Auto Scaling group has Terminate suspended (User suspended)",
        "i-9 is a target of its target group, and not of its Auto Scaling group",
    ]


def test_what_runs_in_no_group_is_its_services_by_its_tag() -> None:
    (found,) = loose([replace(GOOD, is_in_a_group=False)], [FLEET])
    assert (found.service, found.said, found.remedy) == (
        "web",
        "web-1.5.0-3f9a1c2b: i-1 runs with its tags, and in no Auto Scaling group",
        "aws ec2 terminate-instances --instance-ids i-1",
    )
