"""Bringing an existing resource from one set of properties to another, by its row's calls."""

from __future__ import annotations

from typing import Any

from sandbox.provider.diff import all_tags
from sandbox.provider.encode import attributes, is_attribute
from sandbox.provider.handle import Handle
from sandbox.provider.members import change_members
from sandbox.provider.row import Step
from sandbox.provider.values import DEFAULTS, Values


def change(handle: Handle, step: Step, names: frozenset[str]) -> None:
    """Make the properties in `names` what the step wants, and run the hooks that come last.

    After a creation (the step has no old properties) defaults are not sent: AWS has them already, and not every kind
    of resource takes every one.
    """
    left = set(names) if step.old else names - set(step.new.get(DEFAULTS, []))
    left = _by_updates(handle, step, set(left))
    for name, field in handle.type.inputs.items():
        if name in left and field.members is not None:
            change_members(handle.type, name, field, step, handle.call)
    _attributes(handle, step, left)
    if {"tags", "tagsAll"} & names:
        _tags(handle, step)
    for hook in handle.type.after_change:
        hook(step)


def _by_updates(handle: Handle, step: Step, names: set[str]) -> set[str]:
    """Send what the update calls carry; returns the rest. A call that takes everything is given everything."""
    known = {**step.old, **step.new, "id": step.id}
    for call in handle.type.updates:
        taken = [name for name in handle.type.inputs if name in names and handle.updates_by(call, name)]
        if taken and (not call.whole or any(name in step.new for name in taken)):
            sent = [name for name in handle.type.inputs if handle.updates_by(call, name)] if call.whole else taken
            handle.call(call.operation, handle.parameters(call, known, step.new, sent, step.old))
        names -= set(taken)
    return names


def _attributes(handle: Handle, step: Step, names: set[str]) -> None:
    call = handle.type.attributes
    wanted = {name: step.new[name] for name in names if name in step.new and name in handle.type.inputs}
    wanted = {name: value for name, value in wanted.items() if is_attribute(handle.type.inputs[name])}
    told = attributes(handle.type, {name: step.old[name] for name in wanted if name in step.old})
    pairs = {key: value for key, value in attributes(handle.type, wanted).items() if told.get(key) != value}
    if call is not None and pairs:
        listed = [{"Key": key, "Value": value} for key, value in pairs.items()]
        handle.call(call.operation, handle.identified(call, {**step.new, "id": step.id}) | {"Attributes": listed})


def _tags(handle: Handle, step: Step) -> None:
    tagging = handle.type.tags
    if tagging is None:
        return
    wanted: Any = all_tags(handle.type, step.new, dict(handle.aws.settings.default_tags))
    had: Values = step.old.get("tagsAll") or {}
    known = {**step.old, **step.new, "id": step.id}
    gone = [key for key in had if key not in wanted]
    new = [{"Key": key, "Value": value} for key, value in wanted.items() if had.get(key) != value]
    if gone:
        listed = gone if tagging.keys == "TagKeys" else [{"Key": key} for key in gone]
        handle.call(tagging.remove.operation, handle.identified(tagging.remove, known) | {tagging.keys: listed})
    if new:
        handle.call(tagging.add.operation, handle.identified(tagging.add, known) | {"Tags": new})
