"""Valid inputs for every type, so that a test changes the one thing it is about."""

from __future__ import annotations

import functools
import json
from typing import Any

from sandbox.provider.values import Values
from tests.sandbox import provider_data, provider_operations
from tests.sandbox.provider_client import Client, Resource

IMAGE, OTHER_IMAGE = "ami-00000000000000140", "ami-00000000000000150"

ASSUMED_BY_EC2 = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
    }
)

GROUP = "aws:autoscaling/group:Group"
POLICY = "aws:autoscaling/policy:Policy"
ROLE = "aws:iam/role:Role"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


class World:
    """Makes resources of each type with as little said as AWS needs, and those they hang on.

    These come from `standing`, if there is one: a world that outlives this one.
    """

    def __init__(self, client: Client, standing: World | None = None, name: str = "web") -> None:
        self.client, self.standing, self.name = client, standing, name
        self.made: list[Resource] = []

    @functools.cached_property
    def vpc(self) -> str:
        """The default network's id."""
        if self.standing:
            return self.standing.vpc
        return self.client.invoke("aws:ec2/getVpc:getVpc", default=True)["id"]

    @functools.cached_property
    def subnets(self) -> list[str]:
        """Ids of its subnets."""
        if self.standing:
            return self.standing.subnets
        filters = [{"name": "vpc-id", "values": [self.vpc]}]
        return self.client.invoke("aws:ec2/getSubnets:getSubnets", filters=filters)["ids"]

    def make(self, token: str, resource_name: str = "web", **inputs: Any) -> Resource:
        """A resource with the inputs of `inputs_of` and these."""
        given = {**self.inputs_of(token), **inputs}
        resource = self.client.create(
            token, resource_name, **{key: one for key, one in given.items() if one is not None}
        )
        self.made.append(resource)
        return resource

    def one(self, token: str) -> Resource:
        """The first resource made of a type; if there is none, one that stands, or one made now."""
        made = next((one for one in self.made if one.token == token), None)
        return made or (self.standing.one(token) if self.standing else self.make(token, self.name))

    def inputs_of(self, token: str) -> Values:
        """The least that creates a resource of the type."""
        match token:
            case "aws:ec2/launchTemplate:LaunchTemplate":
                return {"imageId": IMAGE, "instanceType": "t3.micro"}
            case "aws:lb/targetGroup:TargetGroup":
                return {"port": 80, "protocol": "HTTP", "vpcId": self.vpc}
            case "aws:lb/loadBalancer:LoadBalancer":
                return {"subnets": self.subnets[:2], "securityGroups": [self.one(SECURITY_GROUP).id]}
            case "aws:lb/listener:Listener":
                fixed = {"contentType": "text/plain", "messageBody": "no", "statusCode": "503"}
                actions = [{"type": "fixed-response", "fixedResponse": fixed}]
                return {
                    "loadBalancerArn": self.one(BALANCER).id,
                    "port": 80 if self.name == "web" else 8000,  # A balancer has one listener a port.
                    "protocol": "HTTP",
                    "defaultActions": actions,
                }
            case "aws:lb/listenerRule:ListenerRule":
                return {
                    "listenerArn": self.one(LISTENER).id,
                    "conditions": [{"pathPattern": {"values": ["/a", "/b"]}}],
                    "actions": [{"type": "forward", "targetGroupArn": self.one(TARGET_GROUP).id}],
                }
            case "aws:autoscaling/group:Group":
                return {
                    "minSize": 1,
                    "maxSize": 3,
                    "vpcZoneIdentifiers": self.subnets,
                    "launchTemplate": {"id": self.one(TEMPLATE).id, "version": "1"},
                    "waitForCapacityTimeout": "0",
                }
            case "aws:autoscaling/policy:Policy":
                metric = {"predefinedMetricType": "ASGAverageCPUUtilization"}
                return {
                    "autoscalingGroupName": self.one(GROUP).id,
                    "policyType": "TargetTrackingScaling",
                    "targetTrackingConfiguration": {"predefinedMetricSpecification": metric, "targetValue": 50},
                }
            case "aws:iam/role:Role":
                return {"assumeRolePolicy": ASSUMED_BY_EC2}
            case "aws:iam/instanceProfile:InstanceProfile":
                return {"role": self.one(ROLE).state["name"]}
            case "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
                return {"role": self.one(ROLE).state["name"], "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
            case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
                rule = {"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": "10.0.0.0/8"}
                return {"securityGroupId": self.one(SECURITY_GROUP).id, **rule}
            case "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
                return {"securityGroupId": self.one(SECURITY_GROUP).id, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}
            case _:
                return provider_data.little(self, token) or provider_operations.little(self, token)

    def rich_inputs_of(self, token: str) -> Values:
        """Inputs that say a lot, for the types that have much to say."""
        tags = {"team": "web", "a.b:c": "d e"}
        match token:
            case "aws:ec2/launchTemplate:LaunchTemplate":
                device = {"encrypted": "true", "deleteOnTermination": "true", "volumeSize": 8, "volumeType": "gp3"}
                return {
                    **self.inputs_of(token),
                    "namePrefix": "web-",
                    "description": "first",
                    "userData": "aGVsbG8=",
                    "metadataOptions": {"httpTokens": "required", "httpEndpoint": "enabled"},
                    "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": device}],
                    "vpcSecurityGroupIds": [self.one(SECURITY_GROUP).id],
                    "iamInstanceProfile": {"arn": self.one(PROFILE).state["arn"]},
                    "monitoring": {"enabled": True},
                    "tagSpecifications": [{"resourceType": "volume", "tags": tags}],
                    "tags": tags,
                }
            case "aws:lb/targetGroup:TargetGroup":
                return {
                    **self.inputs_of(token),
                    "namePrefix": "web-",
                    "healthCheck": {"path": "/healthz", "interval": 5, "timeout": 2, "matcher": "200-299"},
                    "deregistrationDelay": 5,
                    "stickiness": {"type": "lb_cookie", "enabled": True, "cookieDuration": 60},
                    "slowStart": 30,
                    "tags": tags,
                }
            case "aws:lb/loadBalancer:LoadBalancer":
                return {
                    **self.inputs_of(token),
                    "namePrefix": "web-",
                    "idleTimeout": 30,
                    "enableHttp2": False,
                    "tags": tags,
                }
            case "aws:lb/listenerRule:ListenerRule":
                target = self.one(TARGET_GROUP).id
                header = {"httpHeaderName": "X-Release", "values": ["web-1"]}
                return {
                    **self.inputs_of(token),
                    "priority": 7,
                    "conditions": [
                        {"httpHeader": header},
                        {"hostHeader": {"values": ["b.example", "a.example"]}},
                        {"queryStrings": [{"key": "a", "value": "b"}]},
                        {"sourceIp": {"values": ["10.0.0.0/8"]}},
                    ],
                    "actions": [{"type": "forward", "forward": {"targetGroups": [{"arn": target, "weight": 90}]}}],
                    "tags": tags,
                }
            case "aws:autoscaling/group:Group":
                template = {"launchTemplateId": self.one(TEMPLATE).id, "version": "1"}
                overrides = [{"instanceType": "t3.micro"}, {"instanceType": "t3.small"}]
                mixed = {
                    "launchTemplate": {"launchTemplateSpecification": template, "overrides": overrides},
                    "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": 100},
                }
                given = {**self.inputs_of(token), "mixedInstancesPolicy": mixed, "namePrefix": "web-"}
                listed = [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in tags.items()]
                return {
                    **{key: value for key, value in given.items() if key != "launchTemplate"},
                    "targetGroupArns": [self.one(TARGET_GROUP).id],
                    "healthCheckType": "ELB",
                    "healthCheckGracePeriod": 10,
                    "suspendedProcesses": ["AZRebalance"],
                    "enabledMetrics": ["GroupMaxSize", "GroupMinSize"],
                    "tags": listed,
                }
            case "aws:ec2/securityGroup:SecurityGroup":
                rule = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "description": "in"}
                return {
                    "namePrefix": "web-",
                    "description": "Web servers",
                    "vpcId": self.vpc,
                    "ingress": [
                        {**rule, "cidrBlocks": ["10.1.0.0/16", "10.0.0.0/16"]},
                        {**rule, "fromPort": 80, "self": True},
                    ],
                    "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
                    "tags": tags,
                }
            case "aws:iam/role:Role":
                return {
                    **self.inputs_of(token),
                    "namePrefix": "web-",
                    "description": "of web",
                    "maxSessionDuration": 7200,
                    "tags": tags,
                }
            case _:
                more = provider_data.rich(self, token) or provider_operations.rich(self, token)
                return {**self.inputs_of(token), **more}

    def clear(self) -> None:
        """Delete everything, what came last first."""
        for resource in reversed(self.made):
            self.client.delete(resource)
