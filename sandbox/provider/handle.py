"""Calls for one resource: parameters as its row says, errors told apart, retries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.aws import Aws, CloudError, NotFoundError
from sandbox.provider.encode import carries, encode, fill, literal, member_of, put, shape_at
from sandbox.provider.models import input_shape
from sandbox.provider.row import Call, Field, Replace, Type
from sandbox.provider.values import Values, is_list, is_object


@dataclass(frozen=True)
class Handle:
    """A resource's row, its URN for reports, and the cloud it is in."""

    type: Type
    urn: str
    aws: Aws
    new: bool = False
    """It was created a moment ago: that it isn't found may pass."""

    def call(self, operation: str, parameters: Values) -> Values:
        """Call AWS, again while it answers what the row says will pass.

        Raises:
            NotFoundError: the resource is gone (never from its own create call).
            CloudError: anything else.
        """
        try:
            return self.aws.persist(
                self.urn,
                lambda error: self._patience(operation, error),
                lambda: self.aws.call(self.type.service, operation, parameters),
            )
        except CloudError as error:
            if operation != self.type.create.operation and self.means_gone(error):
                raise NotFoundError(str(error)) from error
            raise

    def _patience(self, operation: str, error: CloudError) -> float:
        passing = (one.seconds for one in self.type.retries if one.matches(operation, error))
        unseen = self.type.awaited_s if self.new and self.means_gone(error) else 0.0
        return max([*passing, unseen])

    def means_gone(self, error: CloudError) -> bool:
        """Whether the error says that what was named isn't there."""
        if re.search(r"NotFound|NoSuch", error.code):
            return True
        return any(code == error.code and part in error.message for code, part in self.type.gone)

    def named_by(self, id_: str) -> Values:
        """What an id for an import names; its last part may itself have slashes, as ARNs do."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.type.imported)
        found = re.fullmatch(re.sub(r"\[\^/\]\+\)$", ".+)", pattern), id_)
        return dict(found.groupdict()) if found else {}

    def known(self, id_: str, properties: Mapping[str, Any]) -> Values:
        """What fills the templates: the properties, the id, and what an id that is made of properties names."""
        parts = {} if "{id}" in self.type.imported else self.named_by(id_)
        return {**parts, **properties, "id": id_}

    def identified(self, call: Call, known: Mapping[str, Any]) -> Values:
        """The parameters that name the resource."""
        shape = input_shape(self.type.service, call.operation)
        found: Values = {}
        for path, template in call.identity.items():
            put(found, path, literal(fill(template, known), shape_at(shape, path)))
        return found

    def parameters(
        self, call: Call, known: Mapping[str, Any], inputs: Values, names: list[str], old: Mapping[str, Any]
    ) -> Values:
        """The parameters that name the resource and carry these properties; one that is only in `old` is cleared."""
        shape = input_shape(self.type.service, call.operation)
        found = self.identified(call, known)
        for name in names:
            field = self.type.inputs[name]
            if not carries(shape, call.operation, name, field):
                continue
            if name in inputs:
                _merge(found, encode(name, field, inputs[name], call.operation, shape))
            elif name in old and not call.whole:
                put(found, member_of(name, field, call.operation), _cleared(field, old[name]))
        if call.adjust is not None:
            call.adjust(found, {**known, **inputs})
        return found

    def creates_with(self, name: str) -> bool:
        """Whether the create call carries the property, or none needs to."""
        field = self.type.inputs.get(name)
        if field is None:
            return True
        operation = self.type.create.operation
        return field.local or carries(input_shape(self.type.service, operation), operation, name, field)

    def updates_by(self, call: Call, name: str) -> bool:
        """Whether an update call changes the property."""
        return self.type.inputs[name].replace is not Replace.CHANGED and self.carried_by(call, name)

    def carried_by(self, call: Call, name: str) -> bool:
        """Whether an update call takes the property."""
        field = self.type.inputs[name]
        shape = input_shape(self.type.service, call.operation)
        return field.members is None and carries(shape, call.operation, name, field)


def _merge(parameters: Values, more: Values) -> None:
    """Join what two properties add, also where both land in the first element of the same list."""
    for key, value in more.items():
        known = parameters.get(key)
        if is_object(known) and is_object(value):
            _merge(known, value)
        elif is_list(known) and is_list(value) and known and value and is_object(known[0]):
            _merge(known[0], value[0])
        else:
            parameters[key] = value


def _cleared(field: Field, old: Any) -> Any:
    """What is sent for a property that is taken away."""
    if field.cleared is not None:
        return field.cleared
    return "" if field.codec is not None else type(old)()
