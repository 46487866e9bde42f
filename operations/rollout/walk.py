"""Walks the steps of a rollout: each an edit of the config, a review, and the update that was reviewed."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from components.live import Fleet, Region
from operations.alone import alone
from operations.errors import OperationError, told
from operations.review.review import assess
from operations.rollout.candidate import Wanted
from operations.rollout.config_file import ConfigFile
from operations.rollout.hold import hold
from operations.rollout.outcome import FailedError, Outcome, StopError
from operations.rollout.planner import back, furthest, percent
from operations.rollout.ready import Look, Ready
from operations.rollout.room import NoRoomError, Weights
from operations.rollout.show import Show
from operations.rollout.shrink import shrink
from operations.rollout.situation import Situation
from operations.rollout.update import update
from operations.stack import Stack


class Rollout:
    """A rollout of one service of a stack.

    Raises:
        OperationError: the stack's config, or what stands, can't be read.
    """

    def __init__(self, stack: Stack, wanted: Wanted, show: Show) -> None:
        self._stack, self._wanted, self._show = stack, wanted, show
        self._file = ConfigFile(stack.folder, stack.name, wanted.service)
        self._region = Region(stack.region, stack.owner, stack.profile)
        self._look = Look(stack, wanted, self._file, self._region)
        self._newest = stack.newest()
        self._settled = False  # Tried once.

    def ready(self) -> Ready:
        """Look at what stands.

        Raises:
            OperationError: something is not as it must be, with the way out.
        """
        return self._look.checked()

    def boot_s(self, ready: Ready) -> int | None:
        """How long the newest instances of what serves took from their launch until they were in service, at most.

        None where AWS does not tell, or not us.
        """
        serving = [fleet.group for fleet in ready.fleets if ready.situation.weights.get(fleet.release)]
        try:
            boots = [each for group in serving for each in self._region.boots(group)]
        except (BotoCoreError, ClientError):
            return None
        return round(max(boots)) if boots else None

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
        state = None if self._settled else ready.interrupted
        self._settled |= state is not None
        if state is None:
            ready = self._held(ready)
            state = ready.following()
        situation, name, room = ready.situation, ready.release, ready.room
        if state is None and ready.is_unfinished and not self._settled:
            self._settled, state = True, situation.weights
        if state is None:
            self._finished(situation, name)
            return False
        text = f"{self._wanted.service}: {situation.told(situation.weights)} → {situation.told(state)}"
        if not approve(text):
            raise StopError(Outcome.STOPPED, "Stopped before this step. The same command goes on.")
        self._show.event("step", text, weights=state)
        if room and percent(state, name) > percent(ready.traffic, name):
            self._shrink(ready, room.resting(ready.traffic))
        before = self._file.text()
        self._write(situation, state)
        try:
            try:
                self._reviewed_update(f"rollout {text}", before)
            except FailedError as failed:
                self._take_back(str(failed))
        except OperationError:
            if self._stack.newest() == self._newest:
                self._file.replace(before)
            raise
        return True

    def _held(self, ready: Ready) -> Ready:
        """Hold the share that a canary has, if it was asked for; what stands after that."""
        situation = ready.situation
        if not ready.is_held:
            return ready
        try:
            hold(
                self._wanted.service,
                ready.settings.gate,
                self._wanted.hold_s,
                situation.since,
                self._region,
                self._show,
            )
        except FailedError as failed:
            self._take_back(str(failed))
        return dataclasses.replace(ready, fleets=self._fleets())

    def _shrink(self, ready: Ready, resting: Weights) -> None:
        drain_s = max(one.release.drain_s for one in ready.situation.known.values())
        shrink(self._wanted.service, resting, drain_s + ready.settings.gate.timeout_s, self._region, self._show)

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

    def _write(self, situation: Situation, state: Weights) -> None:
        missing = [name for name in state if name not in situation.known]
        if missing:
            raise OperationError(f"No config knows {', '.join(missing)}, which stands: run `pulumi up` first")
        self._file.write([(situation.known[name].entry, weight) for name, weight in state.items()], self._wanted.surge)

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

    def _take_back(self, why: str) -> None:
        """What served before serves again, then the release goes if that is asked for.

        Raises:
            StopError: always; it tells whether it worked.
        """
        began = time.monotonic()
        self._show.event("failed", why)
        try:
            text = self._return()
        except (FailedError, OperationError) as error:
            raise StopError(
                Outcome.STUCK,
                f"The traffic could not be taken back: {error}. The config asks for it: `pulumi up --stack "
                f"{self._stack.name}` tries again",
            ) from None
        seconds = time.monotonic() - began
        text += f", {seconds:.0f} s after the gate failed"
        if self._wanted.remove:
            text += self._remove()
        raise StopError(Outcome.BACK, text, seconds=round(seconds, 1))

    def _remove(self) -> str:
        """Remove the release that failed; what became of it."""
        ready = self._look.now()
        situation, name = ready.situation, ready.release
        try:
            self._write(situation, back(situation.weights, situation.before(name), name, remove=True))
            self._update(f"rollout {self._wanted.service}: {situation.label(name)} is removed")
        except (FailedError, OperationError) as error:
            return (
                f"; {situation.label(name)} could not be removed: {error} The config no longer asks for it: "
                f"`pulumi up --stack {self._stack.name}` tries again"
            )
        return f"; {situation.label(name)} is removed"

    def _return(self) -> str:
        """Take the traffic back: by one update, or by as many as the surge leaves room for."""
        ready = self._look.now()
        situation, name = ready.situation, ready.release
        aim = back(situation.weights, situation.before(name), name, remove=False)
        while True:
            state, room = aim, ready.room
            if room:
                try:
                    state = furthest(ready.traffic, aim, name, room)
                except NoRoomError:
                    # Without room even then all of it goes back at once: to serve comes before the surge.
                    with contextlib.suppress(NoRoomError):
                        state = furthest(ready.traffic, aim, name, room.rested(ready.traffic))
                        self._shrink(ready, room.resting(ready.traffic))
            went = f"{self._wanted.service}: back to {situation.told(state)}"
            self._write(situation, state)
            self._show.event("taking-back", went, weights=state)
            self._update(f"rollout {went}")
            if state == aim:
                return went
            if room:
                self._shrink(ready, room.resting(state))
            ready = self._look.now()
