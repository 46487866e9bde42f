"""Check: the inputs with defaults and a physical name filled in, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider import limits, naming
from sandbox.provider.encode import UnsupportedError, carries, element, encode, is_attribute, shape_at
from sandbox.provider.models import input_shape
from sandbox.provider.row import PLAIN, Field, Type
from sandbox.provider.values import DEFAULTS, UNKNOWN, Values, is_list, is_object, keys


@dataclass(frozen=True)
class Proposal:
    """What the engine's own auto-naming settings say of a name."""

    name: str
    mandatory: bool
    disabled: bool


@dataclass
class Checked:
    """Inputs ready to be planned with, and what is wrong, by property."""

    inputs: Values
    failures: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def check(
    type_: Type, logical: str, old: Values, new: Values, seed: bytes, proposal: Proposal | None = None
) -> Checked:
    """Check the inputs `new`; `old` are those of before, if there were any."""
    inputs = with_defaults(type_.inputs, new)
    checked = Checked(inputs)
    _check_names(type_, inputs, checked)
    _name(type_, logical, old, checked, seed, proposal)
    _check_form(type_, inputs, checked)
    if not checked.failures and type_.check is not None:
        checked.failures += type_.check(inputs).items()
    inputs[DEFAULTS] = sorted(inputs[DEFAULTS])
    return checked


def with_defaults(fields: Mapping[str, Field], values: Mapping[str, Any]) -> Values:
    """The values and the defaults of what is missing, on every level, each object noting which those are."""
    filled = {name: _deep(fields.get(name, PLAIN), values[name]) for name in keys(values)}
    missing = [name for name, one in fields.items() if one.default is not None and filled.get(name) is None]
    return filled | {name: fields[name].default for name in missing} | {DEFAULTS: missing}


def unsupported(token: str, path: str) -> str:
    """The sentence that refuses a property which no call carries."""
    return (
        f"{token}: property '{path}' is not supported by the sandbox: no AWS call of the type's row carries it. "
        "Leave it out, or add it to the row in sandbox/provider/types"
    )


def _deep(one: Field, value: Any) -> Any:
    if is_object(value) and one.fields and one.codec is None:
        return with_defaults(one.fields, value)
    if is_list(value):
        return [_deep(one, item) for item in value]
    return value


def _check_names(type_: Type, inputs: Values, checked: Checked) -> None:
    for name in keys(inputs):
        if (
            name not in type_.inputs
            and not (name == "tags" and type_.tags)
            and not (name == "region" and type_.regional)
        ):
            checked.failures.append((name, unsupported(type_.token, name)))
    checked.failures += _missing(type_.inputs, inputs, "")
    checked.failures += limits.exceeded(type_.inputs, inputs)
    for names in type_.exclusive:
        given = [name for name in names if name in inputs]
        if len(given) > 1:
            checked.failures.append(
                (given[0], f'Conflicting configuration arguments: "{given[0]}" conflicts with {given[1]}')
            )
    for names in type_.one_of:
        given = [name for name in names if name in inputs]
        if len(given) != 1:
            said = f"only one of `{','.join(names)}` can be specified, but `{','.join(given)}` were specified."
            wanted = f"one of `{','.join(names)}` must be specified"
            checked.failures.append(((given or names)[0], said if given else wanted))


def _missing(fields: Mapping[str, Field], value: Any, path: str) -> Iterator[tuple[str, str]]:
    for name, one in fields.items() if is_object(value) else ():
        where = f"{path}{name}"
        if name not in value:
            if one.required:
                yield where, f"Missing required property '{where}'"
            continue
        items = value[name] if is_list(value[name]) else [value[name]]
        for index, item in enumerate(items):
            yield from _missing(one.fields, item, f"{where}[{index}]." if item is not value[name] else f"{where}.")


def _name(type_: Type, logical: str, old: Values, checked: Checked, seed: bytes, proposal: Proposal | None) -> None:
    inputs, rules = checked.inputs, type_.naming
    if rules is None:
        return
    if rules.name not in inputs and rules.prefix not in inputs:
        try:
            made = _automatic(logical, old, seed, rules, proposal)
        except naming.InvalidNameError as error:
            checked.failures.append((rules.name, str(error)))
            return
        if made is None:
            checked.failures.append(
                (rules.name, f"Automatic naming is disabled; give the resource a `{rules.name}` or `{rules.prefix}`")
            )
            return
        inputs[rules.name] = made
        inputs[DEFAULTS].append(rules.name)
    for name in (rules.name, rules.prefix):
        value = inputs.get(name)
        if isinstance(value, str) and value != UNKNOWN and (wrong := naming.problem(name, value, rules)):
            checked.failures.append((name, wrong))


def _automatic(logical: str, old: Values, seed: bytes, rules: naming.Naming, proposal: Proposal | None) -> str | None:
    if rules.name in old and rules.name in old.get(DEFAULTS, []):
        return str(old[rules.name])
    if proposal is None:
        return naming.automatic(logical, seed, rules)
    if proposal.disabled:
        return None
    if len(proposal.name) > rules.longest and not proposal.mandatory:
        return proposal.name[: rules.longest]
    return proposal.name


def _check_form(type_: Type, inputs: Values, checked: Checked) -> None:
    for name in keys(inputs):
        one = type_.inputs.get(name)
        if one is None or one.local or inputs[name] == UNKNOWN:
            continue
        try:
            _try(type_, name, one, inputs)
        except UnsupportedError as error:
            checked.failures.append((name, unsupported(type_.token, error.path)))


def _refuse_unknown(path: str, one: Field, value: Any) -> None:
    """Refuse properties of objects whose fields are all declared."""
    for index, item in enumerate(value if is_list(value) else [value]):
        for key in keys(item) if is_object(item) else ():
            where = f"{path}[{index}].{key}" if is_list(value) else f"{path}.{key}"
            if key not in one.fields:
                raise UnsupportedError(where)
            _refuse_unknown(where, one.fields[key], item[key])


def _try(type_: Type, name: str, one: Field, inputs: Values) -> None:
    """Encode the property as its call will, so that what can't be sent is refused before anything is."""
    value = inputs[name]
    if is_attribute(one) or one.hooked:
        _refuse_unknown(name, one, value)
        return
    for call in (type_.create, *type_.updates):
        shape = input_shape(type_.service, call.operation)
        if carries(shape, call.operation, name, one):
            encode(name, one, value, call.operation, shape)
            return
    if one.members is None:
        raise UnsupportedError(name)
    place = shape_at(input_shape(type_.service, one.members.add), one.members.member)
    place = place.member if place is not None and place.type_name == "list" else place
    for index, item in enumerate(value if is_list(value) else [value]):
        element(one, item, place, f"{name}[{index}]")
