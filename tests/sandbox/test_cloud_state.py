"""What a cloud holds outlives its process, however that ends; a state that can't be used is said to be so."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from sandbox import cloud
from sandbox.cloud.state import files
from tests.sandbox.cloud_world import GOOD, REGION, SEED, World, client

pytestmark = pytest.mark.slow

ALARM = {
    "AlarmName": "slow",
    "Namespace": "test",
    "MetricName": "seconds",
    "Statistic": "Sum",
    "Period": 86400,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}
POLICY = '{"Version": "2012-10-17", "Statement": []}'

#: Whatever a fleet consists of, and what a program puts beside it.
_ASKED: tuple[tuple[str, str], ...] = (
    ("ec2", "DescribeVpcs"),
    ("ec2", "DescribeSubnets"),
    ("ec2", "DescribeSecurityGroups"),
    ("ec2", "DescribeLaunchTemplates"),
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeVolumes"),
    ("ec2", "DescribeNetworkInterfaces"),
    ("ec2", "DescribeKeyPairs"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("elbv2", "DescribeLoadBalancers"),
    ("elbv2", "DescribeTargetGroups"),
    ("iam", "ListRoles"),
    ("iam", "ListInstanceProfiles"),
    ("ssm", "DescribeParameters"),
    ("s3", "ListBuckets"),
    ("dynamodb", "ListTables"),
    ("sqs", "ListQueues"),
    ("sns", "ListTopics"),
    ("logs", "DescribeLogGroups"),
    ("secretsmanager", "ListSecrets"),
    ("ecr", "DescribeRepositories"),
    ("kms", "ListKeys"),
    ("cloudwatch", "DescribeAlarms"),
    ("cloudwatch", "DescribeAlarmHistory"),
    ("events", "ListRules"),
    ("route53", "ListHostedZones"),
    ("efs", "DescribeFileSystems"),
    ("lambda", "ListFunctions"),
    ("acm", "ListCertificates"),
)
_MADE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    # These generate keys, which no other process generates again.
    ("ec2", "CreateKeyPair", {"KeyName": "key"}),
    ("kms", "CreateKey", {}),
    ("acm", "RequestCertificate", {"DomainName": "example.com"}),
    # All these are repeated.
    (
        "iam",
        "CreateRole",
        {"RoleName": "web", "AssumeRolePolicyDocument": '{"Version": "2012-10-17", "Statement": []}'},
    ),
    ("iam", "CreateInstanceProfile", {"InstanceProfileName": "web"}),
    ("ssm", "PutParameter", {"Name": "/web", "Value": "1", "Type": "SecureString"}),
    ("s3", "CreateBucket", {"Bucket": "bucket", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "k", "Body": b"content"}),
    (
        "dynamodb",
        "CreateTable",
        {
            "TableName": "t",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ),
    ("dynamodb", "PutItem", {"TableName": "t", "Item": {"id": {"S": "1"}}}),
    ("sqs", "CreateQueue", {"QueueName": "q"}),
    ("sns", "CreateTopic", {"Name": "topic"}),
    ("logs", "CreateLogGroup", {"logGroupName": "/web"}),
    ("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "hidden"}),
    ("ecr", "CreateRepository", {"repositoryName": "web"}),
    ("events", "PutRule", {"Name": "r", "ScheduleExpression": "rate(1 hour)"}),
    ("route53", "CreateHostedZone", {"Name": "example.com", "CallerReference": "1"}),
    ("efs", "CreateFileSystem", {"CreationToken": "1"}),
    ("cloudwatch", "PutMetricAlarm", ALARM),
    ("cloudwatch", "PutCompositeAlarm", {"AlarmName": "both", "AlarmRule": "ALARM(slow)"}),
    ("cloudwatch", "PutMetricData", {"Namespace": "test", "MetricData": [{"MetricName": "seconds", "Value": 9}]}),
)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cloud"
    cloud.stop(tmp_path / "cloud")


def start(directory: Path) -> World:
    """The cloud of a directory."""
    return World(cloud.start(directory, SEED), directory)


def kill(directory: Path) -> None:
    """End the cloud as the kernel would."""
    pid: int = json.loads((directory / "server.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    while cloud.running(directory):
        time.sleep(0.01)


def eventually(holds: Callable[[], bool], within_s: float = 20) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def said(directory: Path) -> str:
    """The cloud's log."""
    return (directory / "server.log").read_text()


