"""What `status` says of a cloud, read from moto as from any AWS."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox.status import CloudStatus, Group, Instance, Targets, read_status


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


@pytest.fixture
def listener(aws: Any) -> str:
    """The ARN of an HTTP listener whose default is a fixed answer."""
    subnets = [subnet["SubnetId"] for subnet in aws.client("ec2").describe_subnets()["Subnets"]]
    elb = aws.client("elbv2")
    balancer = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]
    made = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=8080,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    )
    return made["Listeners"][0]["ListenerArn"]


def target_group(aws: Any, name: str) -> str:
    vpc = aws.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = aws.client("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
    return made["TargetGroups"][0]["TargetGroupArn"]


def fleet(aws: Any, name: str, target_group: str, tags: dict[str, str]) -> None:
    template = aws.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    )
    aws.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"},
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=2,
        AvailabilityZones=["eu-west-1a"],
        TargetGroupARNs=[target_group],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
    )


def test_an_empty_cloud_has_nothing_to_wait_for(aws: Any) -> None:
    assert read_status() == CloudStatus([], [])
    assert read_status().settled


def test_a_group_is_shown_with_its_release_traffic_and_targets(aws: Any, listener: str) -> None:
    old, new = target_group(aws, "old"), target_group(aws, "new")
    fleet(aws, "group-1", old, {"any:release": "web-1.4.2", "Name": "web"})
    fleet(aws, "group-2", new, {"Name": "web"})
    elb = aws.client("elbv2")
    weights = [{"TargetGroupArn": old, "Weight": 90}, {"TargetGroupArn": new, "Weight": 10}]
    elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example.com"]}},
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}},
        ],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
    )
    elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Release", "Values": ["a", "b"]}}
        ],
        Actions=[{"Type": "forward", "TargetGroupArn": new}],
    )
    status = read_status()
    (url,) = status.urls
    assert url.startswith("http://web-")
    assert url.endswith(":8080")

    second, first = status.groups
    assert (first.release, second.release) == ("web-1.4.2", "web")
    assert first == Group(
        name="group-1",
        release="web-1.4.2",
        minimum=1,
        desired=2,
        maximum=3,
        instances=[Instance(i.id, "eu-west-1a", "InService", "Healthy") for i in first.instances],
        targets=[Targets("old", {"host shop.example.com, path /*": 0.9}, {i.id: "healthy" for i in first.instances})],
    )
    assert len(first.instances) == 2
    assert second.targets[0].traffic == {"host shop.example.com, path /*": 0.1, "header X-Release a or b": 1.0}


def test_a_first_health_check_is_waited_for() -> None:
    group = Group("g", "g", 1, 1, 1, [], [Targets("t", {}, {"i-1": "healthy", "i-2": "initial"})])
    assert not CloudStatus([], [group]).settled
