"""What the cloud holds from the start, and how much it may hold: from a file and never from code."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.cloud.quotas import Quotas

DEFAULT = Path(__file__).with_name("seed.yaml")
ACCOUNT = "123456789012"

#: Tags by which an image directs what boots from it and its targets' health, and what each may say.
HEALTHY_AFTER, UNHEALTHY_AFTER, HEALTH = "sandbox:healthy-after", "sandbox:unhealthy-after", "sandbox:health"
BOOT_AFTER, DRAINED_AFTER = "sandbox:boot-after", "sandbox:drained-after"
_SECONDS = r"\d+(\.\d+)?"
_MEANINGS = {
    **dict.fromkeys((HEALTHY_AFTER, UNHEALTHY_AFTER, BOOT_AFTER, DRAINED_AFTER), _SECONDS),
    HEALTH: "healthy|never",
}


class SeedError(Exception):
    """The seed file can't be used; the message names the file and each wrong key."""


class Image(BaseModel):
    """An AMI with a fixed id, backed by EBS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$")]
    name: Annotated[str, Field(min_length=3, max_length=128)]
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    created: AwareDatetime = datetime(2026, 1, 1, tzinfo=UTC)
    owner: Annotated[str, Field(pattern=r"^\d{12}$")] = ACCOUNT
    root_device: str = "/dev/xvda"
    tags: dict[str, str] = {}

    @model_validator(mode="after")
    def _health_tags_are_understood(self) -> Image:
        for tag, value in self.tags.items():
            if tag.startswith("sandbox:") and not re.fullmatch(_MEANINGS.get(tag, "(?!)"), value):
                raise ValueError(f"tag {tag}: {value!r} means nothing; known are {', '.join(_MEANINGS)}")
        return self


class Certificate(BaseModel):
    """An issued ACM certificate with a fixed ARN."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    arn: Annotated[str, Field(pattern=rf"^arn:aws:acm:[a-z0-9-]+:{ACCOUNT}:certificate/[0-9a-f-]{{36}}$")]
    domain: str


class Seed(BaseModel):
    """Everything of one region; the quotas hold in each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    images: tuple[Image, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    quotas: Quotas = Quotas()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Seed:
        ids = Counter([image.id for image in self.images] + [each.arn for each in self.certificates])
        if twice := [key for key, count in ids.items() if count > 1]:
            raise ValueError(f"more than once: {', '.join(twice)}")
        return self


def read(path: Path) -> Seed:
    """The seed of a file.

    Raises:
        SeedError: it can't be read, or a key of it is wrong; one line.
    """
    try:
        return Seed.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors())
        raise SeedError(f"seed file {path}: {'; '.join(wrong)}") from None
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SeedError(f"seed file {path}: {' '.join(str(error).split())}") from None
