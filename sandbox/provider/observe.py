"""What AWS tells of a resource, as properties and as the inputs that would make it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider import compare, decode, naming
from sandbox.provider.aws import NotFoundError
from sandbox.provider.encode import fill, is_attribute
from sandbox.provider.handle import Handle
from sandbox.provider.row import Call, Live, Read
from sandbox.provider.values import DEFAULTS, Values, is_empty


def state(handle: Handle, id_: str, inputs: Values, known: Mapping[str, Any]) -> Values:
    """The resource's properties, everything that is as the inputs ask in the words of the inputs.

    `known` fills the templates of the reads, and tells what no answer does.

    Raises:
        NotFoundError: it is gone.
    """
    answer = _described(handle, id_, handle.known(id_, known))
    found = decode.properties(handle.type, Live(id_, answer, handle.aws, inputs))
    for name, field in handle.type.inputs.items():
        if field.write_only:
            found[name] = None
        elif field.local or field.unread:
            found[name] = inputs.get(name, known.get(name))
        elif name not in found and is_attribute(field) and handle.type.complete_attributes:
            found[name] = field.default
        elif name not in found and (field.silent or is_attribute(field)):
            found[name] = inputs.get(name, field.default)
        elif name in inputs:
            found[name] = compare.reconciled(field, found.get(name), inputs[name])
    if handle.type.tags is not None:
        told = decode.tags(decode.search(handle.type.tags.read, answer))
        found |= _tags(told, inputs, handle.aws.settings.default_tags)
    rules = handle.type.naming
    if rules is not None and rules.prefix in handle.type.inputs:
        found[rules.prefix] = inputs.get(rules.prefix) or naming.prefix_of(str(found.get(rules.name, "")))
    if handle.type.regional:
        found["region"] = handle.aws.region
    return {name: value for name, value in found.items() if value is not None}


def asked(handle: Handle, inputs: Values, found: Values) -> Values:
    """The inputs that would make what was found: those given before, and what came by other hands since.

    With no inputs given, for an import, all that isn't AWS's own choice.
    """
    told: Values = {DEFAULTS: inputs.get(DEFAULTS, [])}
    for name, field in handle.type.inputs.items():
        if field.local:
            told[name] = inputs.get(name, None if inputs else field.default)
        elif field.write_only:
            told[name] = inputs.get(name)
        elif name in inputs:
            told[name] = compare.asked(field, found.get(name), inputs[name])
        elif field.required or not (field.computed or is_empty(found.get(name))):
            told[name] = found.get(name)
    if handle.type.tags is not None and ("tags" in inputs or not inputs):
        told["tags"] = found.get("tags")
    if "region" in inputs:
        told["region"] = found.get("region")
    rules = handle.type.naming
    if rules is not None and rules.prefix in inputs:
        told.pop(rules.name, None)
    return {name: value for name, value in told.items() if value is not None}


def _tags(tags: dict[str, str], inputs: Values, default: Mapping[str, str]) -> Values:
    own: Values = inputs.get("tags") or {}
    shown = {key: value for key, value in tags.items() if key in own or default.get(key) != value}
    return {"tags": shown or None, "tagsAll": tags}


def _described(handle: Handle, id_: str, known: Mapping[str, Any]) -> Values:
    found: Values = {}
    for read in handle.type.reads:
        identity = handle.identified(Call(read.operation, read.identity), {**found, **known})
        told: Any = decode.search(fill(read.path, known), _answer(handle, read, identity))
        if read is handle.type.reads[0] and not told:
            raise NotFoundError(f"{handle.type.token} {id_} is not there")
        if read.under == decode.ATTRIBUTES:
            found[read.under] = decode.tags(told)
        elif read.under:
            found[read.under] = told
        else:
            found = {**(told or {}), **found}
    return found


def _answer(handle: Handle, read: Read, identity: Values) -> Values:
    try:
        return handle.call(read.operation, identity)
    except NotFoundError:
        if not read.optional:
            raise
        return {}
