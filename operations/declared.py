"""What the stack's config file says, read without the engine: a machine that lacks it can be told of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from components.config_errors import ConfigError
from components.settings import SERVICES, Settings


@dataclass(frozen=True)
class Declared:
    """A stack as its file declares it; without a stack, nothing."""

    stack: str | None = None
    project_name: str | None = None
    region: str | None = None
    profile: str | None = None
    settings: Settings | None = None
    problem: str | None = None
    """Why the file can't be used."""
    has_file: bool = False

    @property
    def file(self) -> str:
        """The file's name."""
        return f"Pulumi.{(self.stack or '').rpartition('/')[2]}.yaml"


def declared(project: Path, stack: str | None) -> Declared:
    """Read it; what is wrong with it is its `problem`."""
    found, problem = _read(project / "Pulumi.yaml")
    name = str(found["name"]) if "name" in found else None
    if problem or stack is None:
        return Declared(stack, name, problem=problem)
    nothing = Declared(stack, name)
    path = project / nothing.file
    if not path.exists():
        return nothing
    document, problem = _read(path)
    config = document.get("config")
    if not problem and config is not None and not isinstance(config, dict):
        problem = f"{path.name}: `config` is no map of keys"
    if problem:
        return Declared(stack, name, problem=problem, has_file=True)
    values = {str(key): _text(value) for key, value in cast("dict[str, Any]", config or {}).items()}
    secrets = {key for key, value in cast("dict[str, Any]", config or {}).items() if _is_secret(value)}
    region, profile = values.get("aws:region"), values.get("aws:profile")
    try:
        settings = Settings.parse(values, secrets, project)
    except ConfigError as error:
        told = "; ".join(f"{one.path}: {one.message}" for one in error.problems)
        return Declared(stack, name, region, profile, problem=f"{path.name}: {told}", has_file=True)
    return Declared(stack, name, region, profile, settings, has_file=True)


def declared_services(project: Path, stack: str) -> list[str]:
    """Names of the stack's services; none where the file can't be read."""
    document, _ = _read(project / Declared(stack).file)
    config = document.get("config")
    services = cast("dict[str, Any]", config).get(SERVICES) if isinstance(config, dict) else None
    return [str(name) for name in cast("dict[str, Any]", services)] if isinstance(services, dict) else []


def _read(path: Path) -> tuple[dict[str, Any], str | None]:
    """A YAML file of one map, or what is wrong with it."""
    try:
        found: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return {}, f"{path.name} can't be read ({getattr(error, 'strerror', None) or 'not UTF-8'})"
    except yaml.YAMLError as error:
        return {}, f"{path.name} is no YAML: {' '.join(str(error).split())}"
    if not isinstance(found, Mapping):
        return {}, f"{path.name} is no map of keys"
    return dict(cast("Mapping[str, Any]", found)), None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"}
