"""What becomes of each service, in people's words: from which releases to which, how, and what going back takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.capacity import of_release
from components.immutability import GROUP
from components.layouts import plan
from components.preview import line
from components.release import Release
from components.rules import shares
from components.settings import Service, Settings
from operations.steps import Step

#: Properties of a release that are traffic or bookkeeping, not what boots.
_NOT_BOOTED = {"weight", "version"}


@dataclass(frozen=True)
class Standing:
    """A release that stands: its label, its weight, and what boots where that is known."""

    label: str
    weight: int
    release: Release | None = None


@dataclass(frozen=True)
class Change:
    """What becomes of one service."""

    service: str
    line: str
    """From version to version, as the preview says it."""
    strategy: str
    boots: tuple[str, ...]
    """What differs in what boots, a property each."""
    image: str
    """The image of what is new, with its age."""
    steps: tuple[str, ...]
    extra: str
    """Capacity that stands twice, and how long."""
    rollback: str
    changed: bool
    urns: frozenset[str] = frozenset()
    """What its steps are about."""


def changes_of(
    before: Settings | None,
    standing: Mapping[str, Mapping[str, Any]],
    after: Settings,
    steps: Sequence[Step],
    created: Mapping[str, datetime],
    live: Mapping[str, int] | None,
) -> list[Change]:
    """Every service's change, declared ones first, then those that leave.

    `standing` is what the last completed update left, `before` its config; `created` has images' dates by id, `live`
    the number of instances by group.
    """
    names = dict.fromkeys([*after.services, *standing])
    return [
        _change(
            name,
            _known(standing.get(name, {}), before.services.get(name) if before else None, name),
            after.services.get(name),
            [step for step in steps if step.changes and _owner(step, names) == name],
            created,
            {key: live.get(str(one.get("group")), 0) for key, one in standing.get(name, {}).items()} if live else {},
            retired=name in after.retired,
        )
        for name in names
    ]


def _owner(step: Step, services: Collection[str]) -> str | None:
    """The service that a step belongs to: by its tag, or else by its name, which begins with the service's."""
    named = [name for name in services if step.name == name or step.name.startswith(f"{name}-")]
    return step.service if step.service in services else max(named, key=len, default=None)


def _known(standing: Mapping[str, Any], config: Service | None, service: str) -> dict[str, Standing]:
    """What stands, by logical name, with what boots where the last config says it."""
    entries = {plan(service, release).name: release for release in config.releases} if config else {}
    return {name: Standing(str(one["label"]), int(one["weight"]), entries.get(name)) for name, one in standing.items()}


def _change(
    name: str,
    old: Mapping[str, Standing],
    service: Service | None,
    steps: Sequence[Step],
    created: Mapping[str, datetime],
    live: Mapping[str, int],
    *,
    retired: bool,
) -> Change:
    releases = service.releases if service else ()
    new = {plan(name, one).name: Standing(one.label, one.weight, one) for one in releases}
    arriving = [one.release for key, one in new.items() if key not in old and one.release]
    shown_old = {key: (one.label, one.weight) for key, one in old.items()}
    shown_new = {key: (one.label, one.weight) for key, one in new.items()}
    return Change(
        name,
        line(name, shown_old, shown_new, retired=retired),
        strategy(old, new),
        tuple(_booted(_closest(old), arriving[-1])) if arriving and old else (),
        ", ".join(dict.fromkeys(_image(one, created) for one in arriving)),
        tuple(_told(steps)),
        _extra(old, new, service, live),
        _rollback(old, new, live, service),
        changed=bool(steps) or shown_old != shown_new,
        urns=frozenset(step.urn for step in steps),
    )


