"""Roles: one that doesn't exist can't be assumed, and AWS's words for it are what clients go by.

A role of another account is taken to exist, since nobody could have made it: what assumes it is in that account then.
Trust policies are not evaluated.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.models import STSBackend

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Let the service look whether the role is there."""

    @around(STSBackend, "assume_role")
    def _assume(original: Any, self: Any, role_arn: str, **named: Any) -> Any:
        roles = iam_backends[self.account_id][self.partition].roles.values()
        if f"::{self.account_id}:" in role_arn and all(role.arn != role_arn for role in roles):
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
            raise STSClientError(
                "AccessDenied",
                f"User: arn:aws:iam::{self.account_id}:root is not authorized to perform: sts:AssumeRole on resource: "
                f"{role_arn}",
            )
        return original(self, role_arn=role_arn, **named)

    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
    @around(IAMBackend, "get_role")
    def _role(original: Any, self: Any, role_name: str) -> Any:
        try:
            return original(self, role_name)
        except NotFoundException:
            raise NotFoundException(f"The role with name {role_name} cannot be found.") from None

    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
    @around(IAMBackend, "get_instance_profile")
    def _profile(original: Any, self: Any, profile_name: str) -> Any:
        try:
            return original(self, profile_name)
        except NotFoundException:
            raise NotFoundException(f"Instance Profile {profile_name} cannot be found.") from None
