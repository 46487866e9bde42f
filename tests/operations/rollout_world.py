"""A small model of what is around a rollout: an engine with its lock and history, and AWS. It dies when it is told to.

What is modelled is the order of effects: the groups, the gate, the rule, the outputs, the old groups, the history. The
arithmetic of the gate is the project's own. After each effect the model looks whether the promise is kept.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation import DiagnosticEvent, EngineEvent
from pulumi.automation._cmd import CommandResult

from components.capacity import carried, gaining, needs, of_release
from components.layouts import plan
from components.live import Fleet
from components.preview import OUTPUT
from components.settings import Service, Settings
from operations.rollout.outcome import FailedError
from operations.stack import Stack
from tests.components.fleets import fleet, targets

SERVICE = "web"
NOBODY = 2**22 + 1
"""A process id that no Linux gives away."""


class KilledError(Exception):
    """The process is gone: whatever it would have done next does not happen."""


@dataclass
class Group:
    """An Auto Scaling group: `healthy` follows `desired` when it boots, `standing` when what leaves is gone."""

    minimum: int
    maximum: int
    desired: int
    healthy: int = 0
    standing: int = 0
    is_noted: bool = False
    """Whether the state knows of it."""

    def resize(self, size: int) -> None:
        """What AWS does at once: instances launch, or leave."""
        self.desired = size
        self.standing = max(self.standing, size)
        self.healthy = min(self.healthy, size)


@dataclass
class World:
    """Everything that outlives a process."""

    folder: Path
    kills: set[int] = field(default_factory=set[int])
    """After which effects the process is killed, counted from the start."""
    bad: str = ""
    """How the new release is bad: `unhealthy`, loud while a share is held (`hold`), or once it has all (`retire`); or
    `ringing`, loud while it is held and until long after."""
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    rule: dict[str, int] = field(default_factory=dict[str, int])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    others: dict[str, Any] = field(default_factory=dict[str, Any])
    """The outputs of other services."""
    history: list[Any] = field(default_factory=list[Any])
    effects: list[str] = field(default_factory=list[str])
    is_locked: bool = False
    is_dead: bool = False
    promised: int = 0
    limit: int | None = None

    def act(self, effect: str) -> None:
        """Something has been done; the promise is kept, or the test fails."""
        self.effects.append(effect)
        told = (effect, self.rule, self.groups)
        healthy = {name: group.healthy for name, group in self.groups.items()}
        if self.promised:
            assert carried(healthy, self.rule) >= self.promised, told
        if self.limit is not None:
            assert sum(group.standing for group in self.groups.values()) <= self.limit, told
        if len(self.effects) in self.kills:
            self.is_dead = True
            raise KilledError(effect)

    def look(self) -> None:
        """The dead see nothing."""
        if self.is_dead:
            raise KilledError

    # What the config asks for.

    @property
    def path(self) -> Path:
        return self.folder / "Pulumi.dev.yaml"

    def config(self) -> dict[str, automation.ConfigValue]:
        self.look()
        found = yaml.load(self.path.read_text(), yaml.CSafeLoader)["config"]  # As safe as the slow one.
        return {
            key: automation.ConfigValue(value if isinstance(value, str) else json.dumps(value))
            for key, value in found.items()
        }

    def service(self) -> Service:
        return Settings.parse({key: str(one.value) for key, one in self.config().items()}).services[SERVICE]

    # AWS.

    def fleets(self, _service: str = SERVICE) -> list[Fleet]:
        self.look()
        return [
            fleet(
                name,
                group=name,
                target_group=name,
                minimum=group.minimum,
                maximum=group.maximum,
                desired=group.desired,
                standing=group.standing,
                targets=targets(group.healthy),
                weight=self.rule.get(name, 0),
            )
            for name, group in self.groups.items()
        ]

    def set_desired(self, name: str, size: int) -> None:
        self.look()
        assert self.groups[name].minimum <= size <= self.groups[name].maximum
        self.groups[name].resize(size)
        self.act(f"desired {name}")

    def pass_time(self, _seconds: float = 0) -> None:
        """What leaves is gone."""
        self.look()
        for group in self.groups.values():
            group.standing = group.desired
        self.act("gone")

    # The engine.

    def up(self, on_event: Callable[[EngineEvent], object], **_: Any) -> None:
        self.look()
        if self.is_locked:
            raise automation.ConcurrentUpdateError(
                CommandResult("", f"locked: created by someone@{socket.gethostname()} (pid {NOBODY}) at noon", 255)
            )
        self.is_locked = True
        self.act("lock")
        config, service = self.config(), self.service()
        weights = {plan(SERVICE, one).name: one.weight for one in service.releases}
        try:
            self._fleets_first(service, weights)
            self._traffic(weights)
            self.outputs = {
                plan(SERVICE, one).name: {"label": one.label, "weight": one.weight} for one in service.releases
            }
            self.act("outputs")
            self._retire(weights)
        except FailedError as failed:
            self._end(config, "failed")
            on_event(EngineEvent(0, 0, diagnostic_event=DiagnosticEvent(str(failed), "", "error")))
            raise automation.CommandError(CommandResult("", f"error: {failed}", 255)) from None
        self._end(config, "succeeded")

    def _fleets_first(self, service: Service, weights: dict[str, int]) -> None:
        for name, weight in weights.items():
            limits = of_release(service.capacity, weight, sum(weights.values()))
            if name not in self.groups:
                self.groups[name] = Group(limits.min, limits.max, 0)
                self.groups[name].resize(limits.min)
                self.act(f"create {name}")
            group = self.groups[name]
            assert group.is_noted or self.effects[-1] == f"create {name}", f"{name} is made a second time"
            group.is_noted = True
            if limits.min != group.minimum:
                group.minimum = limits.min
                group.resize(max(group.desired, limits.min))
                self.act(f"limits {name}")

    def _traffic(self, weights: dict[str, int]) -> None:
        now = {name: weight for name, weight in self.rule.items() if weight}
        if weights == self.rule:
            return
        grows = gaining(now, weights)
        served = carried({name: group.desired for name, group in self.groups.items()}, now)
        while True:
            judged = [need for need in needs(self.fleets(), weights, served, 100) if need.fleet.key in grows]
            if all(need.met for need in judged):
                break
            if any(self._is_bad(need.fleet.release, "unhealthy") and not need.met for need in judged):
                raise FailedError(f'before hook "traffic-gate" failed: {judged[0]}')
            for need in judged:
                if need.fleet.desired < need.size:
                    self.set_desired(need.fleet.group, need.size)
            for need in judged:
                group = self.groups[need.fleet.group]
                group.healthy = group.desired
                self.act(f"boot {need.fleet.release}")
        self.rule = dict(weights)
        self.act("rule")

    def _retire(self, weights: dict[str, int]) -> None:
        for name in [name for name in self.groups if name not in weights]:
            assert not self.rule.get(name)
            is_loud = any(weight and self._is_bad(one, "retire") for one, weight in self.rule.items())
            if is_loud or self.bad == "ringing":
                raise FailedError('before hook "retire-gate" failed: alarm web-5xx is in ALARM.')
            del self.groups[name]
            self.act(f"delete {name}")

    def _is_bad(self, release: str, how: str) -> bool:
        return self.bad == how and "-1.5.0-" in release

    def _end(self, config: dict[str, automation.ConfigValue], result: str) -> None:
        when = datetime.now(UTC).replace(tzinfo=None) + timedelta(milliseconds=len(self.history))
        entry = SimpleNamespace(
            kind="update",
            result=result,
            start_time=when,
            end_time=when,
            config=config,
            message="",
            environment={"pulumi.flag.yes": "true"},
        )
        self.history.insert(0, entry)
        self.is_locked = False
        self.act(f"end, {result}")

    def recover(self, _stack: Stack) -> None:
        """What stands and nobody noted is found by its tags."""
        for group in self.groups.values():
            group.is_noted = True
        self.act("recover")

    def locks(self) -> list[str]:
        return ["someone"] if self.is_locked else []

    def export(self) -> automation.Deployment:
        """The state."""
        self.look()
        pending = [name for name, group in self.groups.items() if not group.is_noted]
        return automation.Deployment(version=3, deployment={"pending_operations": pending})

    def cancel(self) -> None:
        self.look()
        self.is_locked = False
        self.act("cancel")

    # What waits between two steps.

    def hold(self, *_: object) -> None:
        self.look()
        self.act("held")
        if any(weight and self.bad in ("hold", "ringing") and "-1.5.0-" in name for name, weight in self.rule.items()):
            raise FailedError("alarm web-5xx is in ALARM")

    def engine(self) -> Any:
        """As the Automation API shows it."""
        return SimpleNamespace(
            get_all_config=self.config,
            outputs=lambda: {OUTPUT: automation.OutputValue({SERVICE: self.outputs, **self.others}, secret=False)},
            history=self._history,
            export_stack=self.export,
            up=self.up,
            cancel=self.cancel,
            workspace=SimpleNamespace(project_settings=lambda: SimpleNamespace(name="immutable")),
        )

    def _history(self, **_: object) -> list[Any]:
        self.look()
        return self.history
