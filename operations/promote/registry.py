"""The digest of a container's tag: asked of Elastic Container Registry, or of any registry that speaks OCI's protocol.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import OperationError

TESTED = "-tested"
"""A tag with this behind it, on the same digest, says that the image has passed its tests."""

_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_KINDS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)
_ANSWER_S = 30


@dataclass(frozen=True)
class Reference:
    """`registry.example.com/team/web:1.5.0`."""

    host: str
    name: str
    tag: str

    @property
    def repository(self) -> str:
        """Without the tag."""
        return f"{self.host}/{self.name}"


def parse(text: str, serving: str | None) -> Reference:
    """What is meant: a whole reference, or a tag in the repository of the container that serves.

    Raises:
        OperationError: it is neither; or it is of another repository than what serves.
    """
    repository = serving.partition("@")[0] if serving else None
    if "/" not in text and repository:
        text = f"{repository}:{text.removeprefix(':')}"
    found = re.fullmatch(r"(?P<host>[^/\s]+)/(?P<name>[a-z0-9._/-]+)(?::(?P<tag>\w[\w.-]{0,127}))?", text)
    if not found or not found["tag"]:
        raise OperationError(f"--container {text!r}: write REGISTRY/NAME:TAG, or a tag of the repository that serves")
    reference = Reference(found["host"], found["name"], found["tag"])
    if repository and reference.repository != repository:
        raise OperationError(
            f"{reference.repository} is not the repository of what serves, {repository}. If it has moved, write the "
            "first release from there into the config by hand"
        )
    return reference


def digest(reference: Reference, ecr: Callable[[str], Any], suffix: str = TESTED) -> str:
    """The digest that a tag stands for, tested: the tag with `suffix` stands for the same; an empty one asks for none.

    `ecr` makes a client for a region.

    Raises:
        OperationError: there is no such tag, it has not been tested, or the registry can't be asked.
    """
    found = _ask(reference, reference.tag, ecr)
    if found is None:
        raise OperationError(f"{reference.repository} has no tag {reference.tag}. Push it first")
    if suffix and (tested := _ask(reference, f"{reference.tag}{suffix}", ecr)) != found:
        stands = "does not exist" if tested is None else f"is another image, {tested}"
        raise OperationError(
            f"{reference.repository}:{reference.tag} has not been tested: its tag {reference.tag}{suffix} {stands}. "
            f"When its tests have passed: skopeo copy docker://{reference.repository}@{found} "
            f"docker://{reference.repository}:{reference.tag}{suffix}"
        )
    return found


def _ask(reference: Reference, tag: str, ecr: Callable[[str], Any]) -> str | None:
    if known := _ECR.fullmatch(reference.host):
        return _of_ecr(ecr(known["region"]), known["account"], reference, tag)
    return _of_registry(reference, tag)


def _of_ecr(client: Any, account: str, reference: Reference, tag: str) -> str | None:
    try:
        found = client.describe_images(registryId=account, repositoryName=reference.name, imageIds=[{"imageTag": tag}])[
            "imageDetails"
        ]
    except (BotoCoreError, ClientError) as error:
        answer: Any = error.response if isinstance(error, ClientError) else {}
        if answer.get("Error", {}).get("Code") == "ImageNotFoundException":
            return None
        raise OperationError(f"{reference.host} can't be asked: {error}") from None
    return found[0]["imageDigest"]


def _of_registry(reference: Reference, tag: str) -> str | None:
    """Reckoned from the manifest itself: a header is only what somebody says."""
    scheme = "http" if reference.host.partition(":")[0] in ("127.0.0.1", "localhost") else "https"
    url = f"{scheme}://{reference.host}/v2/{reference.name}/manifests/{tag}"
    headers = {"Accept": _KINDS} | _basic(reference.host)
    try:
        return _digest_of(url, headers)
    except urllib.error.HTTPError as error:
        with error:
            return _after(error, reference, url, headers)
    except OSError as error:
        raise OperationError(f"{reference.host} can't be asked: {error}") from None


def _after(error: urllib.error.HTTPError, reference: Reference, url: str, headers: Mapping[str, str]) -> str | None:
    """What follows from a refusal: no such tag, or a token is wanted first."""
    if error.code == _NOT_FOUND:
        return None
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', error.headers.get("WWW-Authenticate", "")))
    if error.code == _UNAUTHORIZED and "realm" in challenge:
        asked = {"service": challenge.get("service", ""), "scope": f"repository:{reference.name}:pull"}
        try:
            token = _token(f"{challenge['realm']}?{urllib.parse.urlencode(asked)}", _basic(reference.host))
            return _digest_of(url, {**headers, "Authorization": f"Bearer {token}"})
        except urllib.error.HTTPError as again:
            with again:
                if again.code == _NOT_FOUND:
                    return None
                error = again
    raise OperationError(f"{reference.host} refuses to tell of {reference.name} ({error.code}). docker login first?")


def _digest_of(url: str, headers: Mapping[str, str]) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=_ANSWER_S) as answer:
        return f"sha256:{hashlib.sha256(answer.read()).hexdigest()}"


def _token(url: str, headers: Mapping[str, str]) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=_ANSWER_S) as answer:
        told: dict[str, Any] = json.loads(answer.read())
    return str(told.get("token") or told.get("access_token"))


def _basic(host: str) -> dict[str, str]:
    """What `docker login` left in its file, if it did; its helpers are not asked."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        auth = json.loads((folder / "config.json").read_text())["auths"][host]["auth"]
        base64.b64decode(auth)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {"Authorization": f"Basic {auth}"}


_UNAUTHORIZED, _NOT_FOUND = 401, 404