def content(world: World) -> str:
    """What stands in the cloud, in every byte that its answers have in common."""
    answers = [client(service, world.url)._make_api_call(operation, {}) for service, operation in _ASKED]
    for answer in answers:
        answer.pop("ResponseMetadata")
        for each in answer.get("FileSystems", []):
            each["SizeInBytes"].pop("Timestamp")  # When it was asked for.
        for each in answer.get("CertificateSummaryList", []):
            each.pop("Status")  # It is issued a minute later.
    return json.dumps(answers, default=str, sort_keys=True).replace(str(world.url), "")


def furnish(world: World) -> str:
    """Make something of everything; the target group's ARN."""
    for service, operation, asked in _MADE:
        client(service, world.url)._make_api_call(operation, asked)
    targets = world.target_group()
    world.group(3, TargetGroupARNs=[targets])
    world.rule(world.listener(), targets)
    return targets


def groups(world: World) -> list[Any]:
    """Its Auto Scaling groups."""
    return world.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]


def security_groups(world: World) -> set[str]:
    """Ids of its security groups; the default one is among them."""
    return {each["GroupId"] for each in world.ec2.describe_security_groups()["SecurityGroups"]}


def limit(directory: Path, size: int) -> None:
    """Let no file of the cloud's grow beyond a size."""
    pid: int = json.loads((directory / "server.json").read_text())["pid"]
    psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_everything_is_there_again(directory: Path, tmp_path: Path) -> None:
    world = start(directory)
    targets = furnish(world)
    before = content(world)
    cloud.order_health(directory, image=GOOD, health="unhealthy")
    calls = cloud.read_journal(directory)
    kill(directory)
    assert cloud.kept(directory)
    world = start(directory)
    assert content(world) == before
    assert "gave another answer" not in said(directory)
    assert cloud.read_journal(directory)[: len(calls)] == calls
    (name,) = (each["AutoScalingGroupName"] for each in groups(world))
    world.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=4)
    assert {*world.health(targets)} == {*world.instances(name)}
    before = content(world)
    cloud.stop(directory)
    (tmp_path / "seed.yaml").write_text(SEED.read_text().replace("1.4.2", "1.4.3"))
    world = World(cloud.start(directory, tmp_path / "seed.yaml"), directory)
    assert content(world) == before
    assert "a snapshot and 0 calls since" in said(directory)
    assert client("s3", world.url).get_object(Bucket="bucket", Key="k")["Body"].read() == b"content"
    assert client("dynamodb", world.url).get_item(TableName="t", Key={"id": {"S": "1"}})["Item"]
    assert world.states(targets) == {"unhealthy Target.FailedHealthChecks"}
    (image,) = world.ec2.describe_images(ImageIds=[GOOD])["Images"]
    assert {"Key": "version", "Value": "1.4.3"} in image["Tags"]


def test_what_is_made_late_is_there_again(directory: Path) -> None:
    reading = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    world = start(directory)
    world.iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    world.iam.attach_role_policy(RoleName="web", PolicyArn=reading)
    images, policies = _images(world), _policies(world)
    assert (images.count(b"<imageId>") > 100, policies.count(b"<Arn>") > 1000) == (True, True)
    cloud.stop(directory)
    world = start(directory)
    assert _images(world) == images
    assert _policies(world) == policies
    assert world.iam.get_policy(PolicyArn=reading)["Policy"]["AttachmentCount"] == 1
    world.iam.detach_role_policy(RoleName="web", PolicyArn=reading)
    assert world.iam.get_policy(PolicyArn=reading)["Policy"]["AttachmentCount"] == 0


def _images(world: World) -> bytes:
    return _told(world, "ec2", {"Action": "DescribeImages", "Version": "2016-11-15", "Owner.1": "amazon"})


def _policies(world: World) -> bytes:
    asked = {"Action": "ListPolicies", "Version": "2010-05-08", "Scope": "AWS", "MaxItems": "1000"}
    pages = [_told(world, "iam", asked)]
    while marker := re.search(rb"<Marker>(.*?)</Marker>", pages[-1]):
        pages.append(_told(world, "iam", {**asked, "Marker": marker[1].decode()}))
    return b"".join(pages)


