"""What there is before a rollback: who else is at work, what serves, the entry, and all that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.config_errors import ConfigError
from components.live import Fleet, Region
from components.rules import describe_weights, shares
from components.settings import SERVICES, Settings
from operations.errors import OperationError
from operations.history.backend import Backend
from operations.history.entries import Entry, read
from operations.history.state import ByService, state_of
from operations.rollback.choice import Choice, choose
from operations.rollback.git import Checkout
from operations.rollback.goal import Goal, goal_of
from operations.rollback.images import deprecated, described, missing
from operations.rollback.left import flaw, serving, weights, with_traffic
from operations.rollback.secrets import secrets_of
from operations.rollback.targets import targets
from operations.rollback.told import entry_told, fleets_told, kept_told, program_told
from operations.rollback.whole import in_file, whole, with_goals
from operations.rollout.config_file import ConfigFile
from operations.rollout.outcome import Outcome, StopError
from operations.rollout.show import Show
from operations.rollout.update import is_stale, recover_pending, unlock
from operations.stack import Stack


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    service: str | None
    """None for the whole stack."""
    to: str | None = None
    """A number, a version, or None for the last good one."""
    overwrite: bool = False
    commit: bool = False
    of_then: bool = False
    """Whether the program of then runs."""
    policy_packs: Sequence[str] = ()


@dataclass(frozen=True)
class Ready:
    """A rollback that may be reviewed."""

    choice: Choice
    goals: Sequence[Goal]
    now: ByService
    settings: Settings
    """Of the config with the goals in it."""
    targets: Sequence[str]
    """Empty for the whole stack."""
    before: str
    after: str
    """The stack's file."""
    notes: Sequence[str]

    @property
    def message(self) -> str:
        """What the history will say: `rollback web: 1.5.0 → 1.4.2 (to entry 7)`."""
        return f"rollback {', '.join(map(self._went, self.goals))} (to entry {self.choice.entry.number})"

    @property
    def is_done(self) -> bool:
        """Whether all of a service stands as it shall, and the file says so."""
        return bool(self.targets) and self.before == self.after and all(stands(self.now, goal) for goal in self.goals)

    def _went(self, goal: Goal) -> str:
        was = serving(self.now, goal.service)
        return f"{goal.service}: {was} stays" if was == str(goal) else f"{goal.service}: {was} → {goal}"


