"""A cloud of a test module's own, with clients of it and builders of what a fleet consists of."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Generator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import cloud
from tests.sandbox.warm import SEED

REGION = "eu-west-1"

GOOD, NEVER, TURNING, SLOW = (
    "ami-00000000000000001",
    "ami-00000000000000002",
    "ami-00000000000000003",
    "ami-00000000000000004",
)
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-4000-8000-000000000001"
UNAVAILABLE = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]

_numbers = itertools.count(1)


@functools.cache
def _session(mocked: bool) -> Any:  # moto reaches those made after it was imported.
    """A session for each way: reading the service models takes a second."""
    return boto3.Session()


@functools.cache
def client(service: str, url: str | None, region: str = REGION) -> Any:
    """A boto3 client that asks once; without a URL it is one for moto in this process."""
    return _session(url is None).client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextlib.contextmanager
def running_cloud(directory: Path) -> Generator[World]:
    """A world in a cloud that ends with the test module."""
    url = cloud.start(directory, SEED)
    try:
        yield World(url, directory)
    finally:
        cloud.stop(directory)


@contextlib.contextmanager
def refused(code: str) -> Generator[None]:
    """Passes if AWS's answer to what happens inside is an error with this code."""
    with pytest.raises(ClientError) as caught:
        yield
    assert error_of(caught.value)["Code"] == code, caught.value


def error_of(error: ClientError) -> dict[str, str]:
    """Code and message of an answer."""
    answer: Any = error.response
    return answer["Error"]


class World:
    """Clients of one cloud, and builders that give everything another name."""

    def __init__(self, url: str | None, directory: Path = Path()) -> None:
        self.url, self.directory = url, directory
        self.ec2, self.elb = client("ec2", url), client("elbv2", url)
        self.autoscaling, self.iam = client("autoscaling", url), client("iam", url)
        self.subnets: list[str] = [each["SubnetId"] for each in self.ec2.describe_subnets()["Subnets"]]
        self.vpc: str = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]

    def template(self, image: str = GOOD, **data: Any) -> str:
        """A launch template's id."""
        made = self.ec2.create_launch_template(
            LaunchTemplateName=_name("lt"), LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro", **data}
        )
        return made["LaunchTemplate"]["LaunchTemplateId"]

    def group(self, size: int = 2, template: str | None = None, **settings: Any) -> str:
        """An Auto Scaling group's name; in all zones unless `settings` say otherwise."""
        name = settings.pop("name", None) or _name("asg")
        if not settings.keys() & {"MixedInstancesPolicy", "LaunchTemplate"}:
            settings["LaunchTemplate"] = {"LaunchTemplateId": template or self.template(), "Version": "1"}
        settings = {"VPCZoneIdentifier": ",".join(self.subnets), "MaxSize": max(size, 10), **settings}
        self.autoscaling.create_auto_scaling_group(AutoScalingGroupName=name, MinSize=size, **settings)
        return name

    def described(self, name: str) -> dict[str, Any]:
        """An Auto Scaling group as AWS describes it."""
        (group,) = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        return group

    def instances(self, name: str) -> list[str]:
        """Ids of a group's instances."""
        return [each["InstanceId"] for each in self.described(name)["Instances"]]

    def target_group(self, **settings: Any) -> str:
        """A target group's ARN."""
        settings = {"Protocol": "HTTP", "Port": 80, "VpcId": self.vpc, **settings}
        made = self.elb.create_target_group(Name=_name("tg"), **settings)
        return made["TargetGroups"][0]["TargetGroupArn"]

    def balancer(self, **settings: Any) -> str:
        """A load balancer's ARN."""
        made = self.elb.create_load_balancer(Name=_name("lb"), Subnets=self.subnets[:2], **settings)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def listener(self, balancer: str | None = None, port: int = 80, **settings: Any) -> str:
        """A listener's ARN; by default it answers 503."""
        settings = {"Protocol": "HTTP", "DefaultActions": UNAVAILABLE, **settings}
        made = self.elb.create_listener(LoadBalancerArn=balancer or self.balancer(), Port=port, **settings)
        return made["Listeners"][0]["ListenerArn"]

    def rule(self, listener: str, *target_groups: str, priority: int = 1) -> str:
        """The ARN of a rule that shares all requests among target groups."""
        made = self.elb.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=[forward(*target_groups)],
        )
        return made["Rules"][0]["RuleArn"]

    def security_group(self) -> str:
        """A security group's id."""
        return self.ec2.create_security_group(GroupName=_name("sg"), Description="-", VpcId=self.vpc)["GroupId"]

    def health(self, target_group: str) -> dict[str, str]:
        """The state of each target, with its reason if it has one."""
        found = self.elb.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        states = {each["Target"]["Id"]: each["TargetHealth"] for each in found}
        return {target: " ".join(filter(None, [it["State"], it.get("Reason")])) for target, it in states.items()}

    def states(self, target_group: str) -> set[str]:
        """The distinct states in `health`."""
        return {*self.health(target_group).values()}


def forward(*target_groups: str) -> dict[str, Any]:
    """An action that shares requests evenly."""
    several = [{"TargetGroupArn": arn, "Weight": 1} for arn in target_groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": several}}


def _name(kind: str) -> str:
    return f"{kind}-{next(_numbers)}"
