"""The journal: every call with what it asked and how it ended, crashes too, and crashes as errors of AWS's."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import cloud
from tests.sandbox.cloud_world import REGION, World, client, error_of, running_cloud


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as world:
        yield world


def last(world: World) -> cloud.Call:
    """The newest entry."""
    return cloud.read_journal(world.directory)[-1]


def test_a_call_is_in_the_journal_as_soon_as_it_is_answered(world: World) -> None:
    before = datetime.now(UTC)
    world.elb.describe_load_balancers(Names=[])
    call = last(world)
    assert (call.service, call.operation, call.region) == ("elbv2", "DescribeLoadBalancers", REGION)
    assert (call.status, call.error) == (200, None)
    assert before <= datetime.fromisoformat(call.time) <= datetime.now(UTC)
    assert 0 < call.seconds < 5


def test_what_a_call_asks_is_written_as_aws_names_it(world: World) -> None:
    world.group(0, name="journalled", Tags=[{"Key": "release", "Value": "web-1.5.0", "PropagateAtLaunch": True}])
    call = last(world)
    assert call.operation == "CreateAutoScalingGroup"
    assert call.parameters["AutoScalingGroupName"] == "journalled"
    assert call.parameters["Tags"] == [{"Key": "release", "Value": "web-1.5.0", "PropagateAtLaunch": True}]


@pytest.mark.parametrize(
    ("service", "operation", "asked"),
    [
        ("sts", "GetCallerIdentity", {}),
        ("acm", "DescribeCertificate", {"CertificateArn": "arn:aws:acm:eu-west-1:1:certificate/none-of-this-name"}),
        ("s3", "GetBucketLocation", {"Bucket": "no-such-bucket"}),
        ("ssm", "GetParameter", {"Name": "/no/such"}),
    ],
)
def test_calls_of_every_protocol_are_noted(world: World, service: str, operation: str, asked: dict[str, str]) -> None:
    made = client(service, world.url)
    try:
        made._make_api_call(operation, asked)
        error = ""
    except ClientError as refused:
        error = error_of(refused)["Code"]
    call = last(world)
    assert (call.service, call.operation) == (service, operation)
    assert (call.error or "").partition(":")[0] == error


def test_a_refusal_is_noted_with_code_and_message(world: World) -> None:
    with pytest.raises(ClientError):
        world.elb.delete_target_group(TargetGroupArn="arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/none/1")
    call = last(world)
    assert (call.status, call.error) == (400, "TargetGroupNotFound: One or more target groups not found")


@pytest.mark.parametrize(
    ("service", "operation", "asked"),
    [
        ("autoscaling", "StartInstanceRefresh", {"AutoScalingGroupName": "web"}),
        ("ec2", "DescribeFastLaunchImages", {}),
        ("efs", "DeleteFileSystemPolicy", {"FileSystemId": "fs-1"}),
        ("ssm", "ListNodes", {}),
        ("cloudwatch", "DescribeAnomalyDetectors", {}),
    ],
)
def test_what_moto_lacks_is_one_clear_error(world: World, service: str, operation: str, asked: dict[str, str]) -> None:
    with pytest.raises(ClientError) as caught:
        client(service, world.url)._make_api_call(operation, asked)
    error = error_of(caught.value)
    assert error["Code"] in ("NotImplemented", "InternalFailure")
    assert "The sandbox's cloud c" in error["Message"]
    call = last(world)
    assert (call.service, call.operation, call.status) == (service, operation, 501)
    assert call.error == f"{error['Code']}: {error['Message']}"


def test_an_operation_that_aws_does_not_know_is_an_error_and_noted(world: World) -> None:
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential=test/20261123/{REGION}/ec2/aws4_request, Signature=none"}
    request = urllib.request.Request(f"{world.url}/", b"Action=Nonsense&Version=2016-11-15", signed)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert b"<Code>InternalFailure</Code>" in caught.value.read()
    call = last(world)
    assert (call.service, call.operation, call.region, call.status) == ("ec2", "Nonsense", REGION, 501)


def test_calls_at_once_are_a_line_each(world: World) -> None:
    mark = len(cloud.read_journal(world.directory))
    with ThreadPoolExecutor(8) as threads:
        for call in [threads.submit(world.ec2.describe_vpcs) for _ in range(40)]:
            call.result()
    assert [call.operation for call in cloud.read_journal(world.directory)[mark:]] == ["DescribeVpcs"] * 40


def test_a_half_written_line_is_not_read_yet(world: World, tmp_path: Any) -> None:
    line = (world.directory / "journal.jsonl").read_text().splitlines(keepends=True)[0]
    (tmp_path / "journal.jsonl").write_text(line + line[: len(line) // 2])
    assert cloud.read_journal(tmp_path) == [cloud.Call(**json.loads(line))]


def test_without_a_cloud_the_journal_is_empty(tmp_path: Any) -> None:
    assert cloud.read_journal(tmp_path) == []
