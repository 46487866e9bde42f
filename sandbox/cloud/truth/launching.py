"""What a group launches, where, and which instance a scale-in ends.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, InstanceState
from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.utils import parse_user_data

from sandbox.cloud.orders import Orders
from sandbox.cloud.refusals import CAPACITY, no_capacity
from sandbox.cloud.truth.replacing import around


class LaunchError(Exception):
    """No instance could be launched; the message is AWS's."""


class CapacityError(LaunchError):
    """AWS has no room for it now."""


def install() -> None:
    """Give launches the user data of their template's version, and templates their tags; refuse unknown ones."""

    # moto decodes the user data of a template's first version only, and stumbles over that of the others.
    @around(LaunchTemplateVersion, "__init__")
    def _version(original: Any, self: Any, template: Any, number: int, data: dict[str, Any], description: str) -> None:
        if isinstance(user_data := data.get("UserData"), str):
            data = {**data, "UserData": parse_user_data(user_data)}
        original(self, template, number, data, description)

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
    @around(EC2Backend, "describe_launch_templates")
    def _describe(
        original: Any, self: Any, template_names: Any = None, template_ids: Any = None, filters: Any = None
    ) -> Any:
        wanted: list[str] = template_ids or []
        for each in wanted:
            self.get_launch_template(each)
        return original(self, template_names, template_ids, filters)

    # moto tells the tags that a template was created with, whatever became of them.
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    LaunchTemplate.tags = property(LaunchTemplate.get_tags, lambda _self, _tags: None)  # type: ignore[assignment]


def launch(group: Any, orders: Orders) -> Any:
    """One more instance of the group, noted in it.

    Raises:
        LaunchError: there is none, with the reason.
    """
    subnet = _subnet(group)
    if orders.faults.meet("ec2", "RunInstances", "capacity"):
        zones = {each.id: each.availability_zone for each in group.ec2_backend.describe_subnets()}
        kind = override(group).get("InstanceType") or group.instance_type
        said = no_capacity(kind, zones.get(subnet or "", group.availability_zones[0]))
        mixed = f"Could not launch On-Demand Instances. {CAPACITY} - " if group.mixed_instances_policy else ""
        raise CapacityError(f"{mixed}{said} Launching EC2 instance failed.")
    try:
        if group.image_id not in group.ec2_backend.amis:
            raise LaunchError(f"The image id '[{group.image_id}]' does not exist. Launching EC2 instance failed.")
        if group.ec2_launch_template is None:
            group.replace_autoscaling_group_instances(1, group.get_propagated_tags())
        else:
            group.instance_states.append(_instance(group, subnet))
    except ServiceException as error:
        raise LaunchError(f"{str(error.message).rstrip('.')}. Launching EC2 instance failed.") from error
    return group.instance_states[-1]


def wanted(group: Any) -> int:
    """How many instances make the desired capacity."""
    return math.ceil((group.desired_capacity or 0) / int(override(group).get("WeightedCapacity") or 1))


def override(group: Any) -> dict[str, Any]:
    """The first type of a mixed instances policy: the one that the strategy `prioritized` takes while there is any."""
    policy: dict[str, Any] = group.mixed_instances_policy or {}
    overrides: list[dict[str, Any]] = policy.get("LaunchTemplate", {}).get("Overrides") or [{}]
    return overrides[0]


def leaving(active: list[Any], count: int) -> list[Any]:
    """Which instances a scale-in ends: of the zone that has most, the oldest, and none that is protected.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
    """
    open_to_it = [state for state in active if not state.protected_from_scale_in]
    found: list[Any] = []
    while open_to_it and len(found) < count:
        zones = Counter(state.availability_zone for state in open_to_it)
        found.append(max(open_to_it, key=lambda state: zones[state.availability_zone]))
        open_to_it.remove(found[-1])
    return found


def _instance(group: Any, subnet: str | None) -> InstanceState:
    """One more instance, as the group's launch template version, its first override and its zones say."""
    version = group.ec2_launch_template.get_version(group.launch_template_version)
    data: dict[str, Any] = version.data
    interfaces: list[dict[str, Any]] = data.get("NetworkInterfaces") or [{}]
    reservation = group.ec2_backend.run_instances(
        version.image_id,
        1,
        version.user_data,
        version.security_groups,
        security_group_ids=[*(data.get("SecurityGroupIds") or interfaces[0].get("Groups") or [])],
        instance_type=override(group).get("InstanceType") or version.instance_type,
        is_instance_type_default=False,
        launch_template={"LaunchTemplateId": group.ec2_launch_template.id, "Version": version.number},
        metadata_options=data.get("MetadataOptions") or {},
        tags={"instance": {**version.instance_tags, **group.get_propagated_tags(), ASG_NAME_TAG: group.name}},
        placement=group.availability_zones[0],
        associate_public_ip=interfaces[0].get("AssociatePublicIpAddress"),
        region_name=group.region,
        subnet_id=subnet,
    )
    instance = reservation.instances[0]
    instance.autoscaling_group = group
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/us-iam-role.html
    if profile := data.get("IamInstanceProfile"):
        group.ec2_backend.associate_iam_instance_profile(instance.id, profile.get("Name"), profile.get("Arn"))
    state: Any = InstanceState(instance, protected_from_scale_in=group.new_instances_protected_from_scale_in)
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html
    state.weighted_capacity = override(group).get("WeightedCapacity")
    return state


def _subnet(group: Any) -> str | None:
    """The subnet with the fewest of the group's instances: moto puts all in the first."""
    subnets = str(group.vpc_zone_identifier or "").split(",")
    held = Counter(state.instance.subnet_id for state in group.instance_states)
    return min(subnets, key=lambda subnet: held[subnet]) or None
