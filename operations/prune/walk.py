"""A prune: it marks, and deletes what was marked long ago and is still unneeded when it looks again.

An image is disabled before that second look: from then on nothing boots from it, so that it can't come into use between
the look and its deregistration. AWS itself refuses to delete a target group that a rule names, and a snapshot that an
image lies over. For templates it has no such thing: what launches from them is read again shortly before they go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import OperationError
from operations.prune import changes
from operations.prune.guard import Seen, implausible
from operations.prune.items import TAG_DISABLED, Item, Kind
from operations.prune.plan import Act, Action
from operations.prune.uses import Client, launches

_TEMPLATES_AT_ONCE = 20
"""As many go after one look at what launches from them."""

_MARKS_AT_ONCE = 100

Look = Callable[[], tuple[Seen, list[Action]]]


@dataclass(frozen=True)
class Done:
    """What became of one action; `error` is empty if it was done."""

    action: Action
    error: str = ""


@dataclass
class Prune:
    """Carries a plan out. What fails is noted, and the rest goes on; what lies under it stays."""

    client: Client
    look: Look
    """What is needed, looked at anew."""
    allow_most: bool = False
    told: Callable[[Done], None] = lambda _: None
    results: list[Done] = field(default_factory=list[Done])

    def run(self, actions: Sequence[Action], now: datetime) -> list[Done]:
        """Do them all; the results in the order in which they came. Marks say `now`.

        Raises:
            OperationError: the second look can't be taken, or looks wrong. Nothing was deleted, all boots as before.
        """
        for action in actions:
            match action.act:
                case Act.UNMARK:
                    self._do(action, lambda item: changes.unmark(self.client, item))
                case Act.PROTECT:
                    self._do(action, lambda item: changes.protect(self.client, item))
                case _:
                    pass
        marks = [action for action in actions if action.act is Act.MARK]
        for start in range(0, len(marks), _MARKS_AT_ONCE):
            self._mark(marks[start : start + _MARKS_AT_ONCE], now)
        if any(action.act is Act.DELETE for action in actions):
            self._delete([action for action in actions if action.act is Act.DELETE])
        return self.results

    def _mark(self, actions: Sequence[Action], now: datetime) -> None:
        """In one call; one by one where AWS refuses that, as it does if only one of them is gone."""
        try:
            changes.tag_together(self.client, [action.item for action in actions], now)
        except ClientError:
            for action in actions:
                self._do(action, lambda item: changes.mark(self.client, item, now))
        else:
            for action in actions:
                self._do(action, lambda item: changes.unprotect(self.client, item))

    def _delete(self, due: Sequence[Action]) -> None:
        stopped = [item for action in due if (item := self._stopped(action))]
        try:
            seen, again = self.look()
            if wrong := implausible(seen, again, allow_most=self.allow_most):
                raise OperationError(f"Nothing was deleted: at the second look {'; '.join(wrong)}")
        except OperationError:
            self._give_back(stopped)
            raise
        asked = {item.id for item in stopped}
        for action in (one for one in again if one.item.id in asked and one.act is not Act.DELETE):
            if action.act is Act.UNMARK:
                self._do(action, lambda item: changes.unmark(self.client, item))
            else:
                self._give_back([action.item])
        agreed = [action for action in again if action.act is Act.DELETE]
        left = [action.item for action in agreed if action.item.id not in asked]
        self._delete_in_order([action for action in agreed if action.item.id in asked], left)

    def _delete_in_order(self, agreed: Sequence[Action], left: list[Item]) -> None:
        """`left` is what stays for another time, and all that it needs stays with it."""
        tried: list[Item] = []
        launching: str | set[str] = set()
        for number, action in enumerate(agreed):
            item = action.item
            if item.kind is Kind.TEMPLATE and number % _TEMPLATES_AT_ONCE == 0:
                launching = self._launching()
            why = _why_not(item, left, launching)
            if why:
                self._note(Done(action, why))
            if why or not self._do(action, lambda one: changes.delete(self.client, one)):
                left.append(item)
                tried.append(item)
        self._give_back(tried)

    def _launching(self) -> str | set[str]:
        """What instances are launched from by now, or why that can't be told."""
        try:
            return {one.target for one in launches(self.client)}
        except (BotoCoreError, ClientError) as error:
            return f"what launches from it can't be told: {error}"

    def _stopped(self, action: Action) -> Item | None:
        """The item, no longer of use to anybody if it is an image; None if that can't be done."""
        item = action.item
        if item.kind is not Kind.IMAGE or item.disabled:
            return item
        if self._do(action, lambda one: changes.disable(self.client, one), quiet=True):
            return dataclasses.replace(item, disabled=True, tags={**item.tags, TAG_DISABLED: ""})
        return None

    def _give_back(self, items: Iterable[Item]) -> None:
        """What was disabled boots again; it stays marked, and the next prune decides."""
        for item in items:
            self._do(Action(Act.KEEP, item), lambda one: changes.enable(self.client, one), quiet=True)

    def _do(self, action: Action, change: Callable[[Item], None], *, quiet: bool = False) -> bool:
        """Whether it is done; what somebody else has deleted in the meantime is."""
        try:
            change(action.item)
        except (BotoCoreError, ClientError) as error:
            if not (isinstance(error, ClientError) and changes.is_gone(error)):
                self._note(Done(action, str(error)))
                return False
        if not quiet:
            self._note(Done(action))
        return True

    def _note(self, done: Done) -> None:
        self.results.append(done)
        self.told(done)


def _why_not(item: Item, left: Iterable[Item], launching: str | set[str]) -> str:
    """Why an item stays for another time; empty if it can go."""
    over = next((one for one in left if item.id in one.needs), None)
    if over:
        return f"{over}, which needs it, is still there"
    if item.kind is not Kind.TEMPLATE:
        return ""
    if isinstance(launching, str):
        return launching
    return "something launches from it by now" if launching & {item.id, item.name} else ""
