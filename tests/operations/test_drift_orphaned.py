"""What is done with one orphan: every removal is a call that AWS's own model takes, and a refusal has its reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from operations.drift.judge import judge
from operations.drift.orphaned import remove, why_not
from operations.errors import OperationError
from operations.orphans import Orphan
from operations.recover import adopt
from tests.operations.test_recover import GROUP, RULE, UNKNOWN, create, orphan

Told = list[tuple[str, dict[str, Any]]]


class _CalledError(Exception):
    """A call was about to be sent."""


def test_while_an_update_is_in_a_step_nothing_is_judged() -> None:
    stack: Any = SimpleNamespace(name="prod", deployment=lambda: {"pending_operations": [{"type": "creating"}]})
    with pytest.raises(OperationError) as caught:
        judge(stack)
    assert str(caught.value) == (
        "An update of prod runs, or was killed: what differs now is its work. Wait for it, or "
        "`python -m operations recover --stack prod`"
    )


def recording(calls: Told) -> Any:
    """Clients that check what they are asked as ever, note it, and send nothing."""

    def client(service: str) -> Any:
        boto: Any = boto3
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "a"}
        made = boto.client(service, region_name="eu-west-1", **keys)

        def note(params: dict[str, Any], model: Any, **_more: Any) -> None:
            calls.append((model.name, params))

        def stop(**_more: Any) -> None:
            raise _CalledError

        made.meta.events.register("provide-client-params", note)
        made.meta.events.register("before-call", stop)  # after the parameters were checked
        return made

    return client


@pytest.mark.parametrize(
    ("removal", "operation", "asked"),
    [
        ("elbv2 delete-rule --rule-arn arn:1", "DeleteRule", {"RuleArn": "arn:1"}),
        (
            "autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name web-1",
            "DeleteAutoScalingGroup",
            {"ForceDelete": True, "AutoScalingGroupName": "web-1"},
        ),
        (
            "ec2 revoke-security-group-egress --group-id sg-1 --security-group-rule-ids sgr-1",
            "RevokeSecurityGroupEgress",
            {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-1"]},
        ),
        ("iam delete-role --role-name web-1", "DeleteRole", {"RoleName": "web-1"}),
    ],
)
def test_what_is_run_is_the_command_that_is_shown(removal: str, operation: str, asked: dict[str, Any]) -> None:
    calls: Told = []
    with pytest.raises(_CalledError):
        remove(recording(calls), Orphan("aws:x/y:Y", "id", {"Name": "web"}, f"aws {removal}"))
    assert calls == [(operation, asked)]


@pytest.mark.parametrize(
    ("planned", "standing", "why"),
    [
        (
            create(GROUP),
            orphan(GROUP, "sg-1"),
            "it is made in more than one call, and may be half made. Remove it, and the next update makes another",
        ),
        (
            create(RULE, listenerArn=UNKNOWN),
            orphan(RULE, "arn:1"),
            "it refers to something that isn't in the state either. Adopt that first",
        ),
        (
            create(RULE, "api"),
            orphan(RULE, "arn:1"),
            "the program would not create it. Put its release back into the config, or remove it",
        ),
    ],
)
def test_what_is_not_adopted_has_a_reason(planned: dict[str, Any], standing: Orphan, why: str) -> None:
    _, adopted = adopt({"resources": []}, [planned], [standing])
    assert adopted == []
    assert why_not(standing, [planned], adopted) == why


def test_of_two_with_one_name_the_older_is_told_of_the_newer() -> None:
    old, new = orphan(RULE, "arn:1"), orphan(RULE, "arn:2")
    _, adopted = adopt({"resources": []}, [create(RULE)], [old, new])
    assert why_not(old, [create(RULE)], adopted) == "of two with one name only the newest is. Remove it"
