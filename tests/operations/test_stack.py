"""What a stack's last update left, also where its output does not know."""

from __future__ import annotations

from types import SimpleNamespace

from operations.stack import Stack
from tests.operations.test_history_state import NAME, UNKNOWN, fleet, rule
from tests.operations.test_history_state import stack as stack_resource


def test_a_service_that_a_targeted_update_left_unknown_is_told_by_the_state() -> None:
    outputs = {"web": UNKNOWN, "api": {"api-3.0.0-1": {"label": "3.0.0", "weight": 100}}}
    resources = [stack_resource(outputs), *fleet(), rule(**{"1_5_0": 70})]
    stack = Stack.__new__(Stack)
    stack.__dict__["engine"] = SimpleNamespace(
        outputs=lambda: {"services": SimpleNamespace(value=outputs)},
        export_stack=lambda: SimpleNamespace(deployment={"resources": resources}),
    )
    web = {"label": "1.5.0", "image": "ami-1", "weight": 70, "group": f"group-of-{NAME}"}
    assert stack.standing() == {**outputs, "web": {NAME: web}}
