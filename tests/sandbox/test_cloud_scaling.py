"""Fleets at work: boot time, missing capacity, replacement of what fails its health checks, draining."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import cloud
from tests.sandbox.cloud_truths_scaling import activities, lifecycle
from tests.sandbox.cloud_world import World, running_cloud

pytestmark = pytest.mark.slow

BOOTING, DRAINING = "ami-00000000000000005", "ami-00000000000000006"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as world:
        yield world


def eventually(holds: Callable[[], bool], within_s: float = 5) -> None:
    """Wait until it holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s
        time.sleep(0.05)


def state_of(world: World, instance: str) -> str:
    (found,) = world.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    return found["State"]["Name"]


def test_an_instance_is_pending_until_it_has_booted(world: World) -> None:
    began = time.monotonic()
    (instance,) = world.ec2.run_instances(ImageId=BOOTING, MinCount=1, MaxCount=1)["Instances"]
    named = instance["InstanceId"]
    assert state_of(world, named) == "pending"
    eventually(lambda: state_of(world, named) == "running")
    assert time.monotonic() - began > 0.9
    world.ec2.stop_instances(InstanceIds=[named])
    world.ec2.start_instances(InstanceIds=[named])
    assert state_of(world, named) == "pending"
    world.ec2.terminate_instances(InstanceIds=[named])
    time.sleep(1)
    assert state_of(world, named) == "terminated"


def test_an_instance_of_a_group_comes_into_service_and_to_its_target_group_once_it_has_booted(world: World) -> None:
    targets = world.target_group()
    world.rule(world.listener(), targets)
    name = world.group(1, world.template(BOOTING), TargetGroupARNs=[targets])
    assert (lifecycle(world, name), world.health(targets)) == (["Pending"], {})
    assert activities(world, name)[0]["StatusCode"] == "PreInService"
    assert "EndTime" not in activities(world, name)[0]
    eventually(lambda: lifecycle(world, name) == ["InService"])
    assert world.states(targets) == {"initial Elb.RegistrationInProgress"}
    told = activities(world, name)[0]
    assert told["StatusCode"] == "Successful"
    assert 0.9 < (told["EndTime"] - told["StartTime"]).total_seconds() < 1.1


def test_a_group_without_capacity_says_so_and_tries_again(world: World) -> None:
    cloud.order_fault(world.directory, "RunInstances", "capacity")
    began = time.monotonic()
    name = world.group(2)
    assert world.instances(name) == []
    failed = activities(world, name)
    assert [each["StatusCode"] for each in failed] == ["Failed"] * 2
    assert "sufficient t3.micro capacity" in failed[0]["StatusMessage"]
    assert failed[0]["Description"] == f"Launching a new EC2 instance.  Status Reason: {failed[0]['StatusMessage']}"
    assert world.described(name)["DesiredCapacity"] == 2
    noted = next(call for call in cloud.read_journal(world.directory) if call.fault == "capacity")
    assert (noted.operation, noted.status) == ("CreateAutoScalingGroup", 200)
    cloud.clear_faults(world.directory)
    assert world.instances(name) == []
    eventually(lambda: len(world.instances(name)) == 2)
    assert time.monotonic() - began > 1
    assert [each["StatusCode"] for each in activities(world, name)] == ["Successful"] * 2 + ["Failed"] * 2


def test_some_launches_may_fail(world: World) -> None:
    cloud.order_fault(world.directory, "RunInstances", "capacity", times=1)
    name = world.group(3)
    assert len(world.instances(name)) == 2
    eventually(lambda: len(world.instances(name)) == 3)


