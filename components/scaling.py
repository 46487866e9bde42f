"""Scaling: target tracking of a fleet, in place at any time, as capacity is no part of a release."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.fleet import Fleet
from components.settings import CpuScaling, RequestScaling


def target_tracking(
    fleet: Fleet,
    scaling: CpuScaling | RequestScaling,
    *,
    hold_scale_in: bool,
    balancer_suffix: pulumi.Output[str] | None,
    opts: pulumi.ResourceOptions,
) -> aws.autoscaling.Policy:
    """Let AWS choose the fleet's desired size within its limits.

    `opts` must make it depend on the traffic rule: a fleet without traffic would be scaled in at once.
    `hold_scale_in` while more than one release stands: capacity that traffic may come back to stays.
    """
    return aws.autoscaling.Policy(
        fleet.name,
        autoscaling_group_name=fleet.group_name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration=aws.autoscaling.PolicyTargetTrackingConfigurationArgs(
            predefined_metric_specification=_metric(fleet, scaling, balancer_suffix),
            target_value=float(scaling.percent if isinstance(scaling, CpuScaling) else scaling.per_target_per_minute),
            disable_scale_in=hold_scale_in,
        ),
        opts=opts,
    )


def _metric(
    fleet: Fleet, scaling: CpuScaling | RequestScaling, balancer_suffix: pulumi.Output[str] | None
) -> aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs:
    metric = aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs
    if isinstance(scaling, CpuScaling):
        return metric(predefined_metric_type="ASGAverageCPUUtilization")
    if fleet.target_group is None or balancer_suffix is None:
        raise ValueError(f"{fleet.name}: request scaling needs a balancer; without one scale by cpu")
    return metric(
        predefined_metric_type="ALBRequestCountPerTarget",
        resource_label=pulumi.Output.concat(balancer_suffix, "/", fleet.target_group.arn_suffix),
    )
