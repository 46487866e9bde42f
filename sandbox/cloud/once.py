"""What moto does anew for each session or each call, done once."""

from __future__ import annotations

import functools
from typing import Any

import xmltodict
from botocore.loaders import JSONFileLoader, Loader


def read_models() -> None:
    """Let all sessions share the models of services that one has read, megabytes each, and which there are."""
    loader: Any = JSONFileLoader
    read = functools.cache(loader().load_file)

    def load_file(_self: Any, file_path: str) -> Any:
        return read(file_path)

    loader.load_file = load_file
    every: Any = Loader
    look, found = every.list_available_services, dict[Any, list[str]]()

    def list_available_services(self: Any, type_name: str) -> list[str]:
        folders = (*self.search_paths, type_name)  # Four hundred of services, for each session and each model.
        if folders not in found:
            found[folders] = look(self, type_name)
        return found[folders]

    every.list_available_services = list_available_services


def install() -> None:
    """To be called before moto is imported: it makes sessions then."""
    read_models()
    from moto import backends
    from moto.core import responses, serialize

    services = frozenset(backends.list_of_moto_modules())  # It looks through its folder, for each call.
    setattr(backends, "list_of_moto_modules", lambda: services)  # noqa: B010
    known: Any = responses
    known.method_names_from_class = functools.cache(known.method_names_from_class)  # And at a class, for each call.
    known.camelcase_to_underscores = functools.cache(known.camelcase_to_underscores)
    # Whether a name may be one in XML, for each element of each answer.
    xml: Any = xmltodict
    xml._validate_name = functools.cache(xml._validate_name)
    _pick_quickly(serialize)


def _pick_quickly(serialize: Any) -> None:
    """Find members of an answer in moto's objects as its picker does, which works out for each where it may be."""
    from moto.core.constants import MISSING
    from moto.core.utils import get_value

    serializer: Any = serialize.ResponseSerializer
    picker: Any = serialize.XFormedAttributePicker
    pick, names = serializer.get_value, dict[Any, tuple[str, ...]]()

    def get(self: Any, value: Any, key: str, shape: Any) -> Any:
        if key.endswith(_ends(self._value_picker)):
            return pick(self, value, key, shape)  # It may be transformed.
        member = value.__class__, key, shape
        if member not in names:
            context = serialize.AttributePickerContext(value, key, shape, self.operation_model, self.service_model)
            names[member] = tuple(dict.fromkeys(picker.get_possible_keys(self._value_picker, context)))
        for name in names[member]:
            found = value.get(name, MISSING) if value.__class__ is dict else get_value(value, name, MISSING)
            if found is not MISSING:
                return found
        return None

    serializer.get_value = get


def _ends(picker: Any) -> tuple[str, ...]:
    """What the names of members that a service transforms end with."""
    if not hasattr(picker, "ends"):
        picker.ends = tuple({path.rpartition(".")[2] for path in picker.response_transformers})
    return picker.ends
