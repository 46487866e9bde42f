"""Promotions from a real Packer, a real registry and the tags of images, into the files of stacks in two regions."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import yaml
from typer.testing import CliRunner

from operations.cli import app
from operations.errors import OperationError
from operations.promote import registry
from tests.operations.prune_world import Images, World, world_of

pytestmark = pytest.mark.slow

PROD, US = "eu-west-1", "us-east-1"
SERVING = "ami-00000000000000001"


@pytest.fixture(scope="module")
def world(quick_clouds: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    images = Images()
    assert images.new() == SERVING
    with world_of(tmp_path_factory.mktemp("promote"), images) as world:
        yield world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a stack in each of two regions."""
    for stack, region in (("prod", PROD), ("us", US)):
        release = {"version": "1.4.2", "image": SERVING, "instance_types": ["t3.micro"], "port": 8080}
        web = {"releases": [release], "capacity": {"min": 2, "max": 4}, "route": {"priority": 1, "paths": ["/*"]}}
        config = {"aws:region": region, "immutable:services": {"web": web}}
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))
    return tmp_path


def promote(folder: Path, *words: str, stacks: tuple[str, ...] = ("prod",), version: str = "1.5.0") -> dict[str, Any]:
    """What the command printed for machines.

    Raises:
        OperationError: it refused.
    """
    named = [word for stack in stacks for word in ("--stack", stack)]
    command = ["promote", "web", "--version", version, *named, "--project", str(folder), "--yes", "--json", *words]
    result = CliRunner().invoke(app, command)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["stacks"]


def releases(folder: Path, stack: str) -> list[tuple[str, str, int]]:
    document = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())
    listed = document["config"]["immutable:services"]["web"]["releases"]
    return [(one["version"], one["image"], one.get("weight", 100)) for one in listed]


def image(region: str, name: str, **tags: str) -> str:
    """A new image of a region."""
    session: Any = boto3
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return session.client("ec2", region_name=region).register_image(
        Name=name,
        Architecture="x86_64",
        RootDeviceName="/dev/xvda",
        TagSpecifications=[{"ResourceType": "image", "Tags": listed}] if tags else [],
    )["ImageId"]


def manifest_of(folder: Path, **images: str) -> str:
    """A manifest as Packer writes it."""
    artifact = ",".join(f"{region.replace('_', '-')}:{one}" for region, one in images.items())
    builds = [{"name": "amd64", "artifact_id": artifact, "packer_run_uuid": "1"}]
    path = folder / "manifest.json"
    path.write_text(json.dumps({"builds": builds, "last_run_uuid": "1"}))
    return str(path)


def test_each_stack_gets_its_regions_image_of_the_manifest_or_none_gets_one(world: World, folder: Path) -> None:
    tested = {"service": "web", "version": "1.5.0", "tested": "true"}
    here, there = image(PROD, "web-here", **tested), image(US, "web-there", service="web")
    manifest = manifest_of(folder, eu_west_1=here, us_east_1=there)
    before = [releases(folder, stack) for stack in ("prod", "us")]
    with pytest.raises(OperationError) as caught:
        promote(folder, "--manifest", manifest, stacks=("prod", "us"))
    assert str(caught.value) == (
        f"us-east-1: image {there} (web-there) has not been tested: its tag tested is missing, not true. When its "
        f"tests have passed: aws ec2 create-tags --resources {there} --tags Key=tested,Value=true"
    )
    assert [releases(folder, stack) for stack in ("prod", "us")] == before
    session: Any = boto3
    session.client("ec2", region_name=US).create_tags(Resources=[there], Tags=[{"Key": "tested", "Value": "true"}])
    told = promote(folder, "--manifest", manifest, stacks=("prod", "us"))
    assert {stack: one["image"] for stack, one in told.items()} == {"prod": here, "us": there}
    assert releases(folder, "prod") == [("1.4.2", SERVING, 100), ("1.5.0", here, 0)]
    assert releases(folder, "us") == [("1.4.2", SERVING, 100), ("1.5.0", there, 0)]
    assert not promote(folder, "--manifest", manifest, stacks=("prod", "us"))["prod"]["changed"]


