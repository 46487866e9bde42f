"""Settings: the stack's config in one parse, every error at once.

Limits of a single key are the models'; relations between keys are `components.clashes`; how an error reads is
`components.config_errors`. Nothing is registered before all of them are content.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Annotated, Any, Literal

import pulumi
from pydantic import BeforeValidator, Field, ValidationError

from components.clashes import clashes
from components.config_errors import ConfigError, Problem, closest, from_pydantic
from components.gate_settings import Gate
from components.release import Model, Release

NAMESPACE = "immutable"
SERVICES = f"{NAMESPACE}:services"

ServiceName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$", examples=["web"])]


def _text(value: object) -> object:
    """A number in YAML is as good as a text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Capacity(Model):
    """Sizes of each fleet that has weight, in instances. What may change in place, and is never part of a release."""

    min: int = Field(ge=1, le=10_000, examples=[2])
    max: int = Field(ge=1, le=10_000, examples=[10])
    surge: Annotated[str | None, BeforeValidator(_text, json_schema_input_type=str | int | None)] = Field(
        default=None, pattern=r"^([1-9]\d{0,3}|([1-9]\d?|100)%)$", examples=["10%"]
    )
    """Constant capacity: releases that stand at once share `min` by weight, and a rollout lets so many instances, or so
    many percent, and no more stand beside those that serve. Absent: each release has `min`."""


class Route(Model):
    """Which requests reach the service: the conditions of its traffic rule, and its place among the others."""

    priority: int = Field(ge=1, le=999, examples=[100])
    """Lower is asked first; unique in the stack."""
    hosts: tuple[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9.*?-]{1,128}$", examples=["shop.example.com"])],
        ...,
    ] = ()
    paths: tuple[Annotated[str, Field(pattern=r"^/\S{0,127}$", examples=["/api/*"])], ...] = ()


class CpuScaling(Model):
    """Hold the fleet's average CPU at `percent`."""

    kind: Literal["cpu"]
    percent: int = Field(ge=10, le=90, examples=[50])


class RequestScaling(Model):
    """Hold the requests that each target gets at `per_target_per_minute`."""

    kind: Literal["requests"]
    per_target_per_minute: int = Field(ge=1, le=1_000_000, examples=[1000])


Scaling = Annotated[
    CpuScaling | RequestScaling,
    Field(discriminator="kind", examples=[{"kind": "cpu", "percent": 50}]),
]


class Service(Model):
    """A service: the releases that should stand, and what may change without a new one."""

    releases: tuple[Release, ...] = Field(min_length=1, max_length=5, examples=["[{version: 1.5.0, image: ami-…, …}]"])
    """One is the simple case. At most five: AWS's limit of target groups in one forward action."""
    capacity: Capacity
    route: Route | None = None
    """Absent for a service that no balancer serves, such as queue workers."""
    gate: Gate = Gate()
    scaling: Scaling | None = None
    managed_policies: tuple[
        Annotated[
            str,
            Field(
                pattern=r"^arn:aws[a-z-]*:iam::(aws|\d{12}):policy/\S+$",
                examples=["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"],
            ),
        ],
        ...,
    ] = Field(default=(), max_length=10)
    """IAM policies of the instances' role, which belongs to the service and outlives its releases."""


class DefaultVpc(Model):
    """The account's default VPC of the region, and all its subnets."""

    kind: Literal["default"] = "default"


class NamedVpc(Model):
    """The VPC with this `Name` tag, and those of its subnets that carry `subnet_tags`."""

    kind: Literal["named"]
    name: str = Field(min_length=1, examples=["production"])
    subnet_tags: Mapping[str, str] = Field(default={}, examples=[{"tier": "private"}])


class GivenVpc(Model):
    """A VPC and subnets by id: nothing is looked up."""

    kind: Literal["given"]
    vpc_id: str = Field(pattern=r"^vpc-[0-9a-f]+$", examples=["vpc-0abc…"])
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$", examples=["subnet-0abc…"])], ...] = Field(
        min_length=2, examples=[["subnet-0abc…", "subnet-0def…"]]
    )


NetworkSettings = Annotated[
    DefaultVpc | NamedVpc | GivenVpc, Field(discriminator="kind", examples=[{"kind": "default"}])
]


class Balancer(Model):
    """The load balancer that the stack's routed services share."""

    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/\S+$",
        examples=["arn:aws:acm:…"],
    )
    """With one, services answer on HTTPS and HTTP redirects there."""
    allowed_cidrs: tuple[Annotated[str, Field(pattern=r"^[0-9.]+/\d{1,2}$", examples=["10.0.0.0/8"])], ...] = Field(
        default=("0.0.0.0/0",), min_length=1, max_length=20
    )
    internal: bool = False
    deletion_protection: bool = False


class Settings(Model):
    """Everything that `Pulumi.<stack>.yaml` says under the project's namespace."""

    services: dict[ServiceName, Service] = Field(min_length=1, examples=["{web: {releases: […], capacity: {…}}}"])
    network: NetworkSettings = DefaultVpc()
    balancer: Balancer = Balancer()
    retired: tuple[ServiceName, ...] = Field(default=(), examples=[["old-service"]])
    """Services whose removal is meant: without their name here, a preview without them is refused."""

    @classmethod
    def parse(cls, config: Mapping[str, str], secrets: Set[str] = frozenset(), root: Path = Path()) -> Settings:
        """Parse the engine's config (`namespace:key` to JSON or text; `secrets`: keys that hold one).

        Relative files in it are read from `root`.

        Raises:
            ConfigError: all problems, each with its key's path, the value, the limit and the way out.
        """
        raw, problems = _decode(config, secrets)
        settings = None
        try:
            settings = cls.model_validate_json(json.dumps(raw), context={"root": root})
        except ValidationError as error:
            problems += from_pydantic(error, cls, raw)
        problems += clashes(raw)
        if settings is None or problems:
            raise ConfigError(problems)
        return settings

    @classmethod
    def load(cls, root: Path) -> Settings:
        """Parse the running program's config; `root` is the project's folder. Raises ConfigError."""
        config = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
        secret = json.loads(os.environ.get("PULUMI_CONFIG_SECRET_KEYS") or "[]")
        try:
            return cls.parse(config, frozenset(secret), root)
        except ConfigError as error:
            raise error.of_stack(pulumi.get_stack()) from None


def _decode(config: Mapping[str, str], secrets: Set[str]) -> tuple[dict[str, Any], list[Problem]]:
    raw: dict[str, Any] = {}
    problems: list[Problem] = []
    for full, text in config.items():
        namespace, _, key = full.partition(":")
        if namespace != NAMESPACE:
            continue
        if full in secrets:
            problems.append(
                Problem(
                    key,
                    "holds a secret, which would hide the whole value in every history entry. Keep the secret in "
                    "SSM Parameter Store or Secrets Manager and name its entry in the config",
                )
            )
            continue
        if key not in Settings.model_fields:
            problems.append(Problem(key, f"is an unknown key. {closest(key, list(Settings.model_fields))}"))
            continue
        try:
            raw[key] = json.loads(text)
        except json.JSONDecodeError:
            raw[key] = text
    return raw, problems
