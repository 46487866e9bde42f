"""Diff: what changes, what of it replaces the resource, and whether the old one has to go first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.provider.compare import Difference, Kind, changed, differences, top
from sandbox.provider.row import PLAIN, Replace, Type
from sandbox.provider.values import DEFAULTS, UNKNOWN, Values, is_unknown


@dataclass(frozen=True)
class Plan:
    """What a change of inputs means for a resource."""

    differences: tuple[Difference, ...]
    """Those of inputs."""
    replaces: frozenset[str]
    moved: frozenset[str]
    """Outputs that the update will change."""
    delete_before_replace: bool

    @property
    def changed(self) -> frozenset[str]:
        """The properties in which something differs."""
        return changed(list(self.differences))


def plan(
    type_: Type,
    old: Values,
    state: Values,
    new: Values,
    default_tags: Values,
    region: str,
    ignored: Sequence[str] = (),
) -> Plan:
    """Compare the inputs `new` with what AWS told last (`state`), and with the inputs `old` for what is gone."""
    found = [
        difference
        for name, field in type_.inputs.items()
        for difference in differences(name, field, old.get(name), state.get(name), new.get(name))
    ]
    found += _tags(type_, old, state, new, default_tags, ignored)
    if type_.regional and state.get("region", region) != new.get("region", region):
        found.append(Difference("region", Kind.UPDATE))
    found = [difference for difference in found if not _is_ignored(difference.path, ignored)]
    names = changed(found)
    replaces = frozenset(name for name in names if _replaces(type_, name, state, new))
    moved = type_.moves(names, new) if type_.moves and names and not replaces else frozenset[str]()
    name = type_.naming.name if type_.naming else None
    named = name in new and name not in new.get(DEFAULTS, [name])
    return Plan(tuple(found), replaces, moved, bool(replaces) and (type_.delete_before_replace or named))


def all_tags(type_: Type, new: Values, default_tags: Values) -> Values | str | None:
    """What `tagsAll` is for these inputs; None if the type has no tags of that kind."""
    if type_.tags is None:
        return None
    own: Values = new.get("tags") or {}
    return UNKNOWN if is_unknown(own) else {**default_tags, **own}


def _tags(
    type_: Type, old: Values, state: Values, new: Values, default_tags: Values, ignored: Sequence[str]
) -> list[Difference]:
    if type_.tags is None:
        return []
    found = list(differences("tags", PLAIN, old.get("tags"), state.get("tags"), new.get("tags")))
    wanted, told = all_tags(type_, new, default_tags), state.get("tagsAll", {})
    between = list(differences("tagsAll", PLAIN, told, told, wanted))
    if wanted != told and not (between and all(_is_ignored(one.path, ignored) for one in between)):
        found.append(Difference("tagsAll", Kind.UPDATE))
    return found


def _replaces(type_: Type, name: str, state: Values, new: Values) -> bool:
    if name == "region":
        return True
    field = type_.inputs.get(name)
    if field is None or field.replace is Replace.NEVER:
        return False
    if callable(field.replace):
        return field.replace(state.get(name), new.get(name))
    return field.replace is Replace.CHANGED or (name in state) != (name in new)


def _is_ignored(path: str, ignored: Sequence[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) or top(path) == one for one in ignored)