def test_an_image_is_found_by_its_tags_and_is_nobodys_to_prune_from_then_on(world: World, folder: Path) -> None:
    tags = {"service": "web", "version": "1.6.0", "tested": "true", "immutable:unneeded-since": "2026-01-01T00:00:00Z"}
    found = image(PROD, "web-1.6.0", **tags)
    assert promote(folder, "--replace", version="1.6.0")["prod"]["image"] == found
    assert releases(folder, "prod") == [("1.6.0", found, 100)]
    described = world.images()[found]
    assert described["DeregistrationProtection"] == "enabled-without-cooldown"
    assert "immutable:unneeded-since" not in {tag["Key"] for tag in described["Tags"]}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["--image", "ami-0000000000000dead"],
            "eu-west-1: ami-0000000000000dead is not there, or not for ",
        ),
        ([], "eu-west-1: no image has the tags service=web and version=9.9.9. Name one with --image, or --manifest"),
    ],
)
def test_a_missing_image_is_refused(world: World, folder: Path, words: list[str], why: str) -> None:
    with pytest.raises(OperationError) as caught:
        promote(folder, *words, version="9.9.9")
    assert str(caught.value).startswith(why)


@pytest.mark.skipif(not shutil.which("packer"), reason="Packer is not installed (apt-get install packer)")
def test_what_packer_builds_is_promoted_once_it_is_tested(world: World, folder: Path) -> None:
    builder = {
        "type": "amazon-ebs",
        "name": "amd64",
        "region": PROD,
        "custom_endpoint_ec2": os.environ["AWS_ENDPOINT_URL"],
        "access_key": "sandbox",
        "secret_key": "sandbox",
        "skip_region_validation": True,
        "skip_metadata_api_check": True,
        "skip_credential_validation": True,
        "source_ami": SERVING,
        "instance_type": "t3.micro",
        "communicator": "none",  # Nothing is installed: the sandbox's machines can't be logged in to.
        "ami_name": "web-1.7.0",
        "tags": {"service": "web", "version": "1.7.0"},
    }
    post = [{"type": "manifest", "output": "manifest.json"}]
    (folder / "web.json").write_text(json.dumps({"builders": [builder], "post-processors": post}))
    run = subprocess.run(
        ["packer", "build", "web.json"],
        cwd=folder,
        env={**os.environ, "CHECKPOINT_DISABLE": "1", "PACKER_CONFIG_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
    )
    assert run.returncode == 0, run.stdout
    manifest = str(folder / "manifest.json")
    with pytest.raises(OperationError, match="has not been tested: its tag tested is missing, not true"):
        promote(folder, "--manifest", manifest, version="1.7.0")
    (built,) = (id_ for id_, one in world.images().items() if one.get("Name") == "web-1.7.0")
    world.ec2.create_tags(Resources=[built], Tags=[{"Key": "tested", "Value": "true"}])
    assert promote(folder, "--manifest", manifest, version="1.7.0")["prod"]["image"] == built


# Containers


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on the loopback address."""
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host},
    }
    (folder / "config.yml").write_text(yaml.safe_dump(settings))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://{host}/v2/", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
        yield host
    finally:
        process.terminate()
        process.wait(30)


def put(url: str, body: bytes, kind: str, method: str = "PUT") -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers


def push(host: str, content: str, *tags: str) -> str:
    """Push an image of one file without layers; its digest."""
    kind = "application/vnd.oci.image.{}.v1+json"
    config = json.dumps({"architecture": "amd64", "os": "linux", "author": content}).encode()
    blob = f"sha256:{hashlib.sha256(config).hexdigest()}"
    upload = put(f"http://{host}/v2/web/blobs/uploads/", b"", "application/octet-stream", "POST")["Location"]
    put(f"{upload}{'&' if '?' in upload else '?'}digest={blob}", config, "application/octet-stream")
    described = {"mediaType": kind.format("config"), "digest": blob, "size": len(config)}
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": kind.format("manifest"),
        "config": described,
        "layers": [],
    }
    body = json.dumps(manifest).encode()
    for tag in tags:
        put(f"http://{host}/v2/web/manifests/{tag}", body, kind.format("manifest"))
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@pytest.mark.skipif(not shutil.which("docker-registry"), reason="no registry (apt-get install docker-registry)")
def test_a_containers_tag_becomes_the_digest_of_a_tested_one(world: World, folder: Path, host: str) -> None:
    found, other = push(host, "new", "2.1.0"), push(host, "old", "2.0.0-tested")
    path = folder / "Pulumi.prod.yaml"
    document = yaml.safe_load(path.read_text())
    (serving,) = document["config"]["immutable:services"]["web"]["releases"]
    serving |= {"container": f"{host}/web@{other}", "user_data": "docker run ${CONTAINER}"}
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(OperationError) as caught:
        promote(folder, "--container", f"{host}/web:2.1.0", version="2.1.0")
    assert str(caught.value).startswith(
        f"{host}/web:2.1.0 has not been tested: its tag 2.1.0-tested does not exist. When its tests have passed: "
        f"skopeo copy docker://{host}/web@{found} docker://{host}/web:2.1.0-tested"
    )
    with pytest.raises(OperationError, match=f"has not been tested: its tag 2.0.0-tested is another image, {other}"):
        push(host, "new", "2.0.0")
        promote(folder, "--container", f"{host}/web:2.0.0", version="2.1.0")
    with pytest.raises(OperationError, match=r"/web has no tag 3.0.0. Push it first"):
        promote(folder, "--container", f"{host}/web:3.0.0", version="3.0.0")
    push(host, "new", "2.1.0-tested")
    if shutil.which("skopeo"):  # An independent witness.
        inspect = ["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{host}/web:2.1.0"]
        assert subprocess.check_output(inspect, text=True).strip() == found
    assert promote(folder, "--container", f"{host}/web:2.1.0", version="2.1.0")["prod"]["container"] == (
        f"{host}/web@{found}"
    )
    assert releases(folder, "prod") == [("1.4.2", SERVING, 100), ("2.1.0", SERVING, 0)]
    # The tag is enough: what serves is of the same repository.
    promote(folder, "--container", "2.1.0", "--replace", version="2.2.0")


class TokenRegistry(BaseHTTPRequestHandler):
    """Wants a token, as the registries of GitHub and Docker do, and gives one to whoever has logged in."""

    def do_GET(self) -> None:
        asked, given = urlsplit(self.path), self.headers["Authorization"]
        if asked.path == "/token":
            fits = parse_qs(asked.query) == {"service": ["here"], "scope": ["repository:web:pull"]}
            self._answer(200 if fits and given == f"Basic {LOGIN}" else 403, b'{"token": "t0"}')
        elif given == "Bearer t0":
            self._answer(404 if asked.path.endswith("2.0.0") else 200, b"{}")
        else:
            self._answer(401)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        realm = f"http://{self.headers['Host']}/token"
        self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="here"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object, **__: object) -> None:
        """Nothing."""


LOGIN = base64.b64encode(b"me:secret").decode()


def test_a_registry_that_wants_a_token_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), TokenRegistry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        with pytest.raises(OperationError, match=rf"{host} refuses to tell of web \(403\). docker login first\?"):
            registry.digest(registry.parse(f"{host}/web:1.0.0", None), lambda _: None)
        (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"auth": LOGIN}}}))
        found = registry.digest(registry.parse(f"{host}/web:1.0.0", None), lambda _: None)
        assert found == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
        with pytest.raises(OperationError, match=r"has no tag 2.0.0"):
            registry.digest(registry.parse(f"{host}/web:2.0.0", None), lambda _: None)
        server.shutdown()


def test_a_registry_that_does_not_answer_is_said() -> None:
    with pytest.raises(OperationError, match=r"127.0.0.1:1 can't be asked: <urlopen error .*Connection refused>"):
        registry.digest(registry.parse("127.0.0.1:1/web:1.0.0", None), lambda _: None)


def test_a_tag_in_ecr_is_asked_of_ecr(world: World) -> None:
    ecr = world.client("ecr")
    ecr.create_repository(repositoryName="web")
    body = json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{'1' * 64}"}, "layers": []})
    kind = "application/vnd.oci.image.manifest.v1+json"
    for tag in ("1.0.0", "1.0.0-tested"):
        ecr.put_image(repositoryName="web", imageManifest=body, imageManifestMediaType=kind, imageTag=tag)
    (told,) = ecr.describe_images(repositoryName="web")["imageDetails"]
    reference = registry.parse(f"123456789012.dkr.ecr.{PROD}.amazonaws.com/web:1.0.0", None)
    assert registry.digest(reference, lambda _: ecr) == told["imageDigest"]
    with pytest.raises(OperationError, match=r"has no tag 2.0.0. Push it first"):
        registry.digest(registry.parse(f"{reference.repository}:2.0.0", None), lambda _: ecr)
