"""Bringing an existing resource from one set of properties to another, by its row's calls."""

from __future__ import annotations

from typing import Any

from sandbox.provider.diff import all_tags
from sandbox.provider.encode import attributes, is_attribute, put, tags
from sandbox.provider.handle import Handle
from sandbox.provider.members import change_members
from sandbox.provider.models import input_shape
from sandbox.provider.row import Call, Step
from sandbox.provider.values import DEFAULTS, Values


def change(handle: Handle, step: Step, names: frozenset[str]) -> None:
    """Make the properties in `names` what the step wants, and run the hooks that come last.

    After a creation (the step has no old properties) defaults are not sent: AWS has them already, and not every kind
    of resource takes every one.
    """
    left = set(names) if step.old else names - set(step.new.get(DEFAULTS, []))
    versions = {name: field.version_of for name, field in handle.type.inputs.items() if field.version_of}
    left |= {of for name, of in versions.items() if step.old and name in left}
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
    known = handle.known(step.id, {**step.old, **step.new})
    for call in handle.type.updates:
        changeable = [name for name in handle.type.inputs if handle.updates_by(call, name)]
        taken = [name for name in changeable if name in names]
        if taken and (not call.whole or any(name in step.new for name in changeable)):
            sent = [name for name in handle.type.inputs if handle.carried_by(call, name)] if call.whole else taken
            handle.call(call.operation, handle.parameters(call, known, step.new, sent, step.old))
        names -= set(taken)
    return names


def _attributes(handle: Handle, step: Step, names: set[str]) -> None:
    call = handle.type.attributes
    fields = {name: field for name, field in handle.type.inputs.items() if name in names and is_attribute(field)}
    wanted = {name: step.new[name] for name in fields if name in step.new}
    told = attributes(handle.type, {name: step.old[name] for name in wanted if name in step.old})
    pairs = {key: value for key, value in attributes(handle.type, wanted).items() if told.get(key) != value}
    gone = [field for name, field in fields.items() if name not in step.new and field.cleared is not None]
    pairs |= {field.attribute: field.cleared for field in gone if field.attribute is not None}
    if call is not None and pairs:
        _send_attributes(handle, step, call, pairs)


def _send_attributes(handle: Handle, step: Step, call: Call, pairs: dict[str, str]) -> None:
    identity = handle.identified(call, {**step.new, "id": step.id})
    if "Attributes" in input_shape(handle.type.service, call.operation).members:
        listed = [{"Key": key, "Value": value} for key, value in pairs.items()]
        handle.call(call.operation, identity | {"Attributes": listed})
        return
    for key, value in sorted(pairs.items(), key=lambda pair: handle.type.attribute_rank(*pair)):
        parameters = identity | {"AttributeName": key, "AttributeValue": value}
        if call.adjust is not None:
            call.adjust(parameters, step.new)
        handle.call(call.operation, parameters)


def _tags(handle: Handle, step: Step) -> None:
    tagging = handle.type.tags
    if tagging is None:
        return
    wanted: Any = all_tags(handle.type, step.new, dict(handle.aws.settings.default_tags))
    had: Values = step.old.get("tagsAll") or {}
    known = handle.known(step.id, {**step.old, **step.new})
    if tagging.whole is not None:
        call = tagging.add if wanted else tagging.remove
        parameters = handle.identified(call, known)
        if wanted:
            put(parameters, tagging.whole, [{"Key": key, "Value": value} for key, value in wanted.items()])
        if wanted or had:
            handle.call(call.operation, parameters)
        return
    gone = [key for key in had if key not in wanted]
    new = {key: value for key, value in wanted.items() if had.get(key) != value}
    service = handle.type.service
    if gone:
        kind = input_shape(service, tagging.remove.operation).members[tagging.keys].member
        listed = gone if kind.type_name == "string" else [{"Key": key} for key in gone]
        handle.call(tagging.remove.operation, handle.identified(tagging.remove, known) | {tagging.keys: listed})
    if new:
        added = tags(new, input_shape(service, tagging.add.operation))
        handle.call(tagging.add.operation, handle.identified(tagging.add, known) | added)