def _told(world: World, service: str, asked: dict[str, str]) -> bytes:
    """An answer as it came, but for the id of the call; for botocore to parse thousands takes seconds."""
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request"}
    request = urllib.request.Request(str(world.url), urllib.parse.urlencode(asked).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return re.sub(rb"<(requestId|RequestId)>.*?</\1>", b"", answer.read())


def test_nothing_that_was_answered_is_lost_with_a_cloud_that_is_killed_again_and_again(directory: Path) -> None:
    answered = list[str]()
    for snapshots in (0, 1):
        world = start(directory)
        due = files.newest(directory) + snapshots

        def write(world: World = world) -> None:
            try:
                while True:
                    answered.append(world.security_group())
            except (BotoCoreError, ClientError, ResponseParserError):
                return

        writers = [threading.Thread(target=write) for _ in range(4)]
        for each in writers:
            each.start()
        eventually(lambda due=due: files.newest(directory) >= due)
        time.sleep(0.3)
        kill(directory)
        for each in writers:
            each.join()
    world = start(directory)
    assert len(answered) > 20
    assert {*answered} <= security_groups(world)
    assert "gave another answer" not in said(directory)


def test_a_state_that_can_not_be_used_is_said_to_be_so(directory: Path) -> None:
    start(directory).group(1)
    cloud.stop(directory)
    (snapshot,) = (directory / "state").glob("*.snapshot")
    whole = snapshot.read_bytes()
    for damaged, reason in (
        (whole[: len(whole) // 2], "is damaged"),
        (whole[:-1] + b"x", "is damaged"),
        (b"", "another version"),
        (b"0" * 64 + whole[64:], "another version"),
    ):
        snapshot.write_bytes(damaged)
        assert not cloud.kept(directory)
        with pytest.raises(files.StateError, match=reason):
            files.read_snapshot(directory)
    world = start(directory)
    assert groups(world) == []
    assert "another version of the sandbox wrote it. This one starts empty." in said(directory)
    # A reset is kept as well, and a log that was cut short is read as far as it goes.
    world.group(1)
    cloud.reset(directory)
    world = World(world.url)
    first, _ = world.security_group(), world.security_group()
    kill(directory)
    log = max((directory / "state").glob("*.log"))
    os.truncate(log, log.stat().st_size - 1)
    world = start(directory)
    assert groups(world) == []
    assert first in security_groups(world)
    assert len(security_groups(world)) == 2


def test_a_full_disk_stops_no_call_and_what_is_kept_is_whole(directory: Path) -> None:
    kept = {start(directory).security_group()}
    cloud.stop(directory)
    world = start(directory)
    # No file of it may grow beyond this: the snapshot, the log and the journal can't, the few lines it says can.
    limit(directory, 500)
    lost = {world.security_group() for _ in range(5)}
    assert kept | lost <= security_groups(world)
    kill(directory)
    assert said(directory).count("The state can't be kept") == 1
    assert said(directory).count("Calls are missing in the journal") == 1
    world = start(directory)
    assert kept <= security_groups(world)
    assert not lost & security_groups(world)
    limit(directory, 500)
    kept |= {world.security_group() for _ in range(5)}
    limit(directory, resource.RLIM_INFINITY)
    eventually(lambda: "The state is kept again." in said(directory))
    kill(directory)
    assert kept <= security_groups(start(directory))


def test_clouds_of_four_directories_are_four_clouds(tmp_path: Path) -> None:
    directories = [tmp_path / str(number) for number in range(4)]
    try:
        with ThreadPoolExecutor(4) as threads:
            worlds = list(threads.map(start, directories))
            for number, world in enumerate(worlds):
                world.group(number, name="web")
            assert len({world.url for world in worlds}) == 4
            assert [len(world.instances("web")) for world in worlds] == [0, 1, 2, 3]
            kill(directories[1])
            cloud.reset(directories[2])
            cloud.stop(directories[3])
            worlds = list(threads.map(start, directories))
        found = [[len(each["Instances"]) for each in groups(world)] for world in worlds]
        assert found == [[0], [1], [], [3]]
    finally:
        for each in directories:
            cloud.stop(each)
