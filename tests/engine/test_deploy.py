"""A deploy calls what the documentation says, in that order, and waits where it says."""

from __future__ import annotations

import pytest

from sandbox.cloud import Call
from tests.engine.catalogue import GOOD, SLOW, release, service
from tests.engine.deploy.steps import STEPS
from tests.engine.stage import Stage, is_write


@pytest.fixture
def journal(stage: Stage) -> list[Call]:
    """Of a second deploy, of a new version as the only release; its instances are healthy after some seconds."""
    stage.configure({"web": service(release("1.4.2", GOOD))})
    stage.up()
    stage.configure({"web": service(release("1.5.0", SLOW))})
    before = stage.mark()
    stage.up()
    return stage.journal(before)


def test_a_deploy_calls_what_the_documentation_says(journal: list[Call]) -> None:
    calls = [call.operation for call in journal]
    writes = [call for call in calls if is_write(call)]
    assert sorted(writes) == sorted(step.call for step in STEPS)
    for step in STEPS:
        assert all(writes.index(earlier) < writes.index(step.call) for earlier in step.after), (step.call, writes)

    def asked(what: str, since: str, until: str) -> int:
        return calls[calls.index(since) : calls.index(until)].count(what)

    assert asked("DescribeTargetHealth", "CreateAutoScalingGroup", "ModifyRule") > 2
    assert asked("DescribeTargetHealth", "ModifyRule", "UpdateAutoScalingGroup") >= 1
    assert asked("DescribeAutoScalingGroups", "UpdateAutoScalingGroup", "DeleteAutoScalingGroup") >= 1
