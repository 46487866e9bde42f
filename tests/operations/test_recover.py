"""What recovery puts into a state, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from operations.orphans import Orphan
from operations.recover import adopt

RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
POLICY = "aws:autoscaling/policy:Policy"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def orphan(type_: str, id_: str, name: str = "web") -> Orphan:
    return Orphan(type_, id_, {"Name": name, "immutable:stack": "immutable/prod"}, "aws …")


def create(type_: str, name: str = "web", **inputs: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:prod::immutable::{type_}::{name}", "custom": True, "type": type_, "inputs": inputs}


def pending(*creates: dict[str, Any]) -> dict[str, Any]:
    """A state of one resource, and creates that were begun."""
    operations = [{"type": "creating", "resource": one} for one in creates]
    return {"resources": [{"urn": "stack"}], "pending_operations": operations}


def test_what_stands_and_would_be_created_comes_into_the_state_with_its_id_and_is_pending_no_more() -> None:
    rule, other = create(RULE, priority=1), create(RULE, "api")
    found, adopted = adopt(pending(rule, other), [rule, other], [orphan(RULE, "arn:1")])
    assert found["resources"] == [{"urn": "stack"}, {**rule, "id": "arn:1"}]
    assert [one["resource"] for one in found["pending_operations"]] == [other]
    assert [one.id for one in adopted] == ["arn:1"]


def test_it_needs_no_pending_operation_as_a_killed_provider_leaves_none() -> None:
    _, adopted = adopt({"resources": []}, [create(RULE)], [orphan(RULE, "arn:1")])
    assert [one.id for one in adopted] == ["arn:1"]


@pytest.mark.parametrize(
    ("planned", "standing"),
    [
        (create(RULE, "api"), orphan(RULE, "arn:1")),
        (create(POLICY), orphan(RULE, "arn:1")),
        (create(GROUP), orphan(GROUP, "sg-1")),
        (create(RULE, listenerArn=UNKNOWN), orphan(RULE, "arn:1")),
        (create(RULE, conditions=[{"values": "[secret]"}]), orphan(RULE, "arn:1")),
    ],
    ids=["another name", "another type", "may be half made", "not known yet", "not shown"],
)
def test_anything_less_certain_is_left_alone(planned: dict[str, Any], standing: Orphan) -> None:
    found, adopted = adopt({"resources": []}, [planned], [standing])
    assert (found["resources"], adopted) == ([], [])


def test_of_two_with_one_name_the_newer_is_taken_and_an_automatic_name_is_the_one_that_stands() -> None:
    old, new = orphan(POLICY, "web-20260101"), orphan(POLICY, "web-20260102")
    found, adopted = adopt({"resources": []}, [{**create(POLICY), "inputs": {"name": "web-another"}}], [new, old])
    assert found["resources"][0]["inputs"] == {"name": "web-20260102"}
    assert adopted == [new]