@pytest.mark.parametrize("kind", ["ELB", "EC2"])
def test_what_fails_its_target_groups_checks_is_replaced_if_the_group_wants_it(world: World, kind: str) -> None:
    targets = world.target_group()
    world.rule(world.listener(), targets)
    name = world.group(1, HealthCheckType=kind, HealthCheckGracePeriod=2, TargetGroupARNs=[targets])
    (failing,) = world.instances(name)
    cloud.order_health(world.directory, instance=failing, health="unhealthy")
    eventually(lambda: world.states(targets) == {"unhealthy Target.FailedHealthChecks"})
    assert world.instances(name) == [failing]
    if kind == "EC2":
        time.sleep(1.5)
        assert world.instances(name) == [failing]
        return
    eventually(lambda: failing not in world.instances(name))
    assert {*world.health(targets)} == {*world.instances(name)}
    assert state_of(world, failing) == "terminated"
    launched, ended, _ = activities(world, name)
    assert ended["Cause"].endswith("was taken out of service in response to an ELB system health check failure.")
    assert launched["Cause"].endswith("in response to an unhealthy instance needing to be replaced.")


@pytest.mark.parametrize("process", ["HealthCheck", "ReplaceUnhealthy", "Terminate"])
def test_a_suspended_process_replaces_nothing(world: World, process: str) -> None:
    targets = world.target_group()
    world.rule(world.listener(), targets)
    name = world.group(1, HealthCheckType="ELB", HealthCheckGracePeriod=0, TargetGroupARNs=[targets])
    world.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=[process])
    (failing,) = world.instances(name)
    cloud.order_health(world.directory, instance=failing, health="unhealthy")
    eventually(lambda: world.states(targets) == {"unhealthy Target.FailedHealthChecks"})
    (kept,) = world.described(name)["Instances"]
    assert (kept["InstanceId"], kept["HealthStatus"] == "Healthy") == (failing, process == "HealthCheck")
    world.autoscaling.resume_processes(AutoScalingGroupName=name)
    assert failing not in world.instances(name)


def test_an_instance_with_connections_is_drained_before_it_ends(world: World) -> None:
    targets = world.target_group()
    world.rule(world.listener(), targets)
    name = world.group(1, world.template(DRAINING), TargetGroupARNs=[targets])
    (leaving,) = world.instances(name)
    world.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0)
    assert lifecycle(world, name) == ["Terminating"]
    assert world.health(targets) == {leaving: "draining Target.DeregistrationInProgress"}
    assert activities(world, name)[0]["StatusCode"] == "WaitingForELBConnectionDraining"
    assert state_of(world, leaving) == "running"
    eventually(lambda: world.instances(name) == [])
    assert (world.health(targets), state_of(world, leaving)) == ({}, "terminated")
    assert activities(world, name)[0]["StatusCode"] == "Successful"


def test_what_was_due_in_between_is_the_same_after_a_restart(world: World) -> None:
    targets = world.target_group()
    world.rule(world.listener(), targets)
    hook: dict[str, Any] = {
        "LifecycleHookName": "hook",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": 1,
        "DefaultResult": "CONTINUE",
    }
    settings: dict[str, Any] = {"HealthCheckType": "ELB", "HealthCheckGracePeriod": 1, "TargetGroupARNs": [targets]}
    name = world.group(2, world.template(BOOTING), LifecycleHookSpecificationList=[hook], **settings)
    eventually(lambda: lifecycle(world, name) == ["InService"] * 2)
    cloud.order_health(world.directory, instance=world.instances(name)[0], health="unhealthy")
    eventually(lambda: sorted(lifecycle(world, name)) == ["InService", "Pending"])
    before = world.instances(name), [each["ActivityId"] for each in activities(world, name)]
    os.kill(json.loads((world.directory / "server.json").read_text())["pid"], signal.SIGKILL)
    eventually(lambda: cloud.running(world.directory) is None)
    again = World(cloud.start(world.directory, Path(__file__).parent / "cloud_seed.yaml"), world.directory)
    assert "gave another answer" not in (world.directory / "server.log").read_text()
    assert (again.instances(name), [each["ActivityId"] for each in activities(again, name)]) == before
    eventually(lambda: lifecycle(again, name) == ["InService"] * 2)
