"""What a prune decides, against an oracle that tries every subset; and what it refuses to believe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from operations.prune.guard import Seen, implausible
from operations.prune.items import TAG_DISABLED, TAG_MARK, TAG_PROTECTED, Item, Kind, Reference, written
from operations.prune.plan import Act, Action, needed, plan
from operations.prune.stacks import Past, in_window, named

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
AFTER = timedelta(days=7)
KINDS = tuple(Kind)


def item(kind: Kind, id_: str, *needs: str, marked: int | None = None, **changed: Any) -> Item:
    """An item, marked so many days ago."""
    tags = {} if marked is None else {TAG_MARK: written(NOW - timedelta(days=marked))}
    return Item(kind, id_, f"name-of-{id_}", tags=tags | changed.pop("tags", {}), needs=frozenset(needs), **changed)


def decided(items: Sequence[Item], *used: str, protect: bool = False) -> dict[str, Action]:
    """By id."""
    why = needed([Reference(one, "the config of prod") for one in used], items)
    return {action.item.id: action for action in plan(items, why, NOW, AFTER, protect=protect)}


def acts(items: Sequence[Item], *used: str, protect: bool = False) -> dict[str, str]:
    return {id_: str(action.act) for id_, action in decided(items, *used, protect=protect).items()}


@dataclass(frozen=True)
class Case:
    items: Sequence[Item]
    named: frozenset[str]


@some.composite
def cases(draw: some.DrawFn) -> Case:
    """A handful of items of all kinds that need each other, and references to some; others name what isn't there."""
    kinds = sorted(draw(some.lists(some.sampled_from(KINDS), min_size=1, max_size=7)), key=KINDS.index)
    ids = [f"{kind.name.lower()}-{number}" for number, kind in enumerate(kinds)]
    items = [
        item(
            kind,
            ids[number],
            *draw(some.sets(some.sampled_from([*ids[number + 1 :], "elsewhere"]), max_size=3)),
            marked=draw(some.sampled_from([None, 0, 6, 7, 30])),
            held=draw(some.sampled_from(["", "", "", "it is public"])),
        )
        for number, kind in enumerate(kinds)
    ]
    names = [*ids, *(one.name for one in items if one.kind is Kind.TEMPLATE), "unknown"]
    return Case(draw(some.permutations(items)), frozenset(draw(some.sets(some.sampled_from(names), max_size=3))))


def may_go(case: Case) -> set[str]:
    """The oracle: the largest set of which none is named, held, fresh or needed by one outside; every set is tried."""
    free = [
        one
        for one in case.items
        if not case.named & {one.id, one.name if one.kind is Kind.TEMPLATE else one.id}
        and not one.held
        and TAG_MARK in one.tags
        and NOW - datetime.strptime(one.tags[TAG_MARK], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) >= AFTER
    ]
    for size in range(len(free), 0, -1):
        for chosen in combinations(free, size):
            going = {one.id for one in chosen}
            if not any(one.needs & going for one in case.items if one.id not in going):
                return going
    return set()


@given(cases())
def test_exactly_what_may_go_is_deleted(case: Case) -> None:
    found = acts(case.items, *case.named)
    assert {id_ for id_, act in found.items() if act == Act.DELETE} == may_go(case)
    assert found.keys() == {one.id for one in case.items}


@given(cases())
def test_everything_has_a_reason_and_nothing_goes_before_what_needs_it(case: Case) -> None:
    why = needed([Reference(one, "a config") for one in case.named], case.items)
    actions = decided(case.items, *case.named)
    for id_, action in actions.items():
        assert (action.act in (Act.KEEP, Act.UNMARK)) == (id_ in why)
        assert action.why
    order = [action.item for action in actions.values() if action.act is Act.DELETE]
    for place, one in enumerate(order):
        assert not any(one.id in later.needs for later in order[place + 1 :] if later.kind is not one.kind)


def world(*, marked: int | None = 30) -> list[Item]:
    return [
        item(Kind.TEMPLATE, "lt-1", "ami-1", marked=marked),
        item(Kind.IMAGE, "ami-1", "snap-1", "snap-2", marked=marked),
        item(Kind.IMAGE, "ami-2", "snap-2", marked=marked),
        item(Kind.SNAPSHOT, "snap-1", marked=marked),
        item(Kind.SNAPSHOT, "snap-2", marked=marked),
    ]


def test_what_nothing_needs_is_marked_first_and_deleted_only_when_the_mark_is_old() -> None:
    assert set(acts(world(marked=None)).values()) == {"mark"}
    assert set(acts(world(marked=6)).values()) == {"wait"}
    assert set(acts(world(marked=7)).values()) == {"delete"}


def test_a_template_keeps_its_image_and_that_its_snapshots_each_with_its_reason() -> None:
    found = decided(world(), "lt-1")
    assert {id_: (str(action.act), action.why) for id_, action in found.items()} == {
        "lt-1": ("unmark", "the config of prod"),
        "ami-1": ("unmark", "launch template name-of-lt-1 (lt-1)"),
        "ami-2": ("delete", "unneeded for 30 days"),
        "snap-1": ("unmark", "image name-of-ami-1 (ami-1)"),
        "snap-2": ("unmark", "image name-of-ami-1 (ami-1)"),
    }


