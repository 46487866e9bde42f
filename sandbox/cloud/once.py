"""What moto does anew for each session or each call, done once."""

from __future__ import annotations

import functools
from typing import Any

import xmltodict
from botocore.loaders import JSONFileLoader, Loader


def read_models() -> None:
    """Let all sessions share the models of services that one has read, megabytes each."""
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
    # Whether a name may be one in XML, for each element of each answer.
    xml: Any = xmltodict
    xml._validate_name = functools.cache(xml._validate_name)
    # Under which names an object may hold a member of an answer.
    picker: Any = serialize.XFormedAttributePicker
    find, found = picker.get_possible_keys, dict[Any, tuple[str, ...]]()

    def get_possible_keys(self: Any, context: Any) -> tuple[str, ...]:
        member: Any = context.obj.__class__, context.key, context.shape
        if member not in found:
            found[member] = tuple(find(self, context))
        return found[member]

    picker.get_possible_keys = get_possible_keys
