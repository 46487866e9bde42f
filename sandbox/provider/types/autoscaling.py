"""Auto Scaling groups and their scaling policies."""

from __future__ import annotations

from sandbox.provider.aws import Retry
from sandbox.provider.codec import COMMAS
from sandbox.provider.row import Call, Field, Live, Members, Naming, Read, Replace, Type
from sandbox.provider.types import capacity
from sandbox.provider.values import Values

_GROUP = {"AutoScalingGroupName": "{id}"}

_REQUIREMENTS = Field(
    fields={
        "vcpuCount": Field("VCpuCount"),
        "memoryMib": Field("MemoryMiB"),
        "memoryGibPerVcpu": Field("MemoryGiBPerVCpu"),
        "acceleratorTotalMemoryMib": Field("AcceleratorTotalMemoryMiB"),
        "totalLocalStorageGb": Field("TotalLocalStorageGB"),
    }
)
_SPECIFICATION = Field(
    fields={
        "launchTemplateId": Field(computed=True),
        "launchTemplateName": Field(computed=True),
        "version": Field(computed=True),
    }
)
_MIXED = Field(
    computed=True,
    fields={
        "instancesDistribution": Field(computed=True),
        "launchTemplate": Field(
            required=True,
            fields={
                "launchTemplateSpecification": _SPECIFICATION,
                "overrides": Field(
                    computed=True,
                    fields={"instanceRequirements": _REQUIREMENTS, "launchTemplateSpecification": _SPECIFICATION},
                ),
            },
        ),
    },
)
_INITIAL_HOOKS = Field(
    "LifecycleHookSpecificationList",
    unordered=True,
    unread=True,
    replace=Replace.CHANGED,
    fields={
        "name": Field("LifecycleHookName", required=True),
        "notificationTargetArn": Field("NotificationTargetARN"),
        "roleArn": Field("RoleARN"),
    },
)


def _set(add: str, remove: str, member: str) -> Members:
    return Members(add, remove, member, _GROUP, batch=10)


def _granularity(live: Live) -> str:
    metrics: list[Values] = live.answer.get("EnabledMetrics") or [{}]
    return metrics[0].get("Granularity", "1Minute")


def _termination(live: Live) -> list[str] | None:
    told = live.answer.get("TerminationPolicies")
    return None if told == ["Default"] else told


