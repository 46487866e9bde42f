"""A stack as the commands see it: its config, its history, what its last update left. Through the Automation API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from pulumi import automation

from components.config_errors import ConfigError
from components.preview import OUTPUT
from components.settings import SERVICES, Settings
from operations.cloud import Cloud
from operations.errors import OperationError
from operations.history.flags import targeted
from operations.history.state import Served, state_of
from operations.messages import first_error


class Stack:
    """A stack of the project in `folder`.

    Raises:
        OperationError: there is no such project or stack, or the engine can't be run.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        try:
            self.engine = automation.select_stack(name, work_dir=str(folder))
        except automation.StackNotFoundError:
            raise OperationError(f"There is no stack {name}. `pulumi stack ls` lists those there are") from None
        except (automation.CommandError, FileNotFoundError, ValueError) as error:
            raise OperationError(f"Stack {name} can't be opened: {first_error(str(error))}") from None
        self._config = self.engine.get_all_config()

    def reload(self) -> None:
        """Read its config again."""
        self._config = self.engine.get_all_config()

    def settings(self) -> Settings | None:
        """What the stack's config asks for; None if the program is another one than this project's.

        Raises:
            OperationError: the config is wrong, with every problem.
        """
        if SERVICES not in self._config:
            return None
        try:
            return _parse(self._config, self.folder)
        except ConfigError as error:
            raise OperationError(str(error.of_stack(self.name))) from None

    @property
    def config(self) -> dict[str, str]:
        """By `namespace:key`, JSON or text; secrets are not in it."""
        return {key: str(one.value) for key, one in self._config.items() if not one.secret}

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of its config, in the clear: never to be shown."""
        return {key: str(one.value) for key, one in self._config.items() if one.secret}

    @property
    def region(self) -> str | None:
        """The region that its config names."""
        found = self._config.get("aws:region")
        return found.value if found else None

    @property
    def profile(self) -> str | None:
        """The AWS profile that its config names."""
        found = self._config.get("aws:profile")
        return found.value if found else None

    @property
    def owner(self) -> str:
        """The stack, as its resources' tags name it."""
        return f"{self.engine.workspace.project_settings().name}/{self.name}"

    def cloud(self) -> Cloud:
        """The region and account that it is in."""
        return Cloud(self.region, self.profile)

    def history(self, limit: int | None = None) -> list[automation.UpdateSummary]:
        """Its newest entries, or all, newest first; of secrets only that they are there.

        Raises:
            OperationError: the backend can't be read.
        """
        try:
            # 0 is all of them: without a size the CLI answers with ten.
            return self.engine.history(page_size=limit or 0, page=1, show_secrets=False)
        except automation.CommandError as error:
            raise OperationError(f"The history of {self.name} can't be read: {first_error(str(error))}") from None

    def newest(self) -> str:
        """What tells the newest entry of its history, of whatever kind and result, from all others."""
        entries = self.history(1)
        return str(entries[0].start_time) if entries else ""

    def standing(self) -> Mapping[str, Mapping[str, Any]]:
        """What its last completed update left: by service and logical name a release's label, image, weight, group."""
        found = self.engine.outputs().get(OUTPUT)
        value: Any = found.value if found else None
        told = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if any(isinstance(one, str) for one in told.values()) or self._is_left_in_part():
            served = state_of(self.deployment()).served
            told = {name: _plain(served.get(name, {})) for name in told}
        return told

    def _is_left_in_part(self) -> bool:
        """Whether its last update was targeted: of other services the output then has what the config asks for, or
        nothing that is known."""
        newest = next(self.succeeded(), None)
        return newest is not None and targeted(newest.environment) is not False

    def deployment(self) -> dict[str, Any]:
        """Its state.

        Raises:
            OperationError: it can't be read.
        """
        try:
            return dict(self.engine.export_stack().deployment or {})
        except automation.CommandError as error:
            raise OperationError(f"The state of {self.name} can't be read: {first_error(str(error))}") from None

    def succeeded(self) -> Iterator[automation.UpdateSummary]:
        """Its updates that succeeded, newest first, of its newest 50 entries."""
        return (entry for entry in self.history(50) if entry.kind == "update" and entry.result == "succeeded")

    def last_settings(self) -> Settings | None:
        """What its newest update that succeeded asked for; None if there is none that today's settings understand."""
        try:
            return next((_parse(entry.config, self.folder) for entry in self.succeeded()), None)
        except ConfigError:
            return None


def _plain(releases: Mapping[str, Served]) -> dict[str, Any]:
    return {name: asdict(one) for name, one in releases.items()}


def _parse(config: automation.ConfigMap, root: Path) -> Settings:
    secrets = {key for key, one in config.items() if one.secret}
    return Settings.parse({key: str(one.value) for key, one in config.items()}, secrets, root)
