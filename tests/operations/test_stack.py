"""What a stack's last update left, also where its output does not know."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from operations.stack import Stack
from tests.operations.test_history_state import NAME, UNKNOWN, fleet, rule, said
from tests.operations.test_history_state import stack as stack_resource

ONLY_PART, ALL = {"pulumi.flag.target": "true"}, {"pulumi.flag.yes": "true"}


def stack_with(outputs: dict[str, Any], *updates: dict[str, str]) -> Stack:
    """Its updates' environments, newest first; its rule gives web 70."""
    resources = [stack_resource(outputs), *fleet(), rule(**{"1_5_0": 70})]
    entries = [SimpleNamespace(kind="update", result="succeeded", environment=one) for one in updates]
    entries.insert(0, SimpleNamespace(kind="refresh", result="succeeded", environment={}))

    def history(**_: object) -> list[SimpleNamespace]:
        return entries

    stack = Stack.__new__(Stack)
    stack.__dict__["engine"] = SimpleNamespace(
        outputs=lambda: {"services": SimpleNamespace(value=outputs)},
        export_stack=lambda: SimpleNamespace(deployment={"resources": resources}),
        history=history,
    )
    return stack


WEB = {NAME: {"label": "1.5.0", "image": "ami-1", "weight": 70, "group": f"group-of-{NAME}"}}


def test_what_a_targeted_update_left_is_told_by_the_state() -> None:
    for outputs in ({"web": UNKNOWN}, {"web": said(100)}):
        assert stack_with(outputs, ONLY_PART, ALL).standing() == {"web": WEB}


def test_what_an_update_of_all_left_is_told_by_its_output() -> None:
    outputs = {"web": said(100)}
    assert stack_with(outputs, ALL, ONLY_PART).standing() == outputs
    assert stack_with(outputs).standing() == outputs