class Look:
    """Reads what a rollback has to know; nothing but the state is ever changed, where it was behind the cloud."""

    def __init__(self, stack: Stack, wanted: Wanted, show: Show) -> None:
        self._stack, self._wanted, self._show = stack, wanted, show
        self.file = ConfigFile(stack.folder, stack.name, wanted.service)
        self.checkout = Checkout(stack.folder)
        self._region = Region(stack.region, stack.owner, stack.profile)

    def ready(self) -> Ready:
        """Look.

        Raises:
            OperationError: something speaks against it, with the way out.
            StopError: another update runs.
        """
        backend = Backend(self._stack)
        self._unlocked(backend)
        settings = self._stack.settings()
        if settings is None:
            raise OperationError(f"Stack {self._stack.name} is not one of this program: its config has no {SERVICES}")
        deployment = self._as_in_the_cloud()
        now, entries = state_of(deployment).served, read(self._stack, backend=backend)
        services = [self._wanted.service] if self._wanted.service else [one for one in settings.services if one in now]
        # Of a whole stack that goes back to a number, the services that came since stay.
        strict = services if self._wanted.service or self._wanted.to is None else []
        choice = choose(entries, now, strict, self._wanted.to, self._stack.config)
        entry, file = choice.entry, self.file.config()
        services = [one for one in services if one in strict or one in (entry.served or {})]
        goals = [goal_of(entry, one, entries, file[SERVICES][one]["releases"], self._stack.folder) for one in services]
        config, secrets, notes = self._merged(entry, goals, entries[-1].number, now)
        parsed = self._parsed(entry, config, secrets)
        notes += [
            entry_told(entry),
            *fleets_told(goals, now),
            *program_told(entry, self.checkout, of_then=self._wanted.of_then),
        ]
        if self._wanted.service:
            notes += kept_told(entry, self._stack.config, goals[0])
        notes += self._images(goals, now, entry)
        before, after = self._texts(goals, config, secrets)
        if before != after:
            self._not_edited(entries)
        return Ready(choice, goals, now, parsed, self._targets(deployment, goals), before, after, notes)

    def fleets(self, goals: Sequence[Goal]) -> list[Fleet]:
        """As the cloud has them."""
        return [fleet for goal in goals for fleet in self._region.fleets(goal.service)]

    def _unlocked(self, backend: Backend) -> None:
        held = "; ".join(backend.locks())
        if not held:
            recover_pending(self._stack, self._show)
            return
        if is_stale(held):
            unlock(self._stack, self._show)
            return
        services = [self._wanted.service] if self._wanted.service else self.file.config()[SERVICES]
        serve = "; ".join(f"{one}: {_served_by(self._region.fleets(one))}" for one in services)
        raise StopError(
            Outcome.BUSY,
            f"Another update of {self._stack.name} runs: {held}. Meanwhile serves: {serve}. Nothing was touched. Wait "
            "for it, or have it stopped there with Ctrl-C, then this command again. If it was killed on another "
            f"machine: pulumi cancel --yes --stack {self._stack.name}",
        )

    def _as_in_the_cloud(self) -> Mapping[str, Any]:
        """The state; where somebody changed weights by hand, it is refreshed first."""
        deployment = self._stack.deployment()
        now = state_of(deployment).served
        for service in [self._wanted.service] if self._wanted.service else now:
            fleets = self._region.fleets(service)
            live = shares({fleet.release: fleet.weight for fleet in fleets if fleet.weight})
            known = with_traffic(shares(weights(now, service)))
            if any(fleet.target_group for fleet in fleets) and live != known:
                self._show.event(
                    "refresh", f"Somebody changed the weights of {service}: {_served_by(fleets)}. Refreshing"
                )
                self._stack.engine.refresh(message=f"before a rollback of {service}", color="never")
                return self._stack.deployment()
        return deployment

    def _not_edited(self, entries: Sequence[Entry]) -> None:
        """The file has nothing in it that is neither committed nor in the history."""
        file = self.file.path
        if self._wanted.overwrite or not self.checkout.is_edited(file):
            return
        last = next((entry for entry in reversed(entries) if entry.kind == "update"), None)
        if last and (dict(last.config), last.secrets) == (self._stack.config, frozenset(self._stack.secrets)):
            return
        raise OperationError(
            f"{file.name} has changes that are not committed and that the last update did not have: commit them, or "
            f"take them back (`git diff {file.name}` shows them), or let them be part of this with --overwrite"
        )

    def _merged(
        self, entry: Entry, goals: Sequence[Goal], newest: int, now: ByService
    ) -> tuple[dict[str, str], dict[str, Any], list[str]]:
        """The config with the goals in it, its secrets as the file writes them, and what is to be told of those."""
        if self._wanted.service:
            return with_goals(self._stack.config, goals), dict.fromkeys(self._stack.secrets), []
        if wrong := flaw(entry, [goal.service for goal in goals]):
            raise OperationError(
                f"Entry {entry.number} {wrong}, so its config is not what the whole stack was. Roll the services back "
                "one by one, or the stack to another entry"
            )
        secrets, notes = secrets_of(self._stack, entry, newest, self.file.config())
        return with_goals(whole(self._stack.config, entry.config, now.keys()), goals), secrets, notes

    def _parsed(self, entry: Entry, config: Mapping[str, str], secrets: Mapping[str, Any]) -> Settings:
        try:
            return Settings.parse({**config, **dict.fromkeys(secrets, "")}, frozenset(secrets), self._stack.folder)
        except ConfigError as error:
            wrong = "".join(f"\n  {one.path}: {one.message}" for one in error.problems)
            raise OperationError(
                f"What entry {entry.number} left does not go with the rest of the config:{wrong}"
            ) from None

    def _images(self, goals: Sequence[Goal], now: ByService, entry: Entry) -> list[str]:
        """What is to be told of the images.

        Raises:
            OperationError: one of a release that is to be made is not there.
        """
        cloud, known = self._stack.cloud(), [one.release for goal in goals for one in goal.releases.values()]
        found = described(cloud, known)
        gone = missing(found, known, self._stack.profile)
        standing = {
            one.release.label
            for goal in goals
            for name, one in goal.releases.items()
            if name in now.get(goal.service, {})
        }
        lost = [f"{label}: {why}" for label, why in gone.items() if label not in standing]
        if lost:
            raise OperationError(
                f"What entry {entry.number} left can't boot again. {'; '.join(lost)}. Go back to another entry, --to "
                f"NUMBER: python -m operations history --stack {self._stack.name}"
            )
        return [*(f"{label} can't grow: {why}" for label, why in gone.items()), *deprecated(found, known)]

    def _texts(self, goals: Sequence[Goal], config: Mapping[str, str], secrets: Mapping[str, Any]) -> tuple[str, str]:
        """The file before and after; on the disk it is as it was."""
        before = self.file.text()
        try:
            if self._wanted.service:
                self.file.write(goals[0].entries)
            else:
                self.file.write_config(in_file(config, self.file.config(), secrets))
            return before, self.file.text()
        finally:
            self.file.replace(before)

    def _targets(self, deployment: Mapping[str, Any], goals: Sequence[Goal]) -> list[str]:
        if self._wanted.service is None:
            return []
        arriving = {name: one.release.port for name, one in goals[0].releases.items()}
        return targets(deployment, self._stack.owner, self._wanted.service, arriving)


def stands(now: ByService, goal: Goal) -> bool:
    """Whether the releases of a goal stand with its shares, and no others."""
    return shares(weights(now, goal.service)) == shares(goal.weights)


def serves(now: ByService, goal: Goal) -> bool:
    """Whether the traffic of a service is shared as its goal has it."""
    return with_traffic(shares(weights(now, goal.service))) == with_traffic(shares(goal.weights))


def _served_by(fleets: Sequence[Fleet]) -> str:
    return describe_weights([(one.release, one.weight) for one in fleets if one.weight]) or "no release by weight"
