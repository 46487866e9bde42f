"""Walks the steps of a rollout: each an edit of the config, a review, and the update that was reviewed."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from components.capacity import carried
from components.live import Fleet, Region
from components.settings import Service
from operations.alone import alone
from operations.errors import OperationError, told
from operations.review.review import assess
from operations.rollout.config_file import ConfigFile
from operations.rollout.hold import hold
from operations.rollout.outcome import FailedError, Outcome, StopError
from operations.rollout.planner import WHOLE, Goal, Strategy, Weights, back, following, percent, states
from operations.rollout.show import Show
from operations.rollout.situation import Known, Situation, drift, known, read
from operations.rollout.update import update
from operations.stack import Stack


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    service: str
    version: str
    strategy: Strategy
    steps: Sequence[int]
    image: str | None = None
    container: str | None = None
    hold_s: int = 0
    """How long each share of a canary is held."""
    keep_s: int | None = None
    """How long those before it stay as standbys; None removes them at once."""
    remove: bool = False
    """Whether a release whose gate fails is removed, and not left without traffic."""
    policy_packs: Sequence[str] = ()


@dataclass(frozen=True)
class Ready:
    """A rollout that may begin."""

    situation: Situation
    settings: Service
    release: str
    fleets: list[Fleet]

    @property
    def unfinished(self) -> bool:
        """Whether an update wrote its outputs and did not end: other fleets stand, or no history tells of it."""
        stand, pasts = {*self.situation.weights}, self.situation.pasts
        ended = bool(pasts) and pasts[0].weights == self.situation.weights
        return not ended or {fleet.release for fleet in self.fleets} != stand

    @property
    def carried(self) -> int:
        """How many instances serve."""
        return carried(self.fleets) or sum(fleet.desired for fleet in self.fleets)


class Rollout:
    """A rollout of one service of a stack.

    Raises:
        OperationError: the stack's config, or what stands, can't be read.
    """

    def __init__(self, stack: Stack, wanted: Wanted, show: Show) -> None:
        self._stack, self._wanted, self._show = stack, wanted, show
        self._file = ConfigFile(stack.folder, stack.name, wanted.service)
        self._region = Region(stack.region, stack.owner, stack.profile)
        self._newest = stack.newest()
        self._finishing = False

    def ready(self) -> Ready:
        """Look at what stands.

        Raises:
            OperationError: something is not as it must be, with the way out.
        """
        settings = self._stack.settings()
        if settings is None or self._wanted.service not in settings.services:
            raise OperationError(f"stack {self._stack.name} declares no service {self._wanted.service}")
        service = settings.services[self._wanted.service]
        situation, name = self._situation()
        if service.route is None and self._wanted.strategy is not Strategy.REPLACE:
            raise OperationError(
                f"{self._wanted.service} has no route, so no traffic that could be shared: use --strategy replace"
            )
        asked, fleets = self._in_file(), self._fleets()
        self._look_for_edits(situation, name, asked)
        if wrong := drift(situation, asked, fleets):
            raise OperationError(
                f"Somebody changed the weights of {self._wanted.service} by hand: {wrong}. Run `pulumi refresh` and "
                f"`pulumi up --stack {self._stack.name}` to put them right, then this command again"
            )
        image = situation.known[name].release.image
        if name not in situation.weights and image not in self._stack.cloud().image_dates([image]):
            raise OperationError(f"Image {image} of {situation.label(name)} is not there, or not for us")
        return Ready(situation, service, name, fleets)

    def _situation(self) -> tuple[Situation, str]:
        """What stands, and the logical name of the release that is wanted."""
        found = read(self._stack, self._file, self._wanted.service)
        name, candidate = self._candidate(found)
        return dataclasses.replace(found, known={**found.known, name: candidate}), name

    def states(self, ready: Ready) -> list[dict[str, int]]:
        """The states that it goes through from here."""
        return list(states(ready.situation.weights, self._goal(ready.situation, ready.release)))

    def run(self, approve: Callable[[str], bool]) -> Outcome:
        """Walk to the end; `approve` is asked before each step.

        Raises:
            OperationError: something outside of it is wrong; the stack is as its last step left it.
        """
        with alone(self._stack.folder), told():
            try:
                while self._step(approve):
                    pass
            except StopError as stop:
                kind = {Outcome.DONE: "done", Outcome.BACK: "back", Outcome.STOPPED: "stopped"}
                self._show.event(
                    kind.get(stop.outcome, "refused"), str(stop), outcome=stop.outcome.name.lower(), **stop.more
                )
                return stop.outcome
            except KeyboardInterrupt:
                self._show.event("stopped", "Stopped. The same command goes on.", outcome="stopped")
                return Outcome.STOPPED
        return Outcome.DONE

    def _step(self, approve: Callable[[str], bool]) -> bool:
        ready = self.ready()
        situation, name = ready.situation, ready.release
        state = following(situation.weights, self._goal(situation, name))
        if state is None and ready.unfinished and not self._finishing:
            self._finishing, state = True, dict(situation.weights)
        if state is None:
            self._finished(situation, name)
            return False
        text = f"{self._wanted.service}: {situation.told(situation.weights)} → {situation.told(state)}"
        if not approve(text):
            raise StopError(Outcome.STOPPED, "Stopped before this step. The same command goes on.")
        self._show.event("step", text, weights=state)
        before = self._file.text()
        self._write(situation, state)
        try:
            try:
                self._reviewed_update(f"rollout {text}", before)
            except FailedError as failed:
                self._take_back(situation, name, str(failed))
            if 0 < percent(state, name) < WHOLE and not self._finishing:
                try:
                    hold(self._wanted.service, ready.settings.gate, self._wanted.hold_s, self._region, self._show)
                except FailedError as failed:
                    self._take_back(*self._situation(), str(failed))
        except OperationError:
            if self._stack.newest() == self._newest:
                self._file.replace(before)
            raise
        return True

    def _finished(self, situation: Situation, name: str) -> None:
        standbys = [situation.label(one) for one in situation.weights if one != name]
        text = f"{self._wanted.service}: {situation.label(name)} has all of the traffic"
        if standbys:
            since = situation.alone_since(name) or datetime.now(UTC)
            until = since + timedelta(seconds=self._wanted.keep_s or 0)
            text += (
                f"; {', '.join(standbys)} stays as a standby until {until:%Y-%m-%d %H:%M} UTC. "
                "The same command removes it then"
            )
        raise StopError(Outcome.DONE, text)

    def _goal(self, situation: Situation, name: str) -> Goal:
        keep = self._wanted.keep_s is not None
        if keep and (since := situation.alone_since(name)):
            keep = datetime.now(UTC) < since + timedelta(seconds=self._wanted.keep_s or 0)
        return Goal(name, self._wanted.strategy, self._wanted.steps, keep)

    def _candidate(self, situation: Situation) -> tuple[str, Known]:
        """The release of the wanted version: one that some config has, or the one that serves, with another image."""
        wanted = self._wanted
        having = {name: one for name, one in situation.known.items() if one.release.version == wanted.version}
        asked = {key: one for key, one in (("image", wanted.image), ("container", wanted.container)) if one is not None}
        matching = [
            (name in situation.weights, one.release.revision, name)
            for name, one in having.items()
            if all(one.entry.get(key) == value for key, value in asked.items())
        ]
        if matching:
            name = max(matching)[-1]
            return name, having[name]
        if not asked:
            raise OperationError(
                f"No config of {wanted.service} knows {wanted.version}: name its content with --image, or --container"
            )
        if having.keys() & situation.weights.keys():
            raise OperationError(
                f"{wanted.version} of {wanted.service} stands with another content: give the new one another version"
            )
        serving = max(situation.weights, key=lambda name: situation.weights[name])
        if serving not in situation.known:
            raise OperationError(f"No config knows what serves {wanted.service}: run `pulumi up` first")
        entry = {key: value for key, value in situation.known[serving].entry.items() if key not in _OWN}
        return known(wanted.service, {"version": wanted.version, **entry, **asked}, self._stack.folder)

    def _look_for_edits(self, situation: Situation, name: str, found: Weights) -> None:
        """The file asks for what stands, or for a step that was begun: anything else is somebody's work."""
        own = {key: weight for key, weight in found.items() if key != name}
        allowed = [situation.weights, following(situation.weights, self._goal(situation, name))]
        try:
            before = situation.before(name)
            allowed += [back(situation.weights, before, name, remove=remove) for remove in (False, True)]
        except OperationError:
            pass
        if found in allowed or own == {key: one for key, one in situation.weights.items() if key != name}:
            return
        raise OperationError(
            f"{self._file.path.name} asks for {situation.told(found)}, and the last update left "
            f"{situation.told(situation.weights)}. Run `pulumi up --stack {self._stack.name}`, or take the edit back"
        )

    def _in_file(self) -> dict[str, int]:
        found = (known(self._wanted.service, entry, self._stack.folder) for entry in self._file.entries())
        return {name: one.release.weight for name, one in found}

    def _write(self, situation: Situation, state: Weights) -> None:
        missing = [name for name in state if name not in situation.known]
        if missing:
            raise OperationError(f"No config knows {', '.join(missing)}, which stands: run `pulumi up` first")
        self._file.write([(situation.known[name].entry, weight) for name, weight in state.items()])

    def _reviewed_update(self, message: str, before: str) -> None:
        """Run the update that a review lets pass.

        Raises:
            FailedError: it failed.
        """
        self._stack.reload()
        with tempfile.TemporaryDirectory() as folder:
            plan = Path(folder) / "plan.json"
            settings, live = self._stack.settings(), self._stack.cloud().sizes()
            found = assess(self._stack, settings, live, self._wanted.policy_packs, (), plan)
            if found.refused or found.errors:
                self._file.replace(before)
                why = [one.why for one in found.refusals]
                why += [f"{one.policy}: {one.message}" for one in found.violations if one.mandatory]
                why += found.errors
                raise StopError(Outcome.REFUSED, f"Refused, and nothing was touched: {'; '.join(why)}")
            if self._stack.newest() != self._newest:
                self._file.replace(before)
                raise StopError(Outcome.BUSY, "Another update ran in between. Look at it, then run this again.")
            try:
                self._update(message, str(plan))
            except StopError as stop:
                if stop.outcome is Outcome.BUSY:
                    self._file.replace(before)
                raise

    def _update(self, message: str, plan: str | None = None) -> None:
        try:
            update(self._stack, message, self._fleets, self._show, plan, self._wanted.policy_packs)
        finally:
            self._newest = self._stack.newest()

    def _fleets(self) -> list[Fleet]:
        return self._region.fleets(self._wanted.service)

    def _take_back(self, situation: Situation, name: str, why: str) -> None:
        """What served before serves again, then the release goes if that is asked for.

        Raises:
            StopError: always; it tells whether it worked.
        """
        began = time.monotonic()
        self._show.event("failed", why)
        try:
            before = situation.before(name)
            state = back(situation.weights, before, name, remove=False)
            went = f"{self._wanted.service}: back to {situation.told(state)}"
            self._write(situation, state)
            self._show.event("taking-back", went, weights=state)
            self._update(f"rollout {went}")
            seconds = time.monotonic() - began
            text = f"{went}, {seconds:.0f} s after the gate failed"
            if self._wanted.remove:
                state = back(situation.weights, before, name, remove=True)
                self._write(situation, state)
                self._update(f"rollout {self._wanted.service}: {situation.label(name)} is removed")
                text += f"; {situation.label(name)} is removed"
        except (FailedError, OperationError) as error:
            raise StopError(
                Outcome.STUCK,
                f"The traffic could not be taken back: {error}. The config asks for it: `pulumi up --stack "
                f"{self._stack.name}` tries again",
            ) from None
        raise StopError(Outcome.BACK, text, seconds=round(seconds, 1))


#: What a release has of its own, and none takes over from another.
_OWN = ("version", "revision", "weight")
