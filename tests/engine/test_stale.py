"""A deploy in a cloud that doesn't know yet everywhere what was created a moment ago."""

from __future__ import annotations

from sandbox import cloud
from tests.engine.catalogue import GOOD_TOO, release, service
from tests.engine.stage import STACK, Stage

#: Calls that don't find what is young, so many times, and of which service that is.
STALE = {
    "AddRoleToInstanceProfile": (1, "iam"),
    "GetRole": (2, "iam"),
    "GetInstanceProfile": (2, "iam"),
    "CreateAutoScalingGroup": (2, "iam"),
    "DescribeSecurityGroups": (2, "ec2"),
    "DescribeTargetGroups": (3, "elbv2"),
    "DescribeLoadBalancers": (3, "elbv2"),
    "DescribeRules": (2, "elbv2"),
}


def met(stage: Stage, since: int = 0) -> dict[str, int]:
    """How many calls of each operation were stale."""
    operations = [call.operation for call in stage.journal(since) if call.fault == "stale"]
    return {operation: operations.count(operation) for operation in operations}


def test_a_deploy_gets_through_what_the_real_provider_waits_for_and_goes_on_after_what_it_does_not(
    stage: Stage,
) -> None:
    for operation, (times, of) in STALE.items():
        cloud.order_fault(stage.home.cloud, operation, "stale", times=times, of=of)
    stage.configure({"web": service(release("1.4.2"))})
    stage.up("--skip-preview")
    assert met(stage) == {operation: times for operation, (times, _) in STALE.items()}
    assert cloud.faults(stage.home.cloud) == []
    assert stage.up("--skip-preview", "--expect-no-changes").code == 0

    # The real provider does not wait for a launch template: its creation fails, and the state knows it all the same.
    mark = stage.mark()
    cloud.order_fault(stage.home.cloud, "DescribeLaunchTemplates", "stale", times=2)
    stage.configure({"web": service(release("1.5.0", GOOD_TOO))})
    failed = stage.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
    assert failed.code != 0
    assert "InvalidLaunchTemplateId.NotFound" in failed.text
    assert {"ModifyRule", "DeleteAutoScalingGroup"}.isdisjoint(stage.writes(mark))
    stage.up("--skip-preview")
    assert stage.writes(mark).count("CreateLaunchTemplate") == 1
