"""The provider's own config: which account it works in, and as whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.provider_client import Client, RefusedError

OTHER = "arn:aws:iam::111122223333:role/deploy"
HERE = "arn:aws:iam::123456789012:role/{}"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def caller(address: str, **config: Any) -> Any:
    """Who a provider with this config works as."""
    client = Client(address, **{key: json.dumps(value) for key, value in config.items()})
    try:
        return client.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    finally:
        client.channel.close()


def test_a_role_leads_into_its_account(address: str) -> None:
    found = caller(address, assumeRoles=[{"roleArn": OTHER, "sessionName": "ci", "duration": "1h"}])
    assert found["accountId"] == "111122223333"
    assert found["arn"] == "arn:aws:sts::111122223333:assumed-role/deploy/ci"


def test_each_role_is_assumed_as_the_one_before(address: str, boto: Any) -> None:
    boto("iam").create_role(RoleName="first", AssumeRolePolicyDocument=TRUST)
    found = caller(address, assumeRoles=[{"role_arn": HERE.format("first")}, {"roleArn": OTHER}])
    assert found["accountId"] == "111122223333"
    boto("iam").delete_role(RoleName="first")


def test_a_role_that_is_not_there_cannot_be_assumed(address: str) -> None:
    with pytest.raises(RefusedError, match="Cannot assume IAM Role") as refused:
        caller(address, assumeRoles=[{"roleArn": HERE.format("none-such")}])
    assert f"IAM Role ({HERE.format('none-such')}) cannot be assumed." in str(refused.value)
    assert "AccessDenied" in str(refused.value)


@pytest.mark.parametrize(
    "config",
    [
        {"forbiddenAccountIds": ["123456789012"]},
        {"allowedAccountIds": ["111122223333"]},
        {"allowedAccountIds": ["123456789012"], "assumeRoles": [{"roleArn": OTHER}]},
    ],
    ids=["forbidden", "not allowed", "a role of another account"],
)
def test_an_account_that_is_not_allowed_is_refused(address: str, config: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="AWS account ID not allowed: 1"):
        caller(address, **config)


def test_an_account_that_is_allowed_is_taken(address: str) -> None:
    assert caller(address, allowedAccountIds=["123456789012"])["accountId"] == "123456789012"
