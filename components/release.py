"""Release: what one immutable version of a service is, complete in its config entry.

A release is a frozen value of literals: no Outputs, no ids that the cloud assigns at deploy time, no secrets (user
data names SSM or Secrets Manager entries instead). Everything that reaches a launch template, a group or a target
group stands here, so editing a service never renames a release that already runs.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import semver
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from components.digest import LAYOUTS

CONTAINER_PLACEHOLDER = "${CONTAINER}"
USER_DATA_LIMIT_BYTES = 16_384
"""AWS's limit on raw user data (EC2 User Guide, "Run commands at launch")."""


class Model(BaseModel):
    """Base of every config model: frozen, strict types, unknown keys refused, defaults validated too."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


def _semantic_version(value: str) -> str:
    if not semver.Version.is_valid(value):
        raise PydanticCustomError("semver", "is no semantic version. Write MAJOR.MINOR.PATCH, such as 1.5.0")
    return value


def _layout(value: int) -> int:
    if value not in LAYOUTS:
        known = ", ".join(map(str, LAYOUTS))
        raise PydanticCustomError(
            "layout",
            "is no layout that this library can render. Use one of: {known}",
            {"known": known},
        )
    return value


def _user_data(value: object, info: ValidationInfo) -> object:
    """Resolve `{file, sha256}` to the file's text, so that the release holds content and never a path."""
    if not isinstance(value, dict):
        return value
    pinned = PinnedFile.model_validate(value)
    root = Path(cast("dict[str, Any]", info.context or {}).get("root", "."))
    try:
        content = (root / pinned.file).read_bytes()
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise PydanticCustomError(
            "user_data_file",
            "can't be read as UTF-8 text ({reason}). Name a file of this project, by its path from Pulumi.yaml",
            {"reason": getattr(error, "strerror", None) or "not UTF-8"},
        ) from None
    actual = hashlib.sha256(content).hexdigest()
    if actual != pinned.sha256:
        raise PydanticCustomError(
            "user_data_sha256",
            "has another content than its sha256 says. If the change is meant, add a release with sha256: {actual}",
            {"actual": actual},
        )
    return text


def _user_data_size(value: str) -> str:
    size = len(value.encode())
    if size > USER_DATA_LIMIT_BYTES:
        raise PydanticCustomError(
            "user_data_size",
            "is {size} bytes of user data, more than AWS's limit of {limit}. Bake it into the image",
            {"size": size, "limit": USER_DATA_LIMIT_BYTES},
        )
    return value


class PinnedFile(Model):
    """A file of the project, pinned by content: a changed file without a changed digest is an error."""

    file: str = Field(min_length=1, examples=["images/machine/boot.sh"])
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", examples=["e3b0c442… (sha256sum prints it)"])


class Volume(Model):
    """An EBS volume. Always encrypted, always deleted with its instance: state lives outside the fleet."""

    device: str = Field(pattern=r"^/dev/[a-z][a-z0-9]+$", examples=["/dev/xvda"])
    size_gib: int = Field(ge=1, le=65_536, examples=[20])
    type: Literal["gp3", "gp2", "io2", "io1", "st1", "sc1"] = "gp3"
    iops: int | None = Field(default=None, ge=100, le=256_000, examples=[3000])
    throughput_mibps: int | None = Field(default=None, ge=125, le=2_000, examples=[125])


class Metadata(Model):
    """Instance metadata options. IMDSv2 tokens are always required; only these two may differ."""

    hop_limit: int = Field(default=1, ge=1, le=64, examples=[1])
    instance_tags: bool = False
    """Whether the instance may read its own tags from the metadata service."""


class HealthCheck(Model):
    """The target group's health check (ELB "Health checks for your target groups")."""

    path: str = Field(default="/", pattern=r"^/\S{0,1023}$", examples=["/healthz"])
    interval_s: int = Field(default=10, ge=5, le=300, examples=[10])
    timeout_s: int = Field(default=5, ge=2, le=120, examples=[5])
    healthy_threshold: int = Field(default=2, ge=2, le=10, examples=[2])
    unhealthy_threshold: int = Field(default=2, ge=2, le=10, examples=[2])
    codes: str = Field(
        default="200",
        pattern=r"^\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*$",
        examples=["200"],
    )


class Spot(Model):
    """How much of a fleet runs on Spot: on demand up to `on_demand_base`, `percent` Spot of what is above it."""

    percent: int = Field(ge=1, le=100, examples=[50])
    on_demand_base: int = Field(default=0, ge=0, le=1_000, examples=[2])


class Release(Model):
    """One immutable version of a service: what boots, on what, and how it is judged healthy.

    Guarantees: equal content gives an equal name (`components.layouts.plan`), any change of content another one,
    except of `weight`, which is traffic and not content.
    """

    version: Annotated[str, AfterValidator(_semantic_version)] = Field(examples=["1.5.0"])
    image: str = Field(pattern=r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$", examples=["ami-0123456789abcdef0"])
    instance_types: tuple[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$", examples=["m7g.large"])], ...
    ] = Field(min_length=1, max_length=40, examples=[["m7g.large"]])
    """In order of preference; all of one architecture, the image's."""
    user_data: Annotated[
        str,
        BeforeValidator(_user_data, json_schema_input_type=str | PinnedFile),
        AfterValidator(_user_data_size),
    ] = Field(default="", examples=["#!/bin/sh"])
    """Text, or `{file, sha256}`. `${CONTAINER}` in it is replaced by `container`."""
    container: str | None = Field(
        default=None, pattern=r"^[^\s@]+@sha256:[0-9a-f]{64}$", examples=["registry/name@sha256:…"]
    )
    volumes: tuple[Volume, ...] = Field(default=(Volume(device="/dev/xvda", size_gib=20),), min_length=1, max_length=20)
    metadata: Metadata = Metadata()
    port: int | None = Field(default=None, ge=1, le=65_535, examples=[8080])
    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    protocol_version: Literal["HTTP1", "HTTP2", "GRPC"] = "HTTP1"
    health: HealthCheck = HealthCheck()
    drain_s: int = Field(default=60, ge=0, le=3_600, examples=[60])
    """How long a leaving target may finish its requests (deregistration delay)."""
    grace_period_s: int = Field(default=300, ge=0, le=7_200, examples=[300])
    """How long a booting instance is spared from being replaced as unhealthy."""
    spot: Spot | None = None
    revision: int = Field(default=0, ge=0, examples=[1])
    """Raise it to get another fleet of the same content, when something that the cloud assigned has changed."""
    layout: Annotated[int, AfterValidator(_layout)] = Field(default=1, examples=[1])
    """How this entry is rendered into resources; older ones render for ever as they did."""
    weight: int = Field(default=100, ge=0, le=999, examples=[100])
    """Share of the service's traffic, relative to the other releases' weights; 0 is a standby."""

    @property
    def label(self) -> str:
        """How people tell it from the service's other releases: `1.5.0`, or `1.5.0 revision 2`."""
        return f"{self.version} revision {self.revision}" if self.revision else self.version
