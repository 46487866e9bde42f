"""What becomes of one resource: created, read, updated, deleted, as its row says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sandbox.provider import naming, observe
from sandbox.provider.aws import FIRST_PAUSE_S, Aws, CloudError, NotFoundError
from sandbox.provider.change import change
from sandbox.provider.decode import search
from sandbox.provider.diff import Plan, all_tags, plan
from sandbox.provider.encode import tags as tag_parameters
from sandbox.provider.handle import Handle
from sandbox.provider.models import input_shape
from sandbox.provider.row import Hook, Step, Type
from sandbox.provider.values import DEFAULTS, UNKNOWN, Values, is_object, keys

_Found = TypeVar("_Found")


class PartialError(Exception):
    """The resource exists, but not everything that was asked for was done; `properties` is what it is now."""

    def __init__(self, id_: str, properties: Values, inputs: Values, cause: Exception) -> None:
        super().__init__(str(cause))
        self.id, self.properties, self.inputs = id_, properties, inputs


class Resource:
    """One resource of a stack."""

    def __init__(self, type_: Type, urn: str, aws: Aws, timeout_s: float | None = None) -> None:
        self._type, self._aws, self._timeout_s = type_, aws, timeout_s
        self._handle = Handle(type_, urn, aws)
        self._default_tags = dict(aws.settings.default_tags)

    def preview_create(self, inputs: Values) -> Values:
        """The properties a create will lead to, with UNKNOWN for what only AWS can say."""
        prefix = self._type.naming.prefix if self._type.naming else None
        computed = [name for name, one in self._type.inputs.items() if one.computed or name == prefix]
        return dict.fromkeys([*self._type.outputs, *computed], UNKNOWN) | self._told(inputs)

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Create it and return its id and properties.

        Raises:
            CloudError: it could not be created.
            PartialError: it was, but what follows its creation failed.
        """
        call = self._type.create
        parameters = self._handle.parameters(call, inputs, self._named(inputs), list(self._type.inputs), {})
        self._add_tags(parameters, inputs)
        for complete in self._type.before_create:
            complete(self._step("", {}, inputs, frozenset(keys(inputs))), parameters)
        answer = self._handle.call(call.operation, parameters)
        id_ = str(search(self._type.id, {**parameters, **answer}))
        new = replace(self._handle, new=True)
        try:
            step = self._step(id_, {}, inputs, frozenset(keys(inputs)))
            for hook in self._type.after_create:
                self._await(lambda hook=hook: hook(step))
            later = {name for name in keys(inputs) if not self._handle.creates_with(name)}
            if self._type.tags is not None and self._type.tags.whole is not None:
                later.add("tags")
            change(new, step, frozenset(later))
            return id_, self._await(lambda: observe.state(new, id_, inputs, inputs))
        except Exception as error:
            raise PartialError(id_, self._standing(id_, inputs), inputs, error) from error

    def read(self, id_: str, inputs: Values, state: Values) -> tuple[str, Values, Values]:
        """Its id, properties and inputs as they are now; `inputs` and `state` are empty for one that is imported.

        Raises:
            NotFoundError: it is gone.
        """
        parts = {} if state else self._handle.named_by(id_)
        # An id for an import may name what the resource belongs to as well.
        true_id = str(parts.pop("id", id_))
        found = observe.state(self._handle, true_id, inputs, {**parts, **inputs, **state})
        return true_id, found, observe.asked(self._handle, inputs, found)

    def preview_update(self, old: Values, state: Values, new: Values, ignored: list[str]) -> Values:
        """The properties an update will lead to."""
        kept = {name: value for name, value in state.items() if name in new or name not in old}
        return kept | self._told(new) | dict.fromkeys(self._plan(old, state, new, ignored).moved, UNKNOWN)

    def update(self, id_: str, old: Values, state: Values, new: Values, ignored: list[str]) -> Values:
        """Make the changes in place and return its properties.

        Raises:
            PartialError: not all of it was done; the next update goes on from what it is now.
        """
        step = self._step(id_, state, new, self._plan(old, state, new, ignored).changed)
        try:
            change(self._handle, step, step.changed)
            return observe.state(self._handle, id_, new, {**state, **new})
        except Exception as error:
            raise PartialError(id_, self._standing(id_, state), new, error) from error

    def delete(self, id_: str, inputs: Values, state: Values) -> None:
        """Delete it; ready if it is gone already.

        Raises:
            CloudError: AWS refuses.
        """
        if self._type.kept_if is not None and state.get(self._type.kept_if):
            return
        known = self._handle.known(id_, {**inputs, **state})
        step = self._step(id_, {**inputs, **state}, {}, frozenset())
        for hook in self._type.before_delete:
            self._run_before_delete(hook, step)
        call = self._type.delete
        try:
            self._handle.call(call.operation, self._handle.parameters(call, known, {}, [], {}))
        except NotFoundError:
            return

    def _await(self, attempt: Callable[[], _Found]) -> _Found:
        """Attempt it until what was just created is found, for as long as the row says."""
        deadline = time.monotonic() + self._type.awaited_s
        while True:
            try:
                return attempt()
            except (CloudError, NotFoundError) as error:
                gone = isinstance(error, NotFoundError) or self._handle.means_gone(error)
                if not gone or time.monotonic() >= deadline:
                    raise
            self._aws.pause(FIRST_PAUSE_S)

    def _run_before_delete(self, hook: Hook, step: Step) -> None:
        try:
            hook(step)
        except CloudError as error:
            if not self._handle.means_gone(error):  # What the hook wanted to take away is gone.
                raise

    def _plan(self, old: Values, state: Values, new: Values, ignored: list[str]) -> Plan:
        return plan(self._type, old, state, new, self._default_tags, self._aws.region, ignored)

    def _step(self, id_: str, old: Values, new: Values, changed: frozenset[str]) -> Step:
        return Step(id_, old, new, changed, self._aws, self._handle.urn, self._timeout_s)

    def _named(self, inputs: Values) -> Values:
        """The inputs with the physical name, where it is made from a prefix."""
        rules = self._type.naming
        if rules is None or rules.name in inputs:
            return inputs
        suffix = rules.suffix(inputs) if rules.suffix else ""
        return {**inputs, rules.name: naming.unique(str(inputs[rules.prefix])) + suffix}

    def _add_tags(self, parameters: Values, inputs: Values) -> None:
        tagging, tags = self._type.tags, all_tags(self._type, inputs, self._default_tags)
        if tagging is None or tagging.whole is not None or not is_object(tags) or not tags:
            return
        if tagging.specification is None:
            parameters |= tag_parameters(tags, input_shape(self._type.service, self._type.create.operation))
        else:
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            parameters["TagSpecifications"] = [{"ResourceType": tagging.specification, "Tags": pairs}]

    def _standing(self, id_: str, known: Values) -> Values:
        """What a resource is after a failure: only what AWS tells, so that the next update sees what is missing."""
        try:
            return observe.state(self._handle, id_, {}, known)
        except (CloudError, NotFoundError):
            return {name: known[name] for name in known if name != DEFAULTS}

    def _told(self, inputs: Values) -> Values:
        """The inputs as properties."""
        hidden = {name for name, one in self._type.inputs.items() if one.write_only}
        told = {name: inputs[name] for name in keys(inputs) if name not in hidden}
        tags = all_tags(self._type, inputs, self._default_tags)
        return (
            told
            | ({} if tags is None else {"tagsAll": tags})
            | ({"region": self._aws.region} if self._type.regional else {})
        )
