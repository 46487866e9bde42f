"""A stack as the commands see it: its config, its history, what its last update left. Through the Automation API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pulumi import automation

from components.config_errors import ConfigError
from components.preview import OUTPUT
from components.settings import Settings
from operations.cloud import Cloud
from operations.errors import OperationError
from operations.messages import first_error


@dataclass(frozen=True)
class Update:
    """One entry of a stack's history."""

    kind: str
    result: str
    started: str
    message: str
    settings: Settings | None
    """None where the config is not one that today's settings understand."""


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
        if "immutable:services" not in self._config:
            return None
        values = {key: one.value for key, one in self._config.items()}
        secrets = {key for key, one in self._config.items() if one.secret}
        try:
            return Settings.parse(values, secrets, self.folder)
        except ConfigError as error:
            raise OperationError(str(error.of_stack(self.name))) from None

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

    def newest(self) -> str:
        """What tells the newest entry of its history, of whatever kind and result, from all others."""
        entries = self.engine.history(page_size=1, page=1, show_secrets=False)
        return str(entries[0].start_time) if entries else ""

    def standing(self) -> Mapping[str, Mapping[str, Any]]:
        """What its last completed update left: by service and logical name a release's label, image, weight, group."""
        found = self.engine.outputs().get(OUTPUT)
        value: Any = found.value if found else None
        return cast("dict[str, dict[str, Any]]", value) if isinstance(value, dict) else {}

    def succeeded(self) -> Iterator[automation.UpdateSummary]:
        """Its updates that succeeded, newest first, of its newest 50 entries."""
        for entry in self.engine.history(page_size=50, page=1, show_secrets=False):
            if entry.kind == "update" and entry.result == "succeeded":
                yield entry

    def last_update(self) -> Update | None:
        """The newest update that succeeded."""
        entry = next(self.succeeded(), None)
        if entry is None:
            return None
        values = {key: str(one.value) for key, one in entry.config.items()}
        secrets = {key for key, one in entry.config.items() if one.secret}
        try:
            settings = Settings.parse(values, secrets, self.folder)
        except ConfigError:
            settings = None
        return Update(entry.kind, entry.result, str(entry.start_time), entry.message or "", settings)