def test_a_template_may_be_named_by_its_name() -> None:
    assert acts(world(), "name-of-lt-1")["ami-1"] == "unmark"


def test_a_snapshot_waits_for_the_last_image_over_it() -> None:
    image = item(Kind.IMAGE, "ami-3", "snap-2", marked=1)
    found = decided([*world(), image])
    assert (str(found["snap-1"].act), str(found["snap-2"].act)) == ("delete", "wait")
    assert found["snap-2"].why == "for image name-of-ami-3 (ami-3), which goes first"
    assert found["ami-3"].why == "until 2026-12-04 12:00 UTC"


def test_needed_images_are_protected_once_and_others_lose_a_protection_that_was_ours() -> None:
    free, ours = item(Kind.IMAGE, "ami-1"), {TAG_PROTECTED: "immutable"}
    protected = item(Kind.IMAGE, "ami-2", protected=True, tags=ours)
    assert acts([free, protected], "ami-1", "ami-2", protect=True) == {"ami-1": "protect", "ami-2": "keep"}
    assert acts([free], "ami-1") == {"ami-1": "keep"}
    assert acts([item(Kind.IMAGE, "ami-1", held="AWS Backup manages it")], protect=True) == {"ami-1": "keep"}
    assert acts([item(Kind.IMAGE, "ami-2", protected=True, tags=ours, marked=30)]) == {"ami-2": "mark"}


def test_an_image_that_a_killed_prune_left_disabled_is_given_back_if_it_is_needed() -> None:
    left = item(Kind.IMAGE, "ami-1", disabled=True, tags={TAG_DISABLED: "immutable"})
    assert acts([left], "ami-1") == {"ami-1": "unmark"}


def test_a_mark_that_nobody_can_read_is_no_mark() -> None:
    assert acts([item(Kind.IMAGE, "ami-1", tags={TAG_MARK: "long ago"})]) == {"ami-1": "mark"}


# What the history says


def past(days: int, *, is_update: bool = True) -> Past:
    return Past(NOW - timedelta(days=days), is_update)


def test_the_window_holds_what_came_in_it_and_what_was_in_force_when_it_began() -> None:
    failed, *updates = past(40, is_update=False), past(2), past(20), past(50), past(60)
    history = [failed, *updates]
    # The newest before it, which failed, and the newest that succeeded: either may have served then.
    assert in_window(history, NOW - timedelta(days=30)) == [past(2), past(20), failed, past(50)]
    assert in_window(history[1:], NOW - timedelta(days=30)) == [past(2), past(20), past(50)]
    assert in_window([], NOW) == []


def test_every_id_in_a_text_is_a_reference() -> None:
    group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web-1/0123456789abcdef"
    text = f'{{"image":"ami-0123456789abcdef0","old":["ami-01234567"],"lt":"lt-0123456789abcdef0","tg":"{group}"}}'
    assert {one.target for one in named(text, "the state")} == {
        "ami-0123456789abcdef0",
        "ami-01234567",
        "lt-0123456789abcdef0",
        group,
    }
    assert [*named("ami-0123 ami-0123456789abcdef01 xami-01234567", "")] == []


# What looks wrong


def seen(items: Sequence[Item], *used: str, **changed: Any) -> tuple[Seen, list[Action]]:
    """A look at a stack with a history, and at one fleet of its own."""
    why = needed([Reference(one, "the config of prod") for one in used], items)
    plain: Mapping[str, Any] = {"entries": {"prod": 12}, "known": {"web-1"}, "fleets": {"web-1": "immutable/prod"}}
    return Seen(items, why, **{**plain, **changed}), plan(items, why, NOW, AFTER)


IMAGES = [item(Kind.IMAGE, f"ami-{number}") for number in range(10)]
HALF = [f"ami-{number}" for number in range(5)]


def test_a_plausible_look_is_believed() -> None:
    assert implausible(*seen(IMAGES, *HALF), allow_most=False) == []
    assert implausible(*seen(IMAGES[:9]), allow_most=False) == []  # Too few to judge by shares.


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (
            seen(IMAGES, *HALF, entries={"dev": 0, "prod": 0}),
            "no stack of this project has a history (there are: dev, prod), so nobody can tell what is needed. Log in "
            "to the backend that the stacks were updated with: pulumi login …",
        ),
        (
            seen(IMAGES, *HALF, known=set()),
            "group web-1 of immutable/prod stands and no stack's state knows it: "
            "python -m operations orphans --stack prod",
        ),
        (
            seen(IMAGES, *HALF, fleets={"web-2": "immutable/live"}),
            "group web-2 of immutable/live stands and no stack's state knows it: is this the backend that it was "
            "updated with? pulumi stack ls tells",
        ),
        (
            seen(IMAGES, *HALF[:4]),
            "6 of 10 images would go, more than 50 %. If the list is right, which a first prune's may well be: "
            "--allow-most",
        ),
    ],
    ids=["empty history", "a fleet the state lost", "another backend", "more than half"],
)
def test_a_look_that_can_not_be_true_touches_nothing(look: tuple[Seen, list[Action]], why: str) -> None:
    assert implausible(*look, allow_most=False) == [why]


def test_most_may_go_if_that_is_allowed() -> None:
    assert implausible(*seen(IMAGES), allow_most=True) == []
