"""Properties that are sets: what is new is added, what is gone is taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.provider.compare import same
from sandbox.provider.encode import element, fill, put, shape_at
from sandbox.provider.models import input_shape
from sandbox.provider.row import Field, Members, Step, Type
from sandbox.provider.values import Values, is_list, text

CallCloud = Callable[[str, Values], Values]


def change_members(type_: Type, name: str, field: Field, step: Step, call: CallCloud) -> None:
    """Bring the set from the step's old elements to its new ones: additions last, as AWS may count them."""
    members = field.members
    assert members is not None, f"{type_.token}: {name} is no set"
    had, wanted = _listed(members, step.old.get(name)), _listed(members, step.new.get(name))
    one = Field(fields=field.fields, codec=field.codec)
    gone = [item for item in had if not any(same(one, item, other) for other in wanted)]
    new = [item for item in wanted if not any(same(one, other, item) for other in had)]
    if members.key is not None:
        known = {item[members.key] for item in wanted}
        gone = [item for item in gone if item[members.key] not in known]
    _send(type_, members, members.remove, one, gone, step, call)
    _send(type_, members, members.add, one, new, step, call)


def _send(
    type_: Type, members: Members, operation: str, one: Field, items: list[Any], step: Step, call: CallCloud
) -> None:
    if not items:
        return
    shape = input_shape(type_.service, operation)
    place = shape_at(shape, members.member)
    known = {"id": step.id, **step.old, **step.new}
    start: Values = {}
    for path, template in members.identity.items():
        put(start, path, fill(template, known))
    for member, name in members.also.items() if operation == members.add else ():
        start[member] = known[name]
    if members.member and place is not None and place.type_name == "list":
        extra = {member: fill(template, known) for member, template in members.element.items()}
        encoded = [element(one, item, place.member, members.member) for item in items]
        encoded = [{**item, **extra} if extra else item for item in encoded]
        for index in range(0, len(encoded), members.batch):
            call(operation, {**start, members.member: encoded[index : index + members.batch]})
        return
    for item in items:
        parameters = dict(start)
        put(parameters, members.member, _taken(operation, members, one, item, shape, place))
        call(operation, parameters)


def _taken(operation: str, members: Members, one: Field, item: Any, shape: Any, place: Any) -> Any:
    """One element as a call of its own takes it; a removal takes only what identifies it."""
    if members.member or operation == members.add:
        return element(one, item, place, members.member)
    return {
        (child.member or key): text(item[key])
        for key, child in one.fields.items()
        if (child.member or key) in shape.members
    }


def _listed(members: Members, value: Any) -> list[Any]:
    """The elements of a set: an object that names none says that there is to be none."""
    listed: list[Any] = [] if value is None else value if is_list(value) else [value]
    return listed if members.key is None else [item for item in listed if item.get(members.key)]