GROUP = Type(
    "aws:autoscaling/group:Group",
    "autoscaling",
    inputs={
        "availabilityZoneDistribution": Field(computed=True),
        "availabilityZones": Field(unordered=True, computed=True),
        "capacityRebalance": Field(),
        "capacityReservationSpecification": Field(computed=True),
        "context": Field(),
        "defaultCooldown": Field(computed=True),
        "defaultInstanceWarmup": Field(),
        "desiredCapacity": Field(computed=True),
        "desiredCapacityType": Field(),
        "enabledMetrics": Field(
            unordered=True,
            read="EnabledMetrics[].Metric",
            members=Members(
                "EnableMetricsCollection",
                "DisableMetricsCollection",
                "Metrics",
                _GROUP,
                also={"Granularity": "metricsGranularity"},
            ),
        ),
        "forceDelete": Field(local=True, default=False),
        "forceDeleteWarmPool": Field(local=True, default=False),
        "healthCheckGracePeriod": Field(default=300),
        "healthCheckType": Field(computed=True),
        "ignoreFailedScalingActivities": Field(local=True, default=False),
        "initialLifecycleHooks": _INITIAL_HOOKS,
        "instanceLifecyclePolicy": Field(computed=True),
        "instanceMaintenancePolicy": Field(),
        "launchConfiguration": Field("LaunchConfigurationName"),
        "launchTemplate": Field(
            computed=True,
            fields={
                "id": Field("LaunchTemplateId", computed=True),
                "name": Field("LaunchTemplateName", computed=True),
                "version": Field(computed=True),
            },
        ),
        "loadBalancers": Field(
            "LoadBalancerNames",
            unordered=True,
            computed=True,
            members=_set("AttachLoadBalancers", "DetachLoadBalancers", "LoadBalancerNames"),
        ),
        "maxInstanceLifetime": Field(),
        "maxSize": Field(required=True),
        "metricsGranularity": Field(hooked=True, default="1Minute", read=_granularity),
        "minElbCapacity": Field(local=True),
        "minSize": Field(required=True),
        "mixedInstancesPolicy": _MIXED,
        "name": Field("AutoScalingGroupName", replace=Replace.CHANGED, computed=True),
        "namePrefix": Field(local=True, replace=Replace.CHANGED),
        "placementGroup": Field(),
        "protectFromScaleIn": Field("NewInstancesProtectedFromScaleIn", default=False),
        "serviceLinkedRoleArn": Field("ServiceLinkedRoleARN", computed=True),
        "suspendedProcesses": Field(
            unordered=True,
            read="SuspendedProcesses[].ProcessName",
            members=Members("SuspendProcesses", "ResumeProcesses", "ScalingProcesses", _GROUP),
        ),
        "tags": Field(
            unordered=True,
            exact=True,
            fields={
                "key": Field(required=True),
                "value": Field(required=True),
                "propagateAtLaunch": Field(required=True),
            },
            members=Members(
                "CreateOrUpdateTags",
                "DeleteTags",
                "Tags",
                {},
                key="key",
                element={"ResourceId": "{id}", "ResourceType": "auto-scaling-group"},
            ),
        ),
        "targetGroupArns": Field(
            "TargetGroupARNs",
            unordered=True,
            computed=True,
            members=_set("AttachLoadBalancerTargetGroups", "DetachLoadBalancerTargetGroups", "TargetGroupARNs"),
        ),
        "terminationPolicies": Field(read=_termination, cleared=["Default"]),
        "trafficSources": Field(
            unordered=True,
            computed=True,
            members=_set("AttachTrafficSources", "DetachTrafficSources", "TrafficSources"),
        ),
        "vpcZoneIdentifiers": Field("VPCZoneIdentifier", codec=COMMAS, computed=True),
        "waitForCapacityTimeout": Field(local=True, default="10m"),
        "waitForElbCapacity": Field(local=True),
        "warmPool": Field(
            "",
            hooked=True,
            read="WarmPoolConfiguration",
            fields={
                "instanceReusePolicy": Field(fields={"reuseOnScaleIn": Field(default=False)}),
                "maxGroupPreparedCapacity": Field(default=-1),
                "minSize": Field(default=0),
                "poolState": Field(default="Stopped"),
            },
        ),
    },
    outputs={
        "arn": "AutoScalingGroupARN",
        "predictedCapacity": "PredictedCapacity",
        "warmPoolSize": "WarmPoolSize",
    },
    create=Call("CreateAutoScalingGroup"),
    reads=(Read("DescribeAutoScalingGroups", {"AutoScalingGroupNames[0]": "{id}"}, "AutoScalingGroups[0]"),),
    updates=(Call("UpdateAutoScalingGroup", _GROUP),),
    delete=Call("DeleteAutoScalingGroup", _GROUP, adjust=capacity.force),
    id="AutoScalingGroupName",
    naming=Naming(255, 229),
    exclusive=(
        ("name", "namePrefix"),
        ("availabilityZones", "vpcZoneIdentifiers"),
        ("loadBalancers", "trafficSources"),
        ("targetGroupArns", "trafficSources"),
    ),
    one_of=(("launchConfiguration", "launchTemplate", "mixedInstancesPolicy"),),
    retries=(
        Retry("ValidationError", 120, "Invalid IAM Instance Profile"),
        Retry("ResourceInUse", 600),
        Retry("ScalingActivityInProgress", 600),
    ),
    gone=(("ValidationError", "not found"),),
    after_change=(capacity.keep_warm_pool, capacity.wait_for_capacity),
    before_delete=(capacity.drain,),
)

_POLICY = {"AutoScalingGroupName": "{autoscalingGroupName}", "PolicyName": "{id}"}

POLICY = Type(
    "aws:autoscaling/policy:Policy",
    "autoscaling",
    inputs={
        "adjustmentType": Field(),
        "autoscalingGroupName": Field("AutoScalingGroupName", required=True, replace=Replace.CHANGED),
        "cooldown": Field(),
        "enabled": Field(default=True),
        "estimatedInstanceWarmup": Field(),
        "metricAggregationType": Field(computed=True),
        "minAdjustmentMagnitude": Field(),
        "name": Field("PolicyName", replace=Replace.CHANGED, computed=True),
        "policyType": Field(default="SimpleScaling"),
        "predictiveScalingConfiguration": Field(
            fields={
                "maxCapacityBuffer": Field(kind=str),
                "metricSpecification": Field("MetricSpecifications[0]", required=True),
                "schedulingBufferTime": Field(kind=str),
            }
        ),
        "scalingAdjustment": Field(),
        "stepAdjustments": Field(
            unordered=True,
            fields={"metricIntervalLowerBound": Field(kind=str), "metricIntervalUpperBound": Field(kind=str)},
        ),
        "targetTrackingConfiguration": Field(
            fields={
                "customizedMetricSpecification": Field(fields={"metricDimensions": Field("Dimensions")}),
                "disableScaleIn": Field(default=False),
            }
        ),
    },
    outputs={"arn": "PolicyARN"},
    create=Call("PutScalingPolicy"),
    reads=(
        Read(
            "DescribePolicies",
            {"AutoScalingGroupName": "{autoscalingGroupName}", "PolicyNames[0]": "{id}"},
            "ScalingPolicies[0]",
        ),
    ),
    updates=(Call("PutScalingPolicy", _POLICY, whole=True),),
    delete=Call("DeletePolicy", _POLICY),
    id="PolicyName",
    imported="{autoscalingGroupName}/{id}",
    naming=Naming(255, 0),
    gone=(("ValidationError", "not found"),),
)

ROWS = (GROUP, POLICY)
