"""What a checkpoint says of what stood, whatever the stack's output says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from components.immutability import GROUP, TARGET_GROUP, TEMPLATE
from operations.history.state import RULE, Served, State, state_of

NAME = "web-1.5.0-3f9a1c2b"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def resource(kind: str, name: str, inputs: dict[str, Any], **changed: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::immutable::immutable:aws:Service${kind}::{name}"
    return {
        "urn": urn,
        "type": kind,
        "inputs": inputs,
        "outputs": {},
        "created": "2026-03-01T09:30:00.123456789Z",
    } | changed


def fleet(name: str = NAME, version: str = "1.5.0") -> list[dict[str, Any]]:
    tags = {"immutable:service": "web", "immutable:release": name, "immutable:version": version}
    listed = [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in tags.items()]
    return [
        resource(TEMPLATE, name, {"imageId": "ami-1", "tags": tags}),
        resource(TARGET_GROUP, name, {"tags": tags}, outputs={"arn": f"arn:{name}"}),
        resource(GROUP, name, {"tags": listed}, id=f"group-of-{name}"),
    ]


def rule(**weights: int) -> dict[str, Any]:
    groups = [{"arn": f"arn:web-{key.replace('_', '.')}-3f9a1c2b", "weight": weight} for key, weight in weights.items()]
    actions = [{"type": "forward", "forward": {"targetGroups": groups}}]
    return resource(RULE, "web", {"tags": {"immutable:service": "web"}}, outputs={"actions": actions})


def stack(services: Any) -> dict[str, Any]:
    return resource("pulumi:pulumi:Stack", "immutable-dev", {}, outputs={"services": services})


def said(weight: int, label: str = "1.5.0") -> dict[str, Any]:
    return {NAME: {"label": label, "image": "ami-1", "weight": weight, "group": "group"}}


def test_the_traffic_rule_is_believed_not_the_output() -> None:
    resources = [stack({"web": said(0, "1.5.0 revision 1")}), *fleet(), rule(**{"1_5_0": 70})]
    assert state_of({"resources": resources}).served == {
        "web": {NAME: Served("1.5.0 revision 1", "ami-1", 70, f"group-of-{NAME}")}
    }


def test_without_a_balancer_the_output_has_the_weight() -> None:
    assert state_of({"resources": [stack({"web": said(30)}), *fleet()]}).served["web"][NAME].weight == 30


def test_an_output_that_the_engine_never_knew_costs_nothing_but_the_label() -> None:
    for services in (UNKNOWN, {"web": UNKNOWN}, {"web": {NAME: UNKNOWN}}, {}, None):
        served = state_of({"resources": [stack(services), *fleet(), rule(**{"1_5_0": 100})]}).served
        assert served["web"][NAME] == Served("1.5.0", "ami-1", 100, f"group-of-{NAME}")


def test_what_the_rule_does_not_name_stands_without_traffic() -> None:
    other = fleet("web-1.6.0-00000000", "1.6.0")
    served = state_of({"resources": [*fleet(), *other, rule(**{"1_5_0": 100})]}).served
    assert {one.label: one.weight for one in served["web"].values()} == {"1.5.0": 100, "1.6.0": 0}


def test_nothing_stands_where_no_group_does_and_in_the_programs_of_others() -> None:
    plain = resource(GROUP, "mine", {"tags": [{"key": "Name", "value": "mine"}]}, id="mine")
    for resources in ([], None, [stack({"web": said(100)})], [plain], [{**one, "delete": True} for one in fleet()]):
        assert state_of({"resources": resources}).served == {}


def test_what_was_done_between_two_entries_is_of_neither() -> None:
    def seen(since: str, until: str) -> tuple[str, ...]:
        times = [datetime.fromisoformat(f"2026-03-01T{time}").replace(tzinfo=UTC) for time in (since, until)]
        return state_of({"resources": fleet()[:1]}, *times).unrecorded

    assert seen("09:29:50", "09:30:10") == (f"LaunchTemplate {NAME}",)
    assert seen("09:29:50", "09:30:00") == ()
    # An entry ends in the second that it says, not at its beginning.
    assert seen("09:30:00", "09:30:10") == ()
    assert state_of({"resources": fleet()}) == State(state_of({"resources": fleet()}).served)


def test_what_was_begun_is_told() -> None:
    pending = [{"type": "creating", "resource": {"urn": fleet()[2]["urn"]}}]
    assert state_of({"pending_operations": pending}).pending == (f"creating Group {NAME}",)
