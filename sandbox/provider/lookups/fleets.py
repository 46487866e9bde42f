"""Auto Scaling groups and launch templates."""

from __future__ import annotations

from typing import Any

from sandbox.provider.decode import one
from sandbox.provider.lookup import SEARCH, Also, Found, Lookup, reading, tags
from sandbox.provider.lookups.resources import like
from sandbox.provider.row import Live
from sandbox.provider.types.autoscaling import GROUP
from sandbox.provider.types.launch_template import LAUNCH_TEMPLATE
from sandbox.provider.values import Values

_BOTH = "associatePublicIpAddress", "deleteOnTermination"


def _interfaces(found: Found) -> list[Values]:
    """The resource has three-valued texts where the function has plain booleans."""
    told: list[Values] = (
        like(LAUNCH_TEMPLATE, "LaunchTemplateId", "networkInterfaces")["networkInterfaces"](found) or []
    )
    return [{**each, **{name: each.get(name) == "true" for name in _BOTH}} for each in told]


def _tags(found: Found) -> list[Any]:
    told: list[Values] = one(GROUP, "tags", Live(found.item["AutoScalingGroupName"], found.item, found.aws)) or []
    return [tag for tag in told if not tag["key"].startswith("aws:")]


ROWS = (
    Lookup(
        "aws:ec2/getLaunchTemplate:getLaunchTemplate",
        {
            **like(
                LAUNCH_TEMPLATE,
                "LaunchTemplateId",
                "arn blockDeviceMappings capacityReservationSpecifications cpuOptions creditSpecifications "
                "defaultVersion description disableApiStop disableApiTermination ebsOptimized enclaveOptions "
                "hibernationOptions iamInstanceProfiles imageId instanceInitiatedShutdownBehavior "
                "instanceMarketOptions instanceRequirements instanceType kernelId keyName latestVersion "
                "licenseSpecifications maintenanceOptions metadataOptions monitorings name networkPerformanceOptions "
                "placements privateDnsNameOptions ramDiskId securityGroupNames tagSpecifications userData "
                "vpcSecurityGroupIds",
            ),
            "id": "LaunchTemplateId",
            "networkInterfaces": _interfaces,
            "tags": tags,
        },
        operation="DescribeLaunchTemplates",
        items="LaunchTemplates",
        arguments={**SEARCH, "id": "LaunchTemplateIds[0]", "name": "LaunchTemplateNames[0]"},
        one="EC2 Launch Template",
        also=(
            Also(
                "DescribeLaunchTemplateVersions",
                {"LaunchTemplateId": "LaunchTemplateId", "Versions[0]": "to_string(LatestVersionNumber)"},
                "LaunchTemplateVersions[0]",
                under="",
            ),
        ),
    ),
    Lookup(
        "aws:autoscaling/getGroup:getGroup",
        {
            **like(
                GROUP,
                "AutoScalingGroupName",
                "arn availabilityZones defaultCooldown desiredCapacity desiredCapacityType enabledMetrics "
                "healthCheckGracePeriod healthCheckType instanceMaintenancePolicies launchConfiguration "
                "launchTemplates loadBalancers maxInstanceLifetime maxSize minSize mixedInstancesPolicies name "
                "placementGroup predictedCapacity serviceLinkedRoleArn suspendedProcesses targetGroupArns "
                "trafficSources warmPoolSize warmPools",
            ),
            "id": "AutoScalingGroupName",
            "newInstancesProtectedFromScaleIn": "NewInstancesProtectedFromScaleIn",
            "status": "Status",
            "tags": _tags,
            "terminationPolicies": "TerminationPolicies",
            "vpcZoneIdentifier": "VPCZoneIdentifier",
        },
        service="autoscaling",
        operation="DescribeAutoScalingGroups",
        items="AutoScalingGroups",
        arguments={"name": "AutoScalingGroupNames[0]"},
        required=("name",),
        one=reading("Auto Scaling Group ({name})"),
    ),
)
