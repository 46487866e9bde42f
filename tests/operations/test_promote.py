"""What is promoted and what is refused, without a cloud: a manifest, a description of an image, a config file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from operations.errors import OperationError
from operations.promote import manifest, registry
from operations.promote.edit import stated
from operations.promote.machine import Asked, judge
from policies.allowed import Allowed

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ACCOUNT = "123456789012"
CONTAINER = f"registry.example.com/worker@sha256:{'0' * 64}"

#: As Packer 1.6.6 wrote it, with a second region, an architecture more, and a run before.
RUN = "733b52fe-f91a-974f-e162-7fe20e24d06f"
BUILDS = [
    {
        "name": "amd64",
        "builder_type": "amazon-ebs",
        "build_time": 1795850959,
        "files": None,
        "artifact_id": "eu-west-1:ami-86539e1b205288ff1,us-east-1:ami-0c0ffee0c0ffee001",
        "packer_run_uuid": RUN,
        "custom_data": None,
    },
    {"name": "arm64", "artifact_id": "eu-west-1:ami-0a000000000000001", "packer_run_uuid": RUN},
    {"name": "amd64", "artifact_id": "eu-west-1:ami-00000000000000old", "packer_run_uuid": "an earlier run"},
    {"name": "docs", "artifact_id": "Null", "packer_run_uuid": RUN},
]


def written(*builds: dict[str, Any]) -> str:
    return json.dumps({"builds": builds, "last_run_uuid": RUN})


def test_a_manifest_tells_the_images_of_its_last_run_by_region() -> None:
    assert manifest.images(written(*BUILDS)) == {
        "eu-west-1": ["ami-86539e1b205288ff1", "ami-0a000000000000001"],
        "us-east-1": ["ami-0c0ffee0c0ffee001"],
    }
    assert manifest.images(written(*BUILDS), "arm64") == {"eu-west-1": ["ami-0a000000000000001"]}


@pytest.mark.parametrize(
    ("text", "build", "why"),
    [
        ("{", None, "The manifest is none of Packer's: it has no builds of a last run. Its template needs "),
        ("{}", None, "The manifest is none of Packer's: "),
        (written(*BUILDS[3:]), None, "The manifest's last run left no AMI; it ran: docs"),
        (written(*BUILDS), "i386", "The manifest's last run left no AMI of build i386; it ran: amd64, arm64, docs"),
    ],
)
def test_a_manifest_without_such_an_image_is_refused(text: str, build: str | None, why: str) -> None:
    with pytest.raises(OperationError) as caught:
        manifest.images(text, build)
    assert str(caught.value).startswith(why)


def image(**changed: Any) -> dict[str, Any]:
    """A tested image of web 1.5.0, as EC2 describes it."""
    tags = {"service": "web", "version": "1.5.0", "tested": "true"} | changed.pop("tags", {})
    plain = {
        "ImageId": "ami-1",
        "Name": "web-1.5.0",
        "OwnerId": ACCOUNT,
        "State": "available",
        "CreationDate": "2026-11-20T08:00:00.000Z",
        "Architecture": "x86_64",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    return plain | changed


def objections(described: dict[str, Any], **allowed: Any) -> list[str]:
    asked = Asked("web", "1.5.0", "eu-west-1", ["t3.micro"], Allowed(**allowed))
    return [f"{one.reason}. {one.way_out}" for one in judge(described, asked, {"x86_64"}, ACCOUNT, NOW)]


def test_a_tested_image_of_ones_own_is_taken() -> None:
    assert objections(image()) == []


@pytest.mark.parametrize(
    ("described", "allowed", "why"),
    [
        (
            image(tags={"tested": "false"}),
            {},
            "image ami-1 (web-1.5.0) has not been tested: its tag tested is false, not true. When its tests have "
            "passed: aws ec2 create-tags --resources ami-1 --tags Key=tested,Value=true",
        ),
        (
            image(OwnerId="999999999999"),
            {},
            "image ami-1 (web-1.5.0) is owned by 999999999999, who is not among 123456789012. Copy it "
            "(aws ec2 copy-image --source-image-id ami-1 …) and test the copy, or allow its owner",
        ),
        (
            image(DeprecationTime="2026-11-01T00:00:00.000Z"),
            {},
            "image ami-1 (web-1.5.0) is deprecated since 2026-11-01T00:00:00.000Z. Build a new one",
        ),
        (
            image(State="disabled"),
            {},
            "image ami-1 (web-1.5.0) is disabled, not available. aws ec2 enable-image --image-id ami-1",
        ),
        (
            image(CreationDate="2026-01-01T00:00:00.000Z"),
            {"max_age_days": 90},
            "image ami-1 (web-1.5.0) is 331 days old, more than 90. Build a new one",
        ),
        (
            image(tags={"version": "1.4.2"}),
            {},
            "image ami-1 (web-1.5.0) is of version 1.4.2, not 1.5.0. Name the image that was built for it",
        ),
        (
            image(tags={"service": "api"}),
            {},
            "image ami-1 (web-1.5.0) is of service api, not web. Name the image that was built for it",
        ),
        (
            image(Architecture="arm64"),
            {},
            "image ami-1 (web-1.5.0) is for arm64, and t3.micro are x86_64. Name an image of the same version for "
            "them, or change instance_types",
        ),
    ],
    ids=["untested", "foreign", "deprecated", "disabled", "old", "another version", "another service", "architecture"],
)
def test_an_image_that_may_not_boot_is_refused_with_the_way_out(
    described: dict[str, Any], allowed: dict[str, Any], why: str
) -> None:
    assert objections(described, **allowed) == [why]


def test_every_objection_is_told_at_once() -> None:
    assert len(objections(image(OwnerId="999999999999", State="disabled", tags={"tested": "no"}))) == 3


@pytest.mark.parametrize(
    ("text", "serving", "found"),
    [
        ("2.1.0", CONTAINER, ("registry.example.com", "worker", "2.1.0")),
        ("registry.example.com/worker:2.1.0", CONTAINER, ("registry.example.com", "worker", "2.1.0")),
        ("127.0.0.1:5000/team/web:1.0.0", None, ("127.0.0.1:5000", "team/web", "1.0.0")),
    ],
)
def test_a_container_is_named_by_its_tag_alone_or_in_full(
    text: str, serving: str | None, found: tuple[str, ...]
) -> None:
    assert registry.parse(text, serving) == registry.Reference(*found)


@pytest.mark.parametrize(
    ("text", "serving", "why"),
    [
        ("2.1.0", None, "--container '2.1.0': write REGISTRY/NAME:TAG, or a tag of the repository that serves"),
        ("registry.example.com/worker", CONTAINER, "--container 'registry.example.com/worker': write REGISTRY/"),
        ("evil.example.com/worker:2.1.0", CONTAINER, "evil.example.com/worker is not the repository of what serves, "),
    ],
)
def test_a_container_from_elsewhere_is_refused(text: str, serving: str | None, why: str) -> None:
    with pytest.raises(OperationError) as caught:
        registry.parse(text, serving)
    assert str(caught.value).startswith(why)


TEXT = """\
encryptionsalt: v1:abc= # its salt
config:
  aws:region: eu-west-1
  immutable:services:
    web:
      releases:
        # Image of Tuesday.
        - version: 1.4.2
          revision: 1
          image: ami-00000000000000140 # built by 77
          instance_types: [t3.micro]
          port: 8080
      capacity: {min: 2, max: 6}
      route: {priority: 1, paths: [/*]}
    worker:
      releases:
        - {version: 2.0.0, image: ami-00000000000000200, instance_types: [t3.micro]}
      capacity: {min: 1, max: 1}
"""
NEW = {"image": "ami-00000000000000150"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.dev.yaml").write_text(TEXT)
    return tmp_path


def added(text: str) -> list[str]:
    return [line for line in text.splitlines() if line not in TEXT.splitlines()]


def test_the_release_comes_beside_the_others_without_traffic_and_nothing_else_changes(folder: Path) -> None:
    text = stated(folder, "dev", "web").with_release("1.5.0", NEW, replace=False)
    # Of the release that serves all but its image is taken over; a revision is a release's own.
    assert added(text) == [
        "        - version: 1.5.0",
        "          image: ami-00000000000000150",
        "          weight: 0",
    ]
    assert text.count("instance_types: [t3.micro]\n          port: 8080") == 2
    assert [line for line in TEXT.splitlines() if line not in text.splitlines()] == []
    assert (folder / "Pulumi.dev.yaml").read_text() == TEXT


def test_it_takes_the_place_of_the_others_if_that_is_asked_for(folder: Path) -> None:
    text = stated(folder, "dev", "worker").with_release("2.1.0", NEW, replace=True)
    assert added(text) == ["        - version: 2.1.0", "          image: ami-00000000000000150"]
    assert "2.0.0" not in text
    assert "weight" not in text


def test_what_is_there_already_changes_nothing(folder: Path) -> None:
    assert stated(folder, "dev", "web").with_release("1.4.2", {"image": "ami-00000000000000140"}, replace=False) == TEXT


@pytest.mark.parametrize(
    ("service", "version", "why"),
    [
        ("web", "1.4.2", "Pulumi.dev.yaml has 1.4.2 of web with another content: give the new one another version"),
        ("worker", "2.1.0", "worker of dev has no route, so a standby would work as the others do: use --replace"),
        ("web", "newest", "1 problem in Pulumi.dev.yaml; nothing was touched:\n  immutable:services.web.releases[1].v"),
    ],
)
def test_a_release_that_can_not_stand_is_refused(folder: Path, service: str, version: str, why: str) -> None:
    with pytest.raises(OperationError) as caught:
        stated(folder, "dev", service).with_release(version, NEW, replace=False)
    assert str(caught.value).startswith(why)


def test_a_file_that_is_wrong_already_is_refused_before_anything_is_asked(folder: Path) -> None:
    (folder / "Pulumi.dev.yaml").write_text(TEXT.replace("max: 6", "max: 1"))
    with pytest.raises(OperationError) as caught:
        stated(folder, "dev", "web")
    assert str(caught.value).startswith("1 problem in Pulumi.dev.yaml; nothing was touched:\n")
