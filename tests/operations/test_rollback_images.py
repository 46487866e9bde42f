"""Whether what a release boots is still there. On moto, in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.release import Release
from operations.cloud import Cloud
from operations.rollback.images import deprecated, described, missing

REGION, ACCOUNT = "eu-west-1", "123456789012"


def client(service: str) -> Any:
    session: Any = boto3
    return session.client(service, region_name=REGION)


def release(image: str, **changed: Any) -> Release:
    entry = {"version": "1.4.2", "image": image, "instance_types": ["t3.micro"]}
    return Release.model_validate_json(json.dumps(entry | changed))


@pytest.fixture(scope="module")
def _cloud() -> Iterator[None]:
    """One for all tests: to make it takes longer than what they do."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "nobody")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        with mock_aws():
            yield


@pytest.fixture
def image(_cloud: None) -> str:
    """A new one of ours."""
    # Not from one of Amazon's: what other tests made of moto in this process may make those late.
    return client("ec2").register_image(Name="web", Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]


def test_an_image_is_there_until_it_is_deregistered(image: str) -> None:
    wanted, cloud = release(image), Cloud(REGION)
    found = described(cloud, [wanted])
    assert missing(found, [wanted], None) == {}
    assert deprecated(found, [wanted]) == []
    client("ec2").deregister_image(ImageId=image)
    assert missing(described(cloud, [wanted]), [wanted], None) == {
        "1.4.2": f"its image {image} is gone, or no longer ours to use"
    }


def test_a_container_is_looked_for_in_the_registry_that_its_name_tells(image: str) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="shop/worker")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"})
    put = ecr.put_image(repositoryName="shop/worker", imageManifest=manifest, imageTag="1")["image"]
    digest = put["imageId"]["imageDigest"]
    gone = f"sha256:{hashlib.sha256(b'another').hexdigest()}"
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

    def found(container: str) -> dict[str, str]:
        wanted = [release(image, container=container)]
        return missing(described(Cloud(REGION), wanted), wanted, None)

    assert found(f"{registry}/shop/worker@{digest}") == {}
    assert found(f"registry.example.com/shop/worker@{gone}") == {}
    for name in ("shop/worker", "shop/other"):
        container = f"{registry}/{name}@{gone}"
        assert found(container) == {"1.4.2": f"its container {container} is gone"}
