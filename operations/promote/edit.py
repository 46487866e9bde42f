"""The new release in the text of a stack's config file; all else in it stays as it stands."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from components.config_errors import ConfigError
from components.settings import SERVICES, Settings
from operations.errors import OperationError
from operations.rollout.config_file import ConfigFile, Entry
from operations.rollout.successor import successor


@dataclass(frozen=True)
class Stated:
    """A service of a stack, as its config file has it."""

    folder: Path
    stack: str
    service: str
    file: ConfigFile
    config: Mapping[str, Any]

    @property
    def region(self) -> str | None:
        """The region that the stack is in."""
        return self.config.get("aws:region")

    @property
    def profile(self) -> str | None:
        """The AWS profile that its config names."""
        return self.config.get("aws:profile")

    @property
    def serving(self) -> Entry:
        """The release that has most of the traffic: all of it but its image is taken over."""
        return max(self.file.entries(), key=lambda entry: int(entry.get("weight", 100)))

    def with_release(self, version: str, pinned: Mapping[str, str], *, replace: bool) -> str:
        """The file's text with the release: alone, or beside the others without traffic.

        Raises:
            OperationError: the version is there with another content, or what comes out is no valid config.
        """
        entries = self.file.entries()
        having = [entry for entry in entries if entry["version"] == version]
        if any(all(entry.get(key) == value for key, value in pinned.items()) for entry in having):
            return self.file.text()
        if having:
            raise OperationError(
                f"{self.file.path.name} has {version} of {self.service} with another content: give the new one another "
                "version"
            )
        routed: Any = self.config[SERVICES][self.service]
        if not replace and "route" not in routed:
            raise OperationError(
                f"{self.service} of {self.stack} has no route, so a standby would work as the others do: use --replace"
            )
        new = successor(self.serving, version, pinned)
        kept = [] if replace else [(entry, int(entry.get("weight", 100))) for entry in entries]
        return self._checked([*kept, (new, 100 if replace else 0)])

    def _checked(self, releases: Sequence[tuple[Entry, int]]) -> str:
        """Written beside the file first, so that nobody sees a config that is not valid."""
        with tempfile.TemporaryDirectory() as beside:
            shutil.copy(self.file.path, beside)
            draft = ConfigFile(Path(beside), self.stack, self.service)
            draft.write(releases)
            text = draft.text()
        try:
            _settings(_config(text), self.folder)
        except ConfigError as error:
            raise OperationError(str(error.of_stack(self.stack))) from None
        return text


def stated(folder: Path, stack: str, service: str) -> Stated:
    """Read a stack's file.

    Raises:
        OperationError: it can't be read, has no such service, or is not valid as it is.
    """
    file = ConfigFile(folder, stack, service)
    config = _config(file.text())
    try:
        _settings(config, folder)
    except ConfigError as error:
        raise OperationError(str(error.of_stack(stack))) from None
    return Stated(folder, stack, service, file, config)


def _config(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(text) or {}).get("config") or {}


def _settings(config: Mapping[str, Any], folder: Path) -> Settings:
    """As the engine would give it to the program."""
    secrets = {key for key, value in config.items() if isinstance(value, dict) and "secure" in value}
    return Settings.parse({key: json.dumps(value) for key, value in config.items()}, secrets, folder)