def strategy(old: Mapping[str, Standing], new: Mapping[str, Standing]) -> str:
    """The name of what an edit of the list of releases is."""
    arriving, leaving = new.keys() - old.keys(), old.keys() - new.keys()
    before = shares({key: one.weight for key, one in old.items()})
    after = shares({key: one.weight for key, one in new.items()})
    if not old:
        return "first deploy"
    if not new:
        return "end of the service"
    if arriving:
        newest = max(after[key] for key in arriving)
        if newest == 0:
            return "blue/green: a standby comes up"
        if leaving >= {key for key, share in before.items() if share} or newest == 1:
            return "replace" if leaving else "replace, the old one stays as a standby"
        return f"canary at {newest:.3g}".replace("0.", ".") if newest < 0.01 else f"canary at {100 * newest:.3g} %"
    moved = {key: after[key] - before.get(key, 0.0) for key in new}
    gaining = [key for key, by in moved.items() if by > 1e-9]
    if gaining and any(before.get(key, 0.0) == 0 and after[key] == 1 for key in gaining):
        return "switch to a standby: one rule update"
    dropped = [old[key].label for key in leaving if before[key]]
    if dropped and gaining:
        back = min(before.get(key, 0.0) for key in gaining) > max(before[key] for key in leaving)
        return f"{'back: ' if back else ''}{', '.join(dropped)} leaves"
    if gaining:
        return "weights move between releases that stand"
    return "a standby leaves" if leaving else "no release changes"


def _closest(old: Mapping[str, Standing]) -> Release | None:
    """What the new release takes over from: of those that stand, the one with most weight."""
    known = [one for one in old.values() if one.release]
    return max(known, key=lambda one: one.weight).release if known else None


def _booted(old: Release | None, new: Release) -> list[str]:
    """What differs in what boots."""
    if old is None:
        return ["what boots now is not known from the history"]
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    return [
        f"{key}: {_short(before[key])} → {_short(after[key])}"
        for key in after
        if key not in _NOT_BOOTED and before[key] != after[key]
    ]


def _short(value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        return f"{len(value.splitlines())} lines"
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _image(release: Release, created: Mapping[str, datetime]) -> str:
    when = created.get(release.image)
    if when is None:
        return f"{release.image} (age not known)"
    days = (datetime.now(UTC) - when).days
    return f"{release.image} ({days} day{'' if days == 1 else 's'} old)"


_VERBS = {
    "create": "create",
    "update": "update",
    "delete": "destroy",
    "create-replacement": "create the replacement of",
    "delete-replaced": "destroy the replaced",
    "import": "import",
}


def _told(steps: Sequence[Step]) -> list[str]:
    """The steps in order, with the gates where they stand."""
    found: list[str] = []
    for step in steps:
        if step.op not in _VERBS:
            continue
        is_traffic = step.type.endswith("ListenerRule") and not step.name.endswith("-preview")
        if is_traffic and step.op in ("create", "update"):
            found.append("gate: who gains traffic has the capacity and is healthy")
        if step.type == GROUP and step.op == "delete":
            found.append("gate: nobody sends it traffic, those who remain are healthy")
        found.append(f"{_VERBS[step.op]} {_kind(step.kind)} {step.name}")
    return found


def _kind(kind: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()


def _extra(
    old: Mapping[str, Standing], new: Mapping[str, Standing], service: Service | None, sizes: Mapping[str, int]
) -> str:
    """How many instances stand beside those that serve, and until when."""
    live = sum(size for key, size in sizes.items() if old[key].weight)
    arriving = [one for key, one in new.items() if key not in old]
    if service is None or not arriving or not old:
        return "none"
    weights = {key: one.weight for key, one in new.items()}
    limits = {key: of_release(service.capacity, weight, sum(weights.values())) for key, weight in weights.items()}
    needed = {
        key: min(max(limits[key].min, round(live * share)), limits[key].max)
        for key, share in shares(weights).items()
        if key not in old
    }
    stays = not old.keys() - new.keys()
    drain = max((one.release.drain_s for one in old.values() if one.release), default=0)
    until = "as long as both stand" if stays else f"until the gate opens ({service.gate.timeout_s} s at most)"
    after = "" if stays or not drain else f", then {drain} s of draining"
    return f"{sum(needed.values())} instances beside {live or 'those that serve'}, {until}{after}"


def _rollback(
    old: Mapping[str, Standing], new: Mapping[str, Standing], sizes: Mapping[str, int], service: Service | None
) -> str:
    """What going back to what stands now would take, once this is done."""
    serving = [key for key, one in old.items() if one.weight]
    if not serving:
        return "nothing stood before"
    missing = {key: old[key].label for key in serving if key not in new}
    labels = ", ".join(missing.values())
    if not new:
        return f"declare it again: {labels} boots anew"
    if not missing:
        return "one rule update: what serves now stays" if new != old else "nothing to go back from"
    least = service.capacity.min if service else 0
    instances = sum(max(sizes.get(key, 0), least) for key in missing)
    return f"put {labels} back into the list: {instances} instances boot first"
