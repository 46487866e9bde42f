"""What becomes of a resource that a fleet is made of: a change for every input that can be said to differ.

`{other Type}` stands for the id of another resource of the type, `{Type}` for that of one made beforehand.
"""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.provider_lives import Life
from tests.sandbox.provider_operations import allowed
from tests.sandbox.provider_world import (
    ATTACHMENT,
    BALANCER,
    EGRESS,
    GROUP,
    INGRESS,
    LISTENER,
    OTHER_IMAGE,
    POLICY,
    PROFILE,
    ROLE,
    RULE,
    SECURITY_GROUP,
    TARGET_GROUP,
    TEMPLATE,
)

_TAGS = {"team": "api", "new": "one"}
_READING = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_ASSUMED_BY_TASKS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs.amazonaws.com"}}],
    }
)
_UNTRACKED: dict[str, Any] = {
    "policyType": "StepScaling",
    "targetTrackingConfiguration": None,
    "adjustmentType": "ChangeInCapacity",
    "stepAdjustments": [{"scalingAdjustment": 1, "metricIntervalLowerBound": "0"}],
    "metricAggregationType": "Average",
}
_RULE = {"ipProtocol": "tcp", "fromPort": 80, "toPort": 90, "cidrIpv4": "10.0.0.0/8"}
_FIXED = {"contentType": "text/plain", "messageBody": "later", "statusCode": "503"}


def _disk(**ebs: Any) -> list[Any]:
    return [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "volumeType": "gp3", "volumeSize": 8, **ebs}}]


def _mixed(*types: str, on_demand: int = 100) -> dict[str, Any]:
    return {
        "launchTemplate": {
            "launchTemplateSpecification": {"launchTemplateId": "{LaunchTemplate}", "version": "1"},
            "overrides": [{"instanceType": each} for each in types],
        },
        "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": on_demand},
    }


