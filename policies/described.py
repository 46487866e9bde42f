"""Images as EC2 describes them, and the account that asks."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, cast

import pulumi


class _Clients(NamedTuple):
    ec2: Any
    sts: Any


@cache
def describe(image: str, region: str | None) -> dict[str, Any] | None:
    """An image, None if it doesn't exist or is not for us; without a region in the stack's. Asked once a run.

    Raises:
        botocore's errors: EC2 can't be asked.
    """
    from botocore.exceptions import ClientError

    try:
        found = _clients(region).ec2.describe_images(ImageIds=[image], IncludeDeprecated=True)["Images"]
    except ClientError as error:
        if "InvalidAMIID" not in error.response["Error"]["Code"]:
            raise
        return None
    return found[0] if found else None


@cache
def account(region: str | None) -> str:
    """The id of the account that asks there. Raises botocore's errors."""
    return str(_clients(region).sts.get_caller_identity()["Account"])


@cache
def _clients(region: str | None) -> _Clients:
    """To make them takes longer than all that is asked with them."""
    import boto3

    config, boto = pulumi.Config("aws"), cast("Any", boto3)
    session = boto.Session(region_name=region or config.get("region"), profile_name=config.get("profile"))
    return _Clients(session.client("ec2"), session.client("sts"))
