"""Instance profiles: what launches an instance with one that isn't there is refused; moto never looks.

A launch template may name anything: "Launch template parameters are not fully validated when you create the launch
template."
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-restrictions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.core.exceptions import ServiceException
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends

from sandbox.cloud.truth.replacing import around

_INVALID = "You must use a valid fully-formed launch template."


class _UnknownProfileError(EC2ClientError):
    def __init__(self, member: str, value: str) -> None:
        kind = "ARN" if member == "arn" else "name"
        super().__init__(
            "InvalidParameterValue",
            f"Value ({value}) for parameter iamInstanceProfile.{member} is invalid. "
            f"Invalid IAM Instance Profile {kind}",
        )


def install() -> None:
    """Let EC2 and Auto Scaling look whether a profile is there."""

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
    @around(EC2Response, "run_instances")
    def _run(original: Any, self: Any) -> Any:
        template = _data(self.ec2_backend, self._get_param("LaunchTemplate", {}))
        _check(self.ec2_backend, self._get_param("IamInstanceProfile") or template.get("IamInstanceProfile"))
        return original(self)

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
    @around(AutoScalingBackend, "create_auto_scaling_group", "update_auto_scaling_group")
    def _launch(original: Any, self: Any, name: str, **named: Any) -> Any:
        mixed: dict[str, Any] = named.get("mixed_instances_policy") or {}
        template = named.get("launch_template") or mixed.get("LaunchTemplate", {}).get("LaunchTemplateSpecification")
        try:
            _check(self.ec2_backend, _data(self.ec2_backend, template or {}).get("IamInstanceProfile"))
        except ServiceException as error:
            raise ValidationError(f"{_INVALID} {error.message}") from error
        return original(self, name, **named)


def _data(ec2: EC2Backend, template: Mapping[str, Any]) -> dict[str, Any]:
    """What a version of a launch template holds; nothing if none is named, or it is named in two ways."""
    id_, name = template.get("LaunchTemplateId"), template.get("LaunchTemplateName")
    if bool(id_) == bool(name):
        return {}
    found: Any = ec2.get_launch_template(id_) if id_ else ec2.get_launch_template_by_name(str(name))
    return found.get_version(template.get("Version") or "$Default").data


def _check(ec2: Any, profile: Mapping[str, str] | None) -> None:
    known = iam_backends[ec2.account_id][ec2.partition].instance_profiles.values()
    for member, attribute in {"Arn": "arn", "Name": "name"}.items():
        value = (profile or {}).get(member)
        if value and all(getattr(each, attribute) != value for each in known):
            raise _UnknownProfileError(attribute, value)