FLEET_LIVES = (
    Life(
        TEMPLATE,
        {
            "blockDeviceMappings": _disk(volumeSize=16, iops=4000),
            "cpuOptions": {"coreCount": 2, "threadsPerCore": 1},
            "creditSpecification": {"cpuCredits": "unlimited"},
            "description": "second",
            "disableApiStop": True,
            "disableApiTermination": True,
            "ebsOptimized": "true",
            "enclaveOptions": {"enabled": True},
            "hibernationOptions": {"configured": True},
            "iamInstanceProfile": {"name": "other"},
            "imageId": OTHER_IMAGE,
            "instanceInitiatedShutdownBehavior": "terminate",
            "instanceMarketOptions": {"marketType": "spot", "spotOptions": {"maxPrice": "0.1"}},
            "instanceType": "t3.small",
            "keyName": "mine",
            "maintenanceOptions": {"autoRecovery": "disabled"},
            "metadataOptions": {"httpTokens": "required", "httpEndpoint": "enabled", "httpPutResponseHopLimit": 2},
            "monitoring": {"enabled": False},
            "networkPerformanceOptions": {"bandwidthWeighting": "vpc-1"},
            "placement": {"tenancy": "dedicated"},
            "privateDnsNameOptions": {"hostnameType": "resource-name"},
            "tagSpecifications": [{"resourceType": "instance", "tags": {"team": "api"}}],
            "userData": "YWdhaW4=",
            "vpcSecurityGroupIds": ["{other SecurityGroup}"],
            "tags": _TAGS,
        },
        {"namePrefix": "api-"},
    ),
    Life(
        TEMPLATE,
        {"networkInterfaces": [{"deviceIndex": 0, "associatePublicIpAddress": "false", "deleteOnTermination": "true"}]},
        first={"vpcSecurityGroupIds": None},
    ),
    Life(
        TEMPLATE,
        {"instanceRequirements": {"memoryMib": {"min": 2048}, "vcpuCount": {"min": 2, "max": 8}}},
        first={
            "instanceType": None,
            "instanceRequirements": {"memoryMib": {"min": 1024}, "vcpuCount": {"min": 1}},
        },
    ),
    Life(TEMPLATE, {}, {"name": "others"}, first={"namePrefix": None, "name": "ours"}),
    Life(
        TARGET_GROUP,
        {
            "deregistrationDelay": 9,
            "healthCheck": {"path": "/ready", "interval": 10, "timeout": 4, "healthyThreshold": 2, "matcher": "204"},
            "loadBalancingAlgorithmType": "least_outstanding_requests",
            "loadBalancingCrossZoneEnabled": "true",
            "slowStart": 60,
            "stickiness": {"type": "lb_cookie", "enabled": False, "cookieDuration": 90},
            "tags": _TAGS,
        },
        {"namePrefix": "api-", "port": 81, "protocol": "HTTPS", "protocolVersion": "HTTP2", "targetType": "ip"},
        {"loadBalancingAlgorithmType": "round_robin", "loadBalancingCrossZoneEnabled": "false"},
    ),
    Life(TARGET_GROUP, {}, {"name": "others"}, first={"namePrefix": None, "name": "ours"}),
    Life(
        TARGET_GROUP,
        {"connectionTermination": True, "preserveClientIp": "false", "proxyProtocolV2": True},
        first={
            "protocol": "TCP",
            "healthCheck": None,
            "stickiness": None,
            "slowStart": None,
            "connectionTermination": False,
            "preserveClientIp": "true",
        },
    ),
    Life(
        BALANCER,
        {
            "clientKeepAlive": 1800,
            "desyncMitigationMode": "strictest",
            "dropInvalidHeaderFields": True,
            "enableHttp2": True,
            "enableTlsVersionAndCipherSuiteHeaders": True,
            "enableWafFailOpen": True,
            "enableXffClientPort": True,
            "enableZonalShift": True,
            "idleTimeout": 90,
            "preserveHostHeader": True,
            "securityGroups": ["{other SecurityGroup}"],
            "xffHeaderProcessingMode": "preserve",
            "tags": _TAGS,
        },
        {"namePrefix": "api-", "internal": True},
    ),
    Life(BALANCER, {}, {"name": "others"}, first={"namePrefix": None, "name": "ours"}),
    Life(ROLE, {}, {"name": "others"}, first={"namePrefix": None, "name": "ours"}),
    Life(SECURITY_GROUP, {}, {"name": "others"}, first={"namePrefix": None, "name": "ours"}),
    Life(BALANCER, {"enableDeletionProtection": False}, first={"enableDeletionProtection": True}),
    Life(
        LISTENER,
        {"defaultActions": [{"type": "fixed-response", "fixedResponse": _FIXED}], "port": 9999, "tags": _TAGS},
        {"loadBalancerArn": "{other LoadBalancer}"},
    ),
    Life(
        RULE,
        {
            "actions": [{"type": "fixed-response", "fixedResponse": _FIXED}],
            "conditions": [{"pathPattern": {"values": ["/other/*"]}}],
            "priority": 4000,
            "tags": _TAGS,
        },
        {"listenerArn": "{other Listener}"},
    ),
    Life(
        GROUP,
        {
            "capacityRebalance": True,
            "defaultCooldown": 100,
            "defaultInstanceWarmup": 60,
            "desiredCapacity": 2,
            "enabledMetrics": ["GroupTotalInstances"],
            "healthCheckGracePeriod": 20,
            "healthCheckType": "EC2",
            "instanceMaintenancePolicy": {"minHealthyPercentage": 90, "maxHealthyPercentage": 120},
            "maxInstanceLifetime": 86400,
            "maxSize": 4,
            "minSize": 2,
            "mixedInstancesPolicy": _mixed("t3.micro", "t3.medium", on_demand=50),
            "protectFromScaleIn": True,
            "suspendedProcesses": ["AZRebalance", "AlarmNotification"],
            "tags": [{"key": "team", "value": "api", "propagateAtLaunch": False}],
            "targetGroupArns": ["{other TargetGroup}"],
            "terminationPolicies": ["OldestInstance"],
            "warmPool": {"minSize": 1, "poolState": "Stopped"},
        },
        {
            "namePrefix": "api-",
            "initialLifecycleHooks": [
                {"name": "boot", "lifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING", "heartbeatTimeout": 60}
            ],
        },
        first={
            "forceDelete": True,
            "defaultCooldown": 200,
            "desiredCapacity": 1,
            "instanceMaintenancePolicy": {"minHealthyPercentage": 80, "maxHealthyPercentage": 110},
        },
    ),
    Life(
        GROUP,
        {"launchTemplate": {"id": "{other LaunchTemplate}", "version": "1"}},
        {"name": "others"},
        first={
            "forceDelete": True,
            "mixedInstancesPolicy": None,
            "launchTemplate": {"id": "{LaunchTemplate}", "version": "1"},
            "namePrefix": None,
            "name": "ours",
        },
    ),
    Life(
        POLICY,
        {
            "enabled": False,
            "estimatedInstanceWarmup": 90,
            "targetTrackingConfiguration": {
                "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageNetworkIn"},
                "targetValue": 1000,
                "disableScaleIn": True,
            },
        },
        {"name": "other", "autoscalingGroupName": "{other Group}"},
    ),
    Life(
        POLICY,
        {
            "adjustmentType": "PercentChangeInCapacity",
            "metricAggregationType": "Maximum",
            "stepAdjustments": [
                {"scalingAdjustment": 1, "metricIntervalLowerBound": "0", "metricIntervalUpperBound": "10"},
                {"scalingAdjustment": 2, "metricIntervalLowerBound": "10"},
            ],
        },
        first=_UNTRACKED,
    ),
    Life(
        POLICY,
        {"scalingAdjustment": 2, "cooldown": 60},
        first={
            "policyType": "SimpleScaling",
            "targetTrackingConfiguration": None,
            "adjustmentType": "ChangeInCapacity",
            "scalingAdjustment": 1,
            "cooldown": 30,
        },
    ),
    Life(
        ROLE,
        {
            "assumeRolePolicy": _ASSUMED_BY_TASKS,
            "description": "of api",
            "inlinePolicies": [{"name": "read", "policy": allowed("s3:GetObject")}],
            "managedPolicyArns": [_READING],
            "maxSessionDuration": 3600,
            "permissionsBoundary": _READING,
            "tags": _TAGS,
        },
        {"namePrefix": "api-", "path": "/api/"},
        {
            "inlinePolicies": [{"name": "write", "policy": allowed("s3:PutObject")}],
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
        },
    ),
    Life(PROFILE, {"role": "{other Role}", "tags": _TAGS}, {"name": "others", "path": "/api/"}),
    Life(
        ATTACHMENT,
        {},
        {"role": "{other Role}", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
    ),
    Life(
        SECURITY_GROUP,
        {
            "ingress": [{"protocol": "tcp", "fromPort": 8443, "toPort": 8443, "cidrBlocks": ["10.0.0.0/8"]}],
            "egress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}],
            "tags": _TAGS,
        },
        {"description": "Of others", "namePrefix": "api-"},
    ),
    *(
        Life(
            rule,
            {"description": "of api", "fromPort": 81, "toPort": 91, "ipProtocol": "udp", "tags": _TAGS},
            {"securityGroupId": "{other SecurityGroup}"},
            first={**_RULE, "description": "of web"},
        )
        for rule in (INGRESS, EGRESS)
    ),
    *(
        Life(
            rule,
            {"cidrIpv4": "192.168.0.0/16"},
            first=_RULE,
        )
        for rule in (INGRESS, EGRESS)
    ),
    *(
        Life(
            rule,
            {},
            {"referencedSecurityGroupId": "{other SecurityGroup}"},
            first=_RULE,
        )
        for rule in (INGRESS, EGRESS)
    ),
)
