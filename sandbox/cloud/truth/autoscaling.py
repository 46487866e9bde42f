"""Auto Scaling groups: refusals that AWS gives and moto doesn't, and settings that moto forgets.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult
from moto.core.utils import camelcase_to_underscores

from sandbox.cloud.truth.activities import blocked, in_progress
from sandbox.cloud.truth.replacing import around

#: What the API takes and gives back, and moto drops when it creates or updates a group.
_SETTINGS = (
    "CapacityRebalance",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "HealthCheckGracePeriod",
    "InstanceMaintenancePolicy",
    "MaxInstanceLifetime",
    "PlacementGroup",
    "TerminationPolicies",
)

METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
    "GroupInServiceCapacity",
    "GroupPendingCapacity",
    "GroupStandbyCapacity",
    "GroupTerminatingCapacity",
    "GroupTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolWarmedCapacity",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
)

#: Ways to say what a group launches: a call that names one replaces the other.
_LAUNCH = ("launch_template", "launch_config_name", "mixed_instances_policy")


class _Groups(OrderedDict[str, Any]):
    """Groups by name; asked for an unknown one, it answers as AWS does."""

    def __missing__(self, name: str) -> Any:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")


def install() -> None:
    """Make the backend refuse what AWS refuses, and keep what it keeps."""

    @around(AutoScalingBackend, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.autoscaling_groups = _Groups()

    @around(AutoScalingBackend, "create_auto_scaling_group")
    def _create(original: Any, self: Any, name: str, **named: Any) -> Any:
        if name in self.autoscaling_groups:
            raise AutoscalingClientError(
                "AlreadyExists",
                f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
            )
        _check_sizes(named["min_size"], named["max_size"], named["desired_capacity"])
        if any(arn not in self.elbv2_backend.target_groups for arn in named["target_group_arns"]):
            raise ValidationError("Provided Target Groups may not be valid. Please ensure they exist and try again.")
        group = original(self, name, **named)
        if group.image_id not in self.ec2_backend.amis:
            image = group.image_id
            self.delete_auto_scaling_group(name)
            raise ValidationError(
                f"You must use a valid fully-formed launch template. The image id '[{image}]' does not exist"
            )
        return group

    @around(AutoScalingBackend, "set_desired_capacity")
    def _set_desired_capacity(original: Any, self: Any, group_name: str, desired_capacity: int | None) -> None:
        group = self.autoscaling_groups[group_name]
        # moto deletes a group by making it 0, below its minimum.
        for above, limit, word in ((True, group.max_size, "above max"), (False, group.min_size, "below min")):
            if desired_capacity and (desired_capacity > limit if above else desired_capacity < limit):
                raise ValidationError(
                    f"New SetDesiredCapacity value {desired_capacity} is {word} value {limit} for the AutoScalingGroup."
                )
        original(self, group_name, desired_capacity)

    @around(AutoScalingBackend, "update_auto_scaling_group")
    def _update(original: Any, self: Any, name: str, **named: Any) -> Any:
        group = self.autoscaling_groups[name]
        low = group.min_size if named["min_size"] is None else named["min_size"]
        high = group.max_size if named["max_size"] is None else named["max_size"]
        _check_sizes(low, high, named["desired_capacity"])
        return original(self, name, **named)

    # moto forgets the policy of a group when an update doesn't repeat it.
    @around(FakeAutoScalingGroup, "update")
    def _keep_policy(original: Any, self: Any, **named: Any) -> None:
        if self.mixed_instances_policy and not any(named[each] for each in _LAUNCH):
            named["mixed_instances_policy"] = self.mixed_instances_policy
            # moto adds the template's name, and refuses both its id and its name.
            self.mixed_instances_policy["LaunchTemplate"]["LaunchTemplateSpecification"].pop("LaunchTemplateName")
        original(self, **named)

    @around(AutoScalingResponse, "create_auto_scaling_group", "update_auto_scaling_group")
    def _keep_settings(original: Any, self: Any) -> Any:
        answer = original(self)
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        if original.__name__ == "create_auto_scaling_group":
            group.health_check_grace_period = 0  # moto's own default is the console's.
        for setting in _SETTINGS:
            if (value := self._get_param(setting)) is not None:
                setattr(group, camelcase_to_underscores(setting), value)
        return answer

    @around(AutoScalingResponse, "delete_auto_scaling_group")
    def _delete(original: Any, self: Any) -> Any:
        backend, name = self.autoscaling_backend, self._get_param("AutoScalingGroupName")
        if not self._get_bool_param("ForceDelete"):
            _refuse_busy(backend.autoscaling_groups[name])
        answer = original(self)
        for kept in (backend.policies, backend.scheduled_actions, backend.lifecycle_hooks):
            for key in [key for key, each in kept.items() if each.auto_scaling_group_name == name]:
                del kept[key]
        return answer

    # "By default, Amazon EC2 Auto Scaling does not honor the cooldown period during manual scaling activities."
    @around(AutoScalingResponse, "set_desired_capacity")
    def _scale(original: Any, self: Any) -> Any:
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        blocking = blocked(group, time.time()) if self._get_bool_param("HonorCooldown") else None
        if blocking:
            raise AutoscalingClientError(
                "ScalingActivityInProgress",
                f"Scaling activity {blocking.activity_id} is in progress and blocks this action",
            )
        return original(self)

    _name_policies_by_group()
    _collect_metrics()


def _collect_metrics() -> None:
    # moto takes what is enabled for all that is, knows no metrics but those named, and can disable none.
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DisableMetricsCollection.html
    @around(AutoScalingBackend, "enable_metrics_collection")
    def _enable(original: Any, self: Any, group_name: str, metrics: list[str] | None) -> None:
        enabled = self.autoscaling_groups[group_name].metrics
        original(self, group_name, [*enabled, *(each for each in metrics or METRICS if each not in enabled)])

    def disable(self: Any) -> EmptyResult:
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        disabled = self._get_param("Metrics") or METRICS
        group.metrics = [each for each in group.metrics if each not in disabled]
        return EmptyResult()

    AutoScalingResponse.disable_metrics_collection = disable  # type: ignore[attr-defined]


def _name_policies_by_group() -> None:
    # moto has one policy of a name in a region, AWS one in a group.
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
    @around(AutoScalingBackend, "put_scaling_policy")
    def _put(original: Any, self: Any, **named: Any) -> Any:
        self.autoscaling_groups[named["as_name"]]
        policy = original(self, **named)
        self.policies[policy.arn] = self.policies.pop(policy.name)
        return policy

    @around(AutoScalingResponse, "put_scaling_policy")
    def _keep_enabled(original: Any, self: Any) -> Any:
        answer = original(self)
        group, name = self._get_param("AutoScalingGroupName"), self._get_param("PolicyName")
        for policy in self.autoscaling_backend.policies.values():
            if (policy.auto_scaling_group_name, policy.name) == (group, name):
                policy.enabled = self._get_bool_param("Enabled", if_none=True)
        return answer

    @around(AutoScalingResponse, "delete_policy", "execute_policy")
    def _find(original: Any, self: Any) -> Any:
        name, group = self._get_param("PolicyName"), self._get_param("AutoScalingGroupName")
        for arn, policy in list(self.autoscaling_backend.policies.items()):
            if name == arn or (name == policy.name and group in (None, policy.auto_scaling_group_name)):
                getattr(self.autoscaling_backend, original.__name__)(arn)
        return EmptyResult()


def _refuse_busy(group: Any) -> None:
    """A group goes without its instances, and once what it does with them is done."""
    if any(not state.lifecycle_state.startswith("Terminating") for state in group.instance_states):
        raise AutoscalingClientError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
            "request(s) still in the group.",
        )
    if in_progress(group):
        raise AutoscalingClientError(
            "ScalingActivityInProgress",
            "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
        )


def _check_sizes(low: int, high: int, desired: int | None) -> None:
    if low > high:
        raise ValidationError(f"Max bound, {high}, must be greater than or equal to min bound, {low}")
    if desired is not None and not low <= desired <= high:
        raise ValidationError(
            f"Desired capacity:{desired} must be between the specified min size:{low} and max size:{high}"
        )
