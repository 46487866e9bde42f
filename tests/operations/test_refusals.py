"""What a review refuses, a step at a time, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from components.immutability import GROUP, TARGET_GROUP, TEMPLATE
from operations.review.refusals import World, refusals
from operations.steps import Step

RULE = "aws:lb/listenerRule:ListenerRule"
FILES = "aws:efs/fileSystem:FileSystem"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"


def step(op: str, kind: str, name: str = "web-1.5.0", **given: Any) -> Step:
    """One step."""
    values: dict[str, Any] = {"old": {}, "old_outputs": {}, "new": {}}
    return Step(op, f"urn:pulumi:dev::immutable::{kind}::{name}", kind, **{**values, **given})


def forward(weight: int, arn: str = ARN) -> dict[str, Any]:
    """A traffic rule's inputs."""
    return {"actions": [{"type": "forward", "forward": {"targetGroups": [{"arn": arn, "weight": weight}]}}]}


def said(*steps: Step, **world: Any) -> list[str]:
    """The rules that refuse."""
    return [one.rule for one in refusals(steps, World(**world))]


REFUSED: dict[str, tuple[list[Step], dict[str, Any], str, str]] = {
    "template in place": (
        [step("update", TEMPLATE, old={"imageId": "ami-1"}, new={"imageId": "ami-2"})],
        {},
        "changed-in-place",
        "LaunchTemplate web-1.5.0 would change in place: imageId from ami-1 to ami-2",
    ),
    "group's template version": (
        [step("update", GROUP, old={"launchTemplate": {"version": "1"}}, new={"launchTemplate": {"version": "2"}})],
        {},
        "changed-in-place",
        "launchTemplate.version from 1 to 2",
    ),
    "target group in place": (
        [step("update", TARGET_GROUP, old={"deregistrationDelay": 60}, new={"deregistrationDelay": 5})],
        {},
        "changed-in-place",
        "deregistrationDelay from 60 to 5",
    ),
    "one-URN replacement": (
        [step("create-replacement", TARGET_GROUP, keys=("port",)), step("replace", TARGET_GROUP, keys=("port",))],
        {},
        "replaced-inside-a-release",
        "TargetGroup web-1.5.0 would be replaced under its own name (port), and the old one destroyed whether or not "
        "the new one is healthy",
    ),
    "rule deleted first": (
        [step("delete-replaced", RULE, "web"), step("create-replacement", RULE, "web")],
        {},
        "deleted-before-created",
        "ListenerRule web would be deleted before its replacement exists",
    ),
    "data deleted": (
        [step("delete", FILES, "files")],
        {},
        "data-touched",
        "FileSystem files holds data and would be deleted",
    ),
    "data replaced": (
        [step("replace", FILES, "files", keys=("encrypted",))],
        {},
        "data-touched",
        "FileSystem files holds data and would be replaced",
    ),
    "data changed": (
        [step("update", FILES, "files", diffs=("throughputMode", "tags"))],
        {},
        "data-touched",
        "FileSystem files holds data and would change: throughputMode",
    ),
    "group with traffic": (
        [step("same", RULE, "web", new=forward(100)), step("delete", GROUP, old={"targetGroupArns": [ARN]})],
        {},
        "deleted-with-traffic",
        "Group web-1.5.0 would be deleted while rule web (weight 100) still sends it traffic",
    ),
    "target group with traffic": (
        [step("update", RULE, "web", new=forward(1)), step("delete", TARGET_GROUP, old_outputs={"arn": ARN})],
        {},
        "deleted-with-traffic",
        "TargetGroup web-1.5.0 would be deleted while rule web (weight 1) still sends it traffic",
    ),
    "maximum under what serves": (
        [step("update", GROUP, old={"maxSize": 8}, new={"maxSize": 4}, old_outputs={"name": "web-abc"})],
        {"live": {"web-abc": 6}},
        "capacity-lost",
        "web-1.5.0 has 6 instances now and would be cut to 4 at once",
    ),
    "no room for the promise": (
        [step("same", GROUP, new={"maxSize": 2, "tags": [{"key": "immutable:service", "value": "web"}]})],
        {"promised": {"web": 3}},
        "capacity-lost",
        "web would have room for 2 instances, fewer than the 3 promised",
    ),
    "protected": (
        [step("delete", "aws:sns/topic:Topic", "alerts", protected=True)],
        {},
        "protected",
        "Topic alerts is protected and would be deleted",
    ),
}

PASSED: dict[str, tuple[list[Step], dict[str, Any]]] = {
    "sizes": ([step("update", GROUP, old={"minSize": 2, "maxSize": 8}, new={"minSize": 3, "maxSize": 9})], {}),
    "tags": ([step("update", TEMPLATE, old={"tags": {}}, new={"tags": {"team": "web"}})], {}),
    "a new release": (
        [
            step("create", TEMPLATE, "web-1.6.0"),
            step("create", GROUP, "web-1.6.0"),
            step("update", RULE, "web", old=forward(100), new=forward(100, "unknown")),
            step("delete", GROUP, old={"targetGroupArns": [ARN]}),
            step("delete", TARGET_GROUP, old_outputs={"arn": ARN}),
        ],
        {},
    ),
    "a standby leaves": (
        [step("same", RULE, "web", new=forward(0)), step("delete", GROUP, old={"targetGroupArns": [ARN]})],
        {},
    ),
    "a rule replaced in order": ([step("create-replacement", RULE, "web"), step("delete-replaced", RULE, "web")], {}),
    "data that is meant": ([step("delete", FILES, "files")], {"accepted": ["files"]}),
    "tags of data": ([step("update", FILES, "files", diffs=("tags", "tagsAll"))], {}),
    "new data": ([step("create", FILES, "files")], {}),
    "maximum above what serves": (
        [step("update", GROUP, old={"maxSize": 8}, new={"maxSize": 6}, old_outputs={"name": "web-abc"})],
        {"live": {"web-abc": 6}},
    ),
    "preview rules have no weight": (
        [
            step("same", RULE, "web-1.5.0-preview", new={"actions": [{"type": "forward", "targetGroupArn": ARN}]}),
            step("delete", GROUP, old={"targetGroupArns": [ARN]}),
        ],
        {},
    ),
}


@pytest.mark.parametrize(("steps", "world", "rule", "why"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_happen_is_refused_with_the_reason(
    steps: list[Step], world: dict[str, Any], rule: str, why: str
) -> None:
    (found,) = refusals(steps, World(**world))
    assert found.rule == rule
    assert why in found.why
    assert found.way_out


@pytest.mark.parametrize(("steps", "world"), PASSED.values(), ids=PASSED)
def test_what_may_happen_passes(steps: list[Step], world: dict[str, Any]) -> None:
    assert said(*steps, **world) == []


def test_every_reason_is_told() -> None:
    bad = [step for steps, _, _, _ in REFUSED.values() for step in steps]
    assert {*said(*bad, live={"web-abc": 6}, promised={"web": 99})} == {rule for _, _, rule, _ in REFUSED.values()}
