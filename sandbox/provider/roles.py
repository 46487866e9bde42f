"""Roles that the provider assumes, one after the other, before it calls anything else.

https://www.pulumi.com/registry/packages/aws/api-docs/provider/#provideraasumerole
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.durations import duration_s
from sandbox.provider.values import Values

#: What AssumeRole takes, by the name that the config has for it.
_MEMBERS = {
    "externalId": "ExternalId",
    "policy": "Policy",
    "roleArn": "RoleArn",
    "sessionName": "RoleSessionName",
    "sourceIdentity": "SourceIdentity",
    "transitiveTagKeys": "TransitiveTagKeys",
}


class AssumeError(Exception):
    """A role could not be assumed; the message is the real provider's."""


@dataclass(frozen=True)
class Credentials:
    """Who the calls are made as; what is None comes from the environment or the profile."""

    access_key: str | None = None
    secret_key: str | None = None
    token: str | None = None


def request(role: Mapping[str, Any]) -> Values:
    """The AssumeRole call of one entry of `assumeRoles`, whose names come as Python has them from a dictionary."""
    role = {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): value for name, value in role.items()}
    found: Values = {member: role[name] for name, member in _MEMBERS.items() if role.get(name)}
    found.setdefault("RoleSessionName", "aws-go-sdk")  # AWS wants one; the real provider makes one up.
    if role.get("duration"):
        found["DurationSeconds"] = int(duration_s(str(role["duration"])))
    if role.get("policyArns"):
        found["PolicyArns"] = [{"arn": arn} for arn in role["policyArns"]]
    if role.get("tags"):
        found["Tags"] = [{"Key": key, "Value": value} for key, value in role["tags"].items()]
    return found


def assume(
    requests: Iterable[Values], first: Credentials, call: Callable[[Credentials, Values], Values]
) -> Credentials:
    """The credentials of the last role, each being assumed with those of the one before.

    Raises:
        AssumeError: one can't be.
    """
    now = first
    for one in requests:
        try:
            told = call(now, one)["Credentials"]
        except Exception as error:
            # Source: aws-sdk-go-base, CannotAssumeRoleError.
            raise AssumeError(
                f"Cannot assume IAM Role: IAM Role ({one['RoleArn']}) cannot be assumed.\n\n"
                "There are a number of possible causes of this - the most common are:\n"
                "  * The credentials used in order to assume the role are invalid\n"
                "  * The credentials do not have appropriate permission to assume the role\n"
                f"  * The role ARN is not valid\n\nError: {error}"
            ) from error
        now = Credentials(told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])
    return now
