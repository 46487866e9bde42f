"""Faults on order: what the client gets, what was done, what the journal says, and that an order is kept."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from typer.testing import CliRunner

from sandbox import cli, cloud
from sandbox.cloud.faults import Answer
from sandbox.lifecycle import SandboxError
from tests.sandbox.cloud_world import GOOD, SEED, World, client, error_of, refused, running_cloud

pytestmark = pytest.mark.slow

_names = (f"faulty-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("home") / "cloud") as world:
        yield world


@pytest.fixture
def world(own: World) -> Iterator[World]:
    yield own
    cloud.clear_faults(own.directory)


def status_of(error: ClientError) -> int:
    answer: Any = error.response
    return answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "operation", "throttled", "failed"),
    [
        ("ec2", "DescribeVpcs", ("RequestLimitExceeded", 503), "InternalError"),
        ("autoscaling", "DescribeAutoScalingGroups", ("Throttling", 400), "InternalFailure"),
        ("ssm", "DescribeParameters", ("ThrottlingException", 400), "InternalFailure"),
        ("dynamodb", "ListTables", ("ThrottlingException", 400), "InternalServerError"),
        ("efs", "DescribeFileSystems", ("ThrottlingException", 429), "InternalFailure"),
        ("lambda", "ListFunctions", ("TooManyRequestsException", 429), "InternalFailure"),
        ("route53", "ListHostedZones", ("Throttling", 400), "InternalFailure"),
        ("s3", "ListBuckets", ("SlowDown", 503), "InternalError"),
    ],
)
def test_throttling_and_failures_are_the_services_own(
    world: World, service: str, operation: str, throttled: tuple[str, int], failed: str
) -> None:
    asked = client(service, world.url)
    expected: dict[Answer, tuple[str, int]] = {"throttle": throttled, "error": (failed, 500)}
    for answer, (code, status) in expected.items():
        cloud.order_fault(world.directory, operation, answer, service=service, times=1)
        with pytest.raises(ClientError) as caught:
            asked._make_api_call(operation, {})
        assert (error_of(caught.value)["Code"], status_of(caught.value)) == (code, status)
        noted = cloud.read_journal(world.directory)[-1]
        assert (noted.service, noted.operation, noted.status, noted.fault) == (service, operation, status, answer)
        assert (noted.error or "").startswith(f"{code}: ")
    asked._make_api_call(operation, {})
    assert cloud.read_journal(world.directory)[-1].fault is None


def test_a_call_that_times_out_is_not_made_and_others_do_not_wait_for_it(world: World) -> None:
    name, before = next(_names), time.monotonic()
    cloud.order_fault(world.directory, "CreateSecurityGroup", "timeout", times=1, latency=1)

    def create() -> None:
        with pytest.raises(ConnectionClosedError):
            world.ec2.create_security_group(GroupName=name, Description="-", VpcId=world.vpc)

    waiting = threading.Thread(target=create)
    waiting.start()
    while not cloud.read_journal(world.directory)[-1].fault:
        time.sleep(0.01)
    world.ec2.describe_vpcs()
    assert time.monotonic() - before < 1
    waiting.join()
    assert time.monotonic() - before >= 1
    (noted,) = [call for call in cloud.read_journal(world.directory) if call.fault == "timeout"]
    assert (noted.status, noted.error) == (0, None)
    assert noted.seconds >= 1
    world.ec2.create_security_group(GroupName=name, Description="-", VpcId=world.vpc)


def test_a_create_whose_answer_is_lost_is_done_and_done_again_it_is_refused(world: World) -> None:
    cloud.order_fault(world.directory, "CreateSecurityGroup", "lost", times=1)
    asked = {"GroupName": next(_names), "Description": "-", "VpcId": world.vpc}
    with pytest.raises(ConnectionClosedError):
        world.ec2.create_security_group(**asked)
    noted = cloud.read_journal(world.directory)[-1]
    assert (noted.status, noted.error, noted.fault) == (200, None, "lost")
    with refused("InvalidGroup.Duplicate"):
        world.ec2.create_security_group(**asked)


def test_a_create_whose_answer_is_lost_and_that_has_a_token_is_repeated_without_harm(world: World) -> None:
    cloud.order_fault(world.directory, "CreateLaunchTemplate", "lost", times=1)
    asked = {"LaunchTemplateName": next(_names), "LaunchTemplateData": {"ImageId": GOOD}, "ClientToken": "token"}
    with pytest.raises(ConnectionClosedError):
        world.ec2.create_launch_template(**asked)
    made = world.ec2.create_launch_template(**asked)["LaunchTemplate"]
    found = world.ec2.describe_launch_templates(LaunchTemplateNames=[asked["LaunchTemplateName"]])
    assert [each["LaunchTemplateId"] for each in found["LaunchTemplates"]] == [made["LaunchTemplateId"]]


def test_missing_capacity_is_told_as_aws_tells_it(world: World) -> None:
    cloud.order_fault(world.directory, "RunInstances", "capacity")
    with pytest.raises(ClientError) as caught:
        world.ec2.run_instances(ImageId=GOOD, InstanceType="m7i.large", MinCount=1, MaxCount=1)
    assert (error_of(caught.value)["Code"], status_of(caught.value)) == ("InsufficientInstanceCapacity", 500)
    assert "sufficient m7i.large capacity" in error_of(caught.value)["Message"]
    cloud.order_fault(world.directory, "CreateFleet", "capacity", times=1)
    specification = {"LaunchTemplateId": world.template(), "Version": "1"}
    asked: dict[str, Any] = {
        "Type": "instant",
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"},
        "LaunchTemplateConfigs": [{"LaunchTemplateSpecification": specification}],
    }
    told = world.ec2.create_fleet(**asked)
    assert (told["Instances"], [each["ErrorCode"] for each in told["Errors"]]) == ([], ["InsufficientInstanceCapacity"])
    told = world.ec2.create_fleet(**asked)
    assert (len(told["Instances"]), told.get("Errors", [])) == (1, [])


def faulty(directory: Path, ec2: Any, calls: int) -> list[bool]:
    """Which of so many calls fail."""
    before = len(cloud.read_journal(directory))
    for _ in range(calls):
        try:
            ec2.describe_vpcs()
        except ClientError as error:
            assert error_of(error)["Code"] == "RequestLimitExceeded"
    return [call.fault is not None for call in cloud.read_journal(directory)[before:]]


def test_the_same_seed_meets_the_same_calls(world: World) -> None:
    met = list[list[bool]]()
    for seed in (7, 7, 8):
        cloud.order_fault(world.directory, "DescribeVpcs", "throttle", probability=0.5, seed=seed)
        met.append(faulty(world.directory, world.ec2, 20))
        cloud.clear_faults(world.directory, "DescribeVpcs")
    assert met[0] == met[1] != met[2]
    assert 0 < sum(met[0]) < 20
    assert faulty(world.directory, world.ec2, 2) == [False, False]


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"operation": "RunInstnces"}, "RunInstnces: no such operation; did you mean RunInstances?"),
        ({"operation": "run_instances", "service": "ec2"}, "no such operation of ec2; did you mean RunInstances?"),
        ({"operation": "RunInstances", "service": "elbv2"}, "RunInstances: no such operation of elbv2"),
        ({"operation": "CreateRule", "service": "elb2"}, "elb2: no such service; did you mean elbv2?"),
        ({"operation": "CreateRule", "probability": 1.5}, "probability 1.5: must be from 0 to 1"),
        ({"operation": "CreateRule", "times": 0}, "times 0: must be 1 or more"),
        ({"operation": "CreateRule", "latency": -1}, "latency -1: must be 0 seconds or more"),
        ({"operation": "CreateRule", "times": 1, "probability": 1}, "either `times` or a `probability`"),
        ({"operation": "CreateRule", "seed": 1}, "a `seed` is for a `probability`"),
        ({"operation": "CreateRule", "answer": "capacity"}, "capacity is missing where instances start"),
        ({"operation": "CreateRule", "answer": "nonsense"}, "can be throttle, error, timeout, lost, capacity"),
    ],
)
def test_an_order_that_can_not_be_followed_is_refused(world: World, order: dict[str, Any], told: str) -> None:
    asked: Any = {"answer": "error", **order}
    with pytest.raises(cloud.CloudError) as caught:
        cloud.order_fault(world.directory, **asked)
    assert told in str(caught.value)
    assert cloud.faults(world.directory) == []


def test_orders_are_listed_and_end(world: World) -> None:
    cloud.order_fault(world.directory, "CreateRule", "error", service="elbv2", times=3)
    cloud.order_fault(world.directory, "DescribeVpcs", "throttle", probability=0.2, seed=1, latency=0.5)
    assert [{key: one for key, one in each.items() if one} for each in cloud.faults(world.directory)] == [
        {"operation": "CreateRule", "answer": "error", "service": "elbv2", "times": 3},
        {"operation": "DescribeVpcs", "answer": "throttle", "probability": 0.2, "seed": 1, "latency": 0.5},
    ]
    cloud.clear_faults(world.directory, "DescribeVpcs")
    assert [each["operation"] for each in cloud.faults(world.directory)] == ["CreateRule"]
    with pytest.raises(cloud.CloudError, match="DescribeVpcs: no fault is ordered for it"):
        cloud.clear_faults(world.directory, "DescribeVpcs")
    cloud.clear_faults(world.directory)
    assert cloud.faults(world.directory) == []


def test_the_command_line_gives_lists_and_ends_orders(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(world.directory.parent))

    def run(*arguments: str) -> list[Any]:
        result = CliRunner().invoke(cli.app, ["fault", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    told = run("CreateRule", "--answer", "lost", "--service", "elbv2", "--times", "2")
    assert told == [{"operation": "CreateRule", "answer": "lost", "service": "elbv2", "times": 2, "latency": 0.0}]
    assert run("--list") == told
    assert run("CreateRule", "--clear") == []
    with pytest.raises(SandboxError, match="Name the operation"):
        run()


def test_the_command_line_orders_health(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(world.directory.parent))
    targets = world.target_group()
    world.rule(world.listener(), targets)
    (instance,) = world.instances(world.group(1, TargetGroupARNs=[targets]))
    for subject, state, told in (
        (GOOD, "unhealthy", "unhealthy Target.FailedHealthChecks"),
        (instance, "healthy", "healthy"),
    ):
        result = CliRunner().invoke(cli.app, ["health", subject, state], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        deadline = time.monotonic() + 5
        while world.states(targets) != {told}:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_orders_outlive_the_cloud_as_far_as_they_went(tmp_path: Path) -> None:
    directory = tmp_path / "cloud"
    try:
        ec2 = client("ec2", cloud.start(directory, SEED))
        cloud.order_fault(directory, "DescribeVpcs", "throttle", probability=0.5, seed=7)
        cloud.order_fault(directory, "DescribeSubnets", "throttle", times=3)
        met = faulty(directory, ec2, 10)
        with pytest.raises(ClientError):
            ec2.describe_subnets()
        os.kill(json.loads((directory / "server.json").read_text())["pid"], signal.SIGKILL)
        while cloud.running(directory):
            time.sleep(0.05)
        ec2 = client("ec2", cloud.start(directory, SEED))
        assert "gave another answer" not in (directory / "server.log").read_text()
        assert [each["times"] for each in cloud.faults(directory)] == [None, 2]
        cloud.clear_faults(directory, "DescribeSubnets")
        met += faulty(directory, ec2, 10)
        cloud.clear_faults(directory)
        cloud.order_fault(directory, "DescribeVpcs", "throttle", probability=0.5, seed=7)
        assert faulty(directory, ec2, 20) == met
    finally:
        cloud.stop(directory)
