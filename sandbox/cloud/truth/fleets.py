"""Instances of Auto Scaling groups: what is launched, where, how many, and where it is registered.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups.html
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.utils import parse_user_data

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Replace how moto launches and ends the instances of a group."""

    # moto decodes the user data of a template's first version only, and stumbles over that of the others.
    @around(LaunchTemplateVersion, "__init__")
    def _version(original: Any, self: Any, template: Any, number: int, data: dict[str, Any], description: str) -> None:
        if isinstance(user_data := data.get("UserData"), str):
            data = {**data, "UserData": parse_user_data(user_data)}
        original(self, template, number, data, description)

    # moto tells the tags that a template was created with, whatever became of them.
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    LaunchTemplate.tags = property(LaunchTemplate.get_tags, lambda _self, _tags: None)  # type: ignore[assignment]

    @around(FakeAutoScalingGroup, "replace_autoscaling_group_instances")
    def _launch(original: Any, self: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
        if self.ec2_launch_template is None:
            original(self, count_needed, propagated_tags)
            return
        for _ in range(count_needed):
            self.instance_states.append(_instance(self, propagated_tags))

    # moto rounds On-Demand and Spot down each, and so launches too few.
    @around(FakeAutoScalingGroup, "set_desired_capacity")
    def _scale(_original: Any, self: Any, new_capacity: int | None) -> None:
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity
        active = self.active_instances()
        wanted = math.ceil(self.desired_capacity / _weight(self))
        if wanted > len(active):
            self.replace_autoscaling_group_instances(wanted - len(active), self.get_propagated_tags())
        elif leaving := _leaving(active, len(active) - wanted):
            self.instance_states = [state for state in self.instance_states if state not in leaving]
            self.ec2_backend.terminate_instances([state.instance.id for state in leaving])
        if self.name in self.autoscaling_backend.autoscaling_groups:
            self.autoscaling_backend.update_attached_elbs(self.name)
            self.autoscaling_backend.update_attached_target_groups(self.name)

    # moto registers a replacement in classic load balancers only.
    @around(AutoScalingBackend, "notify_terminate_instances")
    def _replace(original: Any, self: Any, instance_ids: list[str]) -> None:
        original(self, instance_ids)
        for name in self.autoscaling_groups:
            self.update_attached_target_groups(name)

    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/replace-unhealthy-instances.html
    @around(AutoScalingBackend, "set_instance_health")
    def _set_instance_health(original: Any, self: Any, instance_id: str, health_status: str) -> None:
        original(self, instance_id, health_status)
        group = self.ec2_backend.get_instance(instance_id).autoscaling_group
        suspended = {process["ProcessName"] for process in group.suspended_processes}
        if health_status == "Unhealthy" and not suspended & {"ReplaceUnhealthy", "HealthCheck", "Terminate"}:
            self.ec2_backend.terminate_instances([instance_id])
            self.notify_terminate_instances([instance_id])


def _instance(group: Any, propagated_tags: dict[str, str]) -> InstanceState:
    """One more instance, as the group's launch template version, its first override and its zones say."""
    version = group.ec2_launch_template.get_version(group.launch_template_version)
    data: dict[str, Any] = version.data
    interfaces: list[dict[str, Any]] = data.get("NetworkInterfaces") or [{}]
    subnet = _subnet(group)
    reservation = group.ec2_backend.run_instances(
        version.image_id,
        1,
        version.user_data,
        version.security_groups,
        security_group_ids=[*(data.get("SecurityGroupIds") or interfaces[0].get("Groups") or [])],
        instance_type=_override(group).get("InstanceType") or version.instance_type,
        is_instance_type_default=False,
        launch_template={"LaunchTemplateId": group.ec2_launch_template.id, "Version": version.number},
        metadata_options=data.get("MetadataOptions") or {},
        tags={"instance": {**version.instance_tags, **propagated_tags, ASG_NAME_TAG: group.name}},
        placement=group.availability_zones[0],
        associate_public_ip=interfaces[0].get("AssociatePublicIpAddress"),
        region_name=group.region,
        subnet_id=subnet,
    )
    instance = reservation.instances[0]
    instance.autoscaling_group = group
    state: Any = InstanceState(instance, protected_from_scale_in=group.new_instances_protected_from_scale_in)
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html
    state.weighted_capacity = _override(group).get("WeightedCapacity")
    return state


def _override(group: Any) -> dict[str, Any]:
    """The first type of a mixed instances policy: the one that the strategy `prioritized` takes while there is any."""
    policy: dict[str, Any] = group.mixed_instances_policy or {}
    overrides: list[dict[str, Any]] = policy.get("LaunchTemplate", {}).get("Overrides") or [{}]
    return overrides[0]


def _weight(group: Any) -> int:
    return int(_override(group).get("WeightedCapacity") or 1)


def _subnet(group: Any) -> str | None:
    """The subnet with the fewest of the group's instances: moto puts all in the first."""
    subnets = str(group.vpc_zone_identifier or "").split(",")
    held = Counter(state.instance.subnet_id for state in group.instance_states)
    return min(subnets, key=lambda subnet: held[subnet]) or None


def _leaving(active: list[Any], count: int) -> list[Any]:
    """Which instances a scale-in ends: of the zone that has most, the oldest, and none that is protected.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
    """
    open_to_it = [state for state in active if not state.protected_from_scale_in]
    leaving: list[Any] = []
    while open_to_it and len(leaving) < count:
        zones = Counter(state.availability_zone for state in open_to_it)
        leaving.append(max(open_to_it, key=lambda state: zones[state.availability_zone]))
        open_to_it.remove(leaving[-1])
    return leaving
