"""What a rollout looks at before each step: what stands and is asked for, and what is not as it must be."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from components.capacity import carried, of_release
from components.live import Fleet, Region
from components.rules import shares
from components.settings import Service, Settings
from operations.errors import OperationError
from operations.rollout.candidate import Wanted, candidate
from operations.rollout.config_file import ConfigFile
from operations.rollout.planner import WHOLE, Goal, Strategy, back, following, is_held, is_on_the_way, states
from operations.rollout.room import NoRoomError, Room, Weights
from operations.rollout.situation import Situation, drift, known, read, unapplied
from operations.stack import Stack


@dataclass(frozen=True)
class Ready:
    """Where a rollout stands, and where it goes."""

    situation: Situation
    settings: Service
    goal: Goal
    fleets: list[Fleet]
    asked: Weights
    """By the config file."""

    @property
    def release(self) -> str:
        """The logical name of the release that is wanted."""
        return self.goal.release

    @property
    def is_unfinished(self) -> bool:
        """Whether an update wrote its outputs and did not end: other fleets stand, or no history tells of it."""
        stand, pasts = {*self.situation.weights}, self.situation.pasts
        ended = bool(pasts) and pasts[0].weights == self.situation.weights
        return not ended or {fleet.release for fleet in self.fleets} != stand

    @property
    def traffic(self) -> Weights:
        """How it is shared: as the last update left it, or as one has since that was killed."""
        left = self.situation.weights
        live = {fleet.release: fleet.weight for fleet in self.fleets if fleet.weight}
        if not live or shares(live) == shares({name: weight for name, weight in left.items() if weight}):
            return left
        return {**dict.fromkeys(left, 0), **live}

    @property
    def interrupted(self) -> Weights | None:
        """The state to settle in first, as an update that was killed has moved the traffic: what the file asks for,
        which is where it went; or as it raised a minimum, which with a surge is room that the next step lacks.

        None where there is no such update.
        """
        weights = self.situation.weights
        if self.traffic != weights:
            return self.asked
        total = sum(weights.values())
        enough = {name: of_release(self.settings.capacity, weight, total).min for name, weight in weights.items()}
        raised = any(fleet.minimum > enough.get(fleet.release, fleet.minimum) for fleet in self.fleets)
        return weights if self.room and raised else None

    @property
    def is_held(self) -> bool:
        """Whether a canary has a share that is held before the next."""
        return is_held(self.situation.weights, self.goal, self.room)

    @property
    def carried(self) -> int:
        """How many instances serve."""
        sizes = {fleet.release: fleet.desired for fleet in self.fleets}
        return carried(sizes, {fleet.release: fleet.weight for fleet in self.fleets}) or sum(sizes.values())

    @property
    def room(self) -> Room | None:
        """The room for its next step; None where each release has its full capacity beforehand."""
        if self.settings.capacity.surge is None:
            return None
        return Room.of(self.settings.capacity, self.carried, {fleet.release: fleet.desired for fleet in self.fleets})

    def following(self) -> dict[str, int] | None:
        """The next state; None at the goal.

        Raises:
            OperationError: there is no room for it.
        """
        now = self.situation.weights
        with self._told_of_room():
            return following(now, self.goal, self.room and self.room.rested(now))

    def states(self) -> list[dict[str, int]]:
        """All states from here to the goal.

        Raises:
            OperationError: there is no room for one.
        """
        settled = self.interrupted
        with self._told_of_room():
            way = states(settled or self.situation.weights, self.goal, self.room)
            return [*([dict(settled)] if settled else ()), *way]

    @contextmanager
    def _told_of_room(self) -> Generator[None]:
        try:
            yield
        except NoRoomError as error:
            raise OperationError(f"{self.situation.service}: {error}. Give so much with --surge") from None


class Look:
    """Looks at one service of a stack, for what is wanted."""

    def __init__(self, stack: Stack, wanted: Wanted, file: ConfigFile, region: Region) -> None:
        self._stack, self._wanted, self._file, self._region = stack, wanted, file, region

    def now(self) -> Ready:
        """What stands.

        Raises:
            OperationError: it can't be read, or nothing such can be rolled out.
        """
        service = self._limited(self._settings().services[self._wanted.service])
        found = read(self._stack, self._file, self._wanted.service)
        name, content = candidate(self._wanted, found, self._stack.folder)
        situation = dataclasses.replace(found, known={**found.known, name: content})
        keep = self._wanted.keep_s is not None
        if keep and (since := situation.alone_since(name)):
            keep = datetime.now(UTC) < since + timedelta(seconds=self._wanted.keep_s or 0)
        goal = Goal(name, self._wanted.strategy, self._wanted.steps, keep)
        return Ready(situation, service, goal, self._region.fleets(self._wanted.service), self._in_file())

    def checked(self) -> Ready:
        """What stands, from which a step may be taken.

        Raises:
            OperationError: something is not as it must be, with the way out.
        """
        ready, settings = self.now(), self._settings()
        situation, name = ready.situation, ready.release
        if ready.settings.route is None and self._wanted.strategy is not Strategy.REPLACE:
            raise OperationError(
                f"{self._wanted.service} has no route, so no traffic that could be shared: use --strategy replace"
            )
        if other := unapplied(self._stack, settings, self._wanted.service):
            raise OperationError(
                f"{self._file.path.name} also asks for {other}. A rollout moves one service: run `pulumi up --stack "
                f"{self._stack.name}` first, or take that edit back"
            )
        self._look_for_edits(ready)
        if wrong := drift(situation, ready.asked, ready.fleets):
            raise OperationError(
                f"Somebody changed the weights of {self._wanted.service} by hand: {wrong}. Run `pulumi refresh` and "
                f"`pulumi up --stack {self._stack.name}` to put them right, then this command again"
            )
        image = situation.known[name].release.image
        if name not in situation.weights and image not in self._stack.cloud().image_dates([image]):
            raise OperationError(f"Image {image} of {situation.label(name)} is not there, or not for us")
        return ready

    def _settings(self) -> Settings:
        settings = self._stack.settings()
        if settings is None or self._wanted.service not in settings.services:
            raise OperationError(f"stack {self._stack.name} declares no service {self._wanted.service}")
        return settings

    def _limited(self, service: Service) -> Service:
        """The service with the surge that was asked for."""
        if self._wanted.surge is not None:
            capacity = service.capacity.model_copy(update={"surge": self._wanted.surge})
            service = service.model_copy(update={"capacity": capacity})
        stands_by = self._wanted.strategy is Strategy.BLUE_GREEN or self._wanted.keep_s is not None
        if service.capacity.surge is not None and stands_by:
            raise OperationError(
                f"Of {self._wanted.service} no more than capacity.surge ({service.capacity.surge}) may stand beside "
                "what serves, and a standby is all of it again: use replace or canary, without --keep-previous, or "
                "take capacity.surge out of the config"
            )
        return service

    def _look_for_edits(self, ready: Ready) -> None:
        """The file asks for what stands, or for a step that was begun: anything else is somebody's work."""
        situation, name, room, found = ready.situation, ready.release, ready.room, ready.asked
        own = {key: weight for key, weight in found.items() if key != name}
        allowed = [situation.weights, {name: WHOLE} if room else ready.following()]
        with contextlib.suppress(OperationError):
            before = situation.before(name)
            allowed += [back(situation.weights, before, name, remove=remove) for remove in (False, True)]
        if found in allowed or own == {key: one for key, one in situation.weights.items() if key != name}:
            return
        # How far a step went depends on how many served when it began.
        if room and any(is_on_the_way(found, one, name) for one in allowed if one):
            return
        raise OperationError(
            f"{self._file.path.name} asks for {situation.told(found)}, and the last update left "
            f"{situation.told(situation.weights)}. Run `pulumi up --stack {self._stack.name}`, or take the edit back"
        )

    def _in_file(self) -> dict[str, int]:
        found = (known(self._wanted.service, entry, self._stack.folder) for entry in self._file.entries())
        return {name: one.release.weight for name, one in found}
