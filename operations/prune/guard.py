"""What looks so wrong that nothing is touched: more likely the look is at fault than the images. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from operations.prune.items import Item
from operations.prune.plan import Act, Action

FEW = 10
"""Of fewer items than this any share may go."""
MOST_PERCENT = 50


@dataclass(frozen=True)
class Seen:
    """What a prune judges by."""

    items: Sequence[Item]
    needed: Mapping[str, str]
    """By id, who needs it."""
    entries: Mapping[str, int]
    """How many entries the history of each of the project's stacks has."""
    known: Collection[str]
    """Names of the Auto Scaling groups that the stacks' states know."""
    fleets: Mapping[str, str]
    """The project's Auto Scaling groups that stand in the cloud, each with its stack, as its tags name it."""


def implausible(seen: Seen, actions: Iterable[Action], *, allow_most: bool) -> list[str]:
    """Why nothing is to be touched; empty if all looks as it should."""
    wrong = [*_of_backend(seen), *_of_fleets(seen)]
    if not allow_most:
        wrong += _of_shares(seen, actions)
    return wrong


def _of_backend(seen: Seen) -> Iterable[str]:
    if not any(seen.entries.values()):
        told = ", ".join(seen.entries) or "none"
        yield (
            f"no stack of this project has a history (there are: {told}), so nobody can tell what is needed. "
            "Log in to the backend that the stacks were updated with: pulumi login …"
        )


def _of_fleets(seen: Seen) -> Iterable[str]:
    for name, owner in seen.fleets.items():
        if name not in seen.known:
            stack = owner.rpartition("/")[2]
            way = (
                f"python -m operations orphans --stack {stack}"
                if stack in seen.entries
                else "is this the backend that it was updated with? pulumi stack ls tells"
            )
            yield f"group {name} of {owner} stands and no stack's state knows it: {way}"


def _of_shares(seen: Seen, actions: Iterable[Action]) -> Iterable[str]:
    going = [action.item.kind for action in actions if action.act in (Act.MARK, Act.WAIT, Act.DELETE)]
    for kind in dict.fromkeys(going):
        count, all_ = going.count(kind), sum(item.kind is kind for item in seen.items)
        if all_ >= FEW and 100 * count > MOST_PERCENT * all_:
            yield (
                f"{count} of {all_} {kind}s would go, more than {MOST_PERCENT} %. If the list is right, which a first "
                "prune's may well be: --allow-most"
            )
