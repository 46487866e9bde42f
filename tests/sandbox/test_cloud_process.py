"""The cloud's process: one for a directory, found again, seen through when dead, and gone when told to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox import cloud
from sandbox.cloud import process
from tests.sandbox import warm
from tests.sandbox.cloud_world import CERTIFICATE, GOOD, SEED, World, client

START = """
import pathlib, sys
from sandbox import cloud
print(cloud.start(*map(pathlib.Path, sys.argv[1:])))
"""
PROJECT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cloud"
    cloud.stop(tmp_path / "cloud")


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clouds start as users start them."""
    monkeypatch.setattr(process, "_launch", warm.launch_cold)


def starter(directory: Path) -> subprocess.Popen[str]:
    """Another process that starts the cloud."""
    command = [sys.executable, "-c", START, str(directory), str(SEED)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def pid(directory: Path) -> int:
    """The process that the directory's file names."""
    return json.loads((directory / "server.json").read_text())["pid"]


def test_two_that_start_at_once_get_the_same_cloud_and_it_outlives_them(directory: Path) -> None:
    both = [starter(directory) for _ in range(2)]
    urls = {one.communicate(timeout=60)[0].strip() for one in both}
    assert urls == {cloud.running(directory)}
    assert cloud.start(directory, SEED) == cloud.running(directory)
    began = time.monotonic()
    served = pid(directory)
    cloud.stop(directory)
    assert time.monotonic() - began < 5
    assert cloud.running(directory) is None
    assert not psutil.pid_exists(served) or psutil.Process(served).status() == psutil.STATUS_ZOMBIE


def test_it_listens_on_loopback_only(directory: Path) -> None:
    cloud.start(directory, SEED)
    listening = [each.laddr.ip for each in psutil.Process(pid(directory)).net_connections() if each.status == "LISTEN"]
    assert listening == ["127.0.0.1"]


def test_stop_and_running_where_there_never_was_a_cloud(tmp_path: Path) -> None:
    cloud.stop(tmp_path / "none")
    assert cloud.running(tmp_path / "none") is None
    with pytest.raises(cloud.CloudError, match="no cloud runs in"):
        cloud.reset(tmp_path / "none")


def test_a_killed_cloud_is_seen_through_and_started_anew(directory: Path) -> None:
    first = cloud.start(directory, SEED)
    os.kill(pid(directory), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while cloud.running(directory):
        assert time.monotonic() < deadline
    assert cloud.start(directory, SEED) != first


def test_the_address_of_another_cloud_is_not_taken_for_ones_own(directory: Path, tmp_path: Path) -> None:
    cloud.start(directory, SEED)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "server.json").write_text((directory / "server.json").read_text())
    assert cloud.running(tmp_path / "other") is None
    cloud.stop(tmp_path / "other")
    assert cloud.running(directory)


def test_reset_empties_the_cloud_and_lays_the_seed_again(directory: Path) -> None:
    world = World(cloud.start(directory, SEED), directory)
    world.group(1)
    cloud.order_health(directory, image=GOOD, health="unhealthy")
    cloud.reset(directory)
    assert cloud.read_journal(directory) == []
    assert world.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    again = World(world.url, directory)
    targets = again.target_group()
    again.group(1, TargetGroupARNs=[targets])
    again.rule(again.listener(), targets)
    time.sleep(1)
    assert again.states(targets) == {"healthy"}
    assert _certificates(again) == [CERTIFICATE]


IMAGE = """
region: eu-west-1
images:
  - id: ami-0000000000000000a
    name: api
    architecture: arm64
    created: 2026-02-03T04:05:06Z
    root_device: /dev/sda1
    tags: {version: 3.2.1}
"""


def test_the_images_are_as_the_seed_says(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(IMAGE)
    monkeypatch.setenv("SANDBOX_SEED", str(tmp_path / "mine.yaml"))
    ec2 = client("ec2", cloud.start(directory))
    assert len(ec2.describe_images(Owners=["amazon"])["Images"]) > 100
    (found,) = ec2.describe_images(Owners=["self"])["Images"]
    assert found["ImageId"] == "ami-0000000000000000a"
    assert (found["Architecture"], found["RootDeviceName"]) == ("arm64", "/dev/sda1")
    assert (found["CreationDate"], found["OwnerId"]) == ("2026-02-03T04:05:06.000Z", "123456789012")
    assert found["Tags"] == [{"Key": "version", "Value": "3.2.1"}]


def test_a_wrong_seed_is_the_reason_that_start_gives(cold: None, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("images: []")
    with pytest.raises(cloud.CloudError, match=r"did not start: seed file .*wrong\.yaml: region: Field required"):
        cloud.start(directory, tmp_path / "wrong.yaml")


def test_a_profile_or_a_proxy_of_the_users_changes_nothing(
    cold: None, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    url = cloud.start(directory, SEED)
    for name in ("AWS_PROFILE", "http_proxy"):
        monkeypatch.delenv(name)
    assert client("sts", url).get_caller_identity()["Account"] == "123456789012"


def test_an_unknown_order_is_refused(directory: Path) -> None:
    url = cloud.start(directory, SEED)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}/sandbox/nonsense")
    assert "there are identity, health, fault" in json.loads(caught.value.read())["error"]


def _certificates(world: World) -> list[Any]:
    found = client("acm", world.url).list_certificates()["CertificateSummaryList"]
    return [each["CertificateArn"] for each in found if each["DomainName"] == "shop.example.com"]


def test_a_cloud_whose_directory_is_removed_ends(tmp_path: Path) -> None:
    cloud.start(tmp_path / "cloud", SEED)
    served = psutil.Process(pid(tmp_path / "cloud"))
    shutil.rmtree(tmp_path / "cloud")
    deadline = time.monotonic() + 5
    while served.is_running() and served.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.1)
