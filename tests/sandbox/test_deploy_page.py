"""The order of a deploy's steps, as its documentation has it: what is folded, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cloud import Call
from tests.engine.deploy.calls import LOOKS, STEPS, page
from tests.engine.deploy.order import UnknownCallError, steps
from tests.engine.deploy.page import PAGE


def call(operation: str, service: str = "elbv2", **parameters: Any) -> Call:
    """A call that succeeded."""
    return Call("2026-11-24T00:00:00Z", service, operation, parameters, "eu-west-1", 200, None, 0.0)


PREVIEW = call("CreateRule", Conditions=[{"HttpHeaderConfig": {"HttpHeaderName": "X-Immutable-Release"}}])
TRAFFIC = call("CreateRule")
HEALTH, MOVE, EMPTY = call("DescribeTargetHealth"), call("ModifyRule"), call("UpdateAutoScalingGroup")
TEMPLATE, TARGETS = call("CreateLaunchTemplate", "ec2"), call("CreateTargetGroup")
GROUPS = call("DescribeAutoScalingGroups", "autoscaling")


def test_polls_are_folded_and_reads_are_left_out() -> None:
    asked = [HEALTH, GROUPS, HEALTH, HEALTH, MOVE, HEALTH, GROUPS, EMPTY, GROUPS, GROUPS]
    wait = "DescribeTargetHealth"
    assert steps(asked) == [wait, "ModifyRule", wait, "UpdateAutoScalingGroup", "DescribeAutoScalingGroups"]


def test_what_goes_side_by_side_has_one_order() -> None:
    rule = "CreateRule (preview)"
    for made in ([TEMPLATE, TARGETS, PREVIEW], [TARGETS, TEMPLATE, PREVIEW], [TARGETS, PREVIEW, TEMPLATE]):
        assert steps([*made, TRAFFIC]) == ["CreateTargetGroup", rule, "CreateLaunchTemplate", "CreateRule (traffic)"]


@pytest.mark.parametrize("calls", [(PREVIEW, TARGETS), (MOVE, HEALTH), (MOVE, TEMPLATE), (TRAFFIC, PREVIEW)])
def test_any_other_order_is_another_one(calls: tuple[Call, Call]) -> None:
    assert steps(calls) != steps(reversed(calls))


def test_a_call_without_a_row_is_refused() -> None:
    with pytest.raises(UnknownCallError, match="ec2:CreateVolume has no row"):
        steps([call("CreateVolume", "ec2")])


def test_the_page_has_every_row() -> None:
    text = PAGE.read_text()
    for name, row in STEPS.items():
        assert f"[{name}]({page(row.service, row.operation)})" in text
        assert row.does in text
        assert row.documented in text
        assert row.differs in text
    for name, why in LOOKS.items():
        assert f"[{name}]({page(*name.split(':'))}) | {why} |" in text
