"""The report: what it says of each kind of change, that it can be read, and that it fits into a comment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import layouts
from components.settings import Settings
from operations.review.plan import differences
from operations.review.preview import Violation
from operations.review.refusals import Refusal
from operations.review.report import LIMIT, Review, markdown
from operations.review.services import Change, Standing, changes_of, strategy
from operations.steps import Step


def standing(**weights: int) -> dict[str, Standing]:
    """Releases by name, each with its weight."""
    return {name: Standing(name, weight) for name, weight in weights.items()}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (standing(), standing(a=100), "first deploy"),
        (standing(a=100), standing(b=100), "replace"),
        (standing(a=100), standing(a=0, b=100), "replace, the old one stays as a standby"),
        (standing(a=100), standing(a=100, b=0), "blue/green: a standby comes up"),
        (standing(a=100, b=0), standing(a=0, b=100), "switch to a standby: one rule update"),
        (standing(a=100, b=0), standing(b=100), "switch to a standby: one rule update"),
        (standing(a=0, b=100), standing(b=100), "a standby leaves"),
        (standing(a=100), standing(a=95, b=5), "canary at 5 %"),
        (standing(a=95, b=5), standing(a=75, b=25), "weights move between releases that stand"),
        (standing(a=95, b=5), standing(a=100), "back: b leaves"),
        (standing(a=5, b=95), standing(b=100), "back: a leaves"),
        (standing(a=95, b=5), standing(b=100), "a leaves"),
        (standing(a=100), standing(), "end of the service"),
        (standing(a=100), standing(a=50), "no release changes"),
    ],
)
def test_an_edit_of_the_list_has_a_name(old: dict[str, Standing], new: dict[str, Standing], expected: str) -> None:
    assert strategy(old, new) == expected


def settings(*releases: dict[str, Any]) -> Settings:
    """The config of one service."""
    service = {"releases": list(releases), "capacity": {"min": 2, "max": 8}, "route": {"priority": 1, "paths": ["/*"]}}
    return Settings.model_validate_json(json.dumps({"services": {"web": service}}))


def release(version: str, **given: Any) -> dict[str, Any]:
    """One entry."""
    return {"version": version, "image": "ami-00000001", "instance_types": ["t3.micro"], "port": 80, **given}


def test_a_new_version_is_told_in_a_line_with_what_boots_and_what_going_back_takes() -> None:
    old, new = settings(release("1.4.0")), settings(release("1.5.0", image="ami-00000002", user_data="#!/bin/sh\ntrue"))
    name = next(iter(_names(old)))
    (change,) = changes_of(old, {"web": {name: {"label": "1.4.0", "weight": 100, "group": "g"}}}, new, [], {}, {"g": 5})
    assert change.line == "web: 1.4.0 at 100 % → 1.5.0 at 100 %"
    assert change.strategy == "replace"
    assert change.boots == ("image: ami-00000001 → ami-00000002", "user_data:  → 2 lines")
    assert change.image == "ami-00000002 (age not known)"
    assert change.extra == "5 instances beside 5, until the gate opens (900 s at most), then 60 s of draining"
    assert change.rollback == "put 1.4.0 back into the list: 5 instances boot first"


def test_a_standby_makes_going_back_one_rule_update() -> None:
    old, new = settings(release("1.4.0")), settings(release("1.4.0", weight=0), release("1.5.0"))
    name = next(iter(_names(old)))
    (change,) = changes_of(old, {"web": {name: {"label": "1.4.0", "weight": 100, "group": "g"}}}, new, [], {}, None)
    assert change.rollback == "one rule update: what serves now stays"
    assert change.extra == "2 instances beside those that serve, as long as both stand"


def _names(given: Settings) -> list[str]:
    return [layouts.plan("web", one).name for one in given.services["web"].releases]


def review(**given: Any) -> Review:
    """A review."""
    plain: dict[str, Any] = {
        "stack": "dev", "changes": [], "steps": [], "refusals": [], "violations": [], "errors": [], "plan": None
    }  # fmt: skip
    return Review(**{**plain, **given})


def test_a_refused_review_says_so_first_with_every_reason() -> None:
    found = review(
        refusals=[Refusal("data-touched", "files", "files would be deleted", "Say so")],
        violations=[
            Violation("no-key-pairs", True, "web", "keyName is ops"),
            Violation("drained", False, "web", "0 s"),
        ],
    )
    lines = markdown(found).splitlines()
    assert lines[0] == "<!-- immutable-review dev -->"
    assert lines[2] == "## ⛔ `dev`: refused"
    assert lines[4:6] == [
        "- **data-touched**: files would be deleted. Say so.",
        "- **no-key-pairs** (web): keyName is ops",
    ]
    assert found.refused


def test_an_approved_plan_is_named() -> None:
    assert "operations apply --stack dev --plan plan.json" in markdown(review(plan="plan.json"))
    assert "apply" not in markdown(review())


def test_advice_does_not_refuse() -> None:
    assert not review(violations=[Violation("drained", False, "web", "0 s")]).refused


def test_what_people_wrote_can_not_break_the_page() -> None:
    why = "a|b <details> `x` [y](javascript:alert(1)) *z*\n# heading"
    text = markdown(review(refusals=[Refusal("r", "n", why, "w")]))
    assert "<details>" not in text
    assert "\n# heading" not in text
    assert "[y](" not in text


@given(st.integers(0, 3000), st.integers(0, 400))
def test_it_fits_into_a_comment_and_closes_its_folds(services: int, length: int) -> None:
    change = Change("web", "l" * length, "s", ("b" * length,), "i", ("step" * 10,), "e", "r", changed=True)
    text = markdown(review(changes=[change] * services))
    assert len(text) <= LIMIT
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0


URN = "urn:pulumi:dev::p::a$aws:lb/targetGroup:TargetGroup::web"


def plan(steps: list[str], config: dict[str, Any] | None = None, **adds: Any) -> dict[str, Any]:
    """An update plan of one resource."""
    return {"config": config or {}, "resourcePlans": {URN: {"steps": steps, "goal": {"inputDiff": {"adds": adds}}}}}


def test_a_plan_that_fits_has_no_differences() -> None:
    assert differences(plan(["create"], port=80, name="a-1"), plan(["create"], port=80, name="a-2")) == []


def test_a_plan_that_no_longer_fits_says_where() -> None:
    assert differences(
        plan(["create"], {"aws:region": "a"}, port=80), plan(["create"], {"aws:region": "b"}, port=81)
    ) == [
        "aws:lb/targetGroup:TargetGroup web: port approved as 80, now 81",
        "config aws:region has changed since the approval",
    ]
    assert differences(plan(["same"]), plan(["delete"])) == [
        "aws:lb/targetGroup:TargetGroup web: approved same, now delete"
    ]
    none: dict[str, Any] = {"resourcePlans": {}}
    assert differences(none, plan(["create"])) == ["aws:lb/targetGroup:TargetGroup web: create is not approved"]
    assert differences(plan(["create"]), none) == [
        "aws:lb/targetGroup:TargetGroup web: create was approved and is no longer there"
    ]


def test_a_secret_in_a_plan_is_never_shown() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "AAA"}
    (line,) = differences(plan(["create"], password=secret), plan(["create"], password=""))
    assert "AAA" not in line
    assert "a secret" in line


def test_steps_know_their_service_and_release() -> None:
    tags = [{"key": "immutable:service", "value": "web"}, {"key": "immutable:release", "value": "web-1"}]
    found = Step("create", "urn::x::name", "a:b:Group", {}, {}, {"tags": tags})
    assert (found.service, found.release, found.kind, found.name) == ("web", "web-1", "Group", "name")
