"""What moto does anew for each session or each call, done once."""

from __future__ import annotations

import functools
from typing import Any

from botocore.loaders import JSONFileLoader


def install() -> None:
    """To be called before moto is imported: it makes sessions then, and each reads models of services, megabytes."""
    loader: Any = JSONFileLoader
    read = functools.cache(loader().load_file)

    def load_file(_self: Any, file_path: str) -> Any:
        return read(file_path)

    loader.load_file = load_file

    from moto import backends
    from moto.core import responses

    services = frozenset(backends.list_of_moto_modules())  # It looks through its folder, for each call.
    setattr(backends, "list_of_moto_modules", lambda: services)  # noqa: B010
    known: Any = responses
    known.method_names_from_class = functools.cache(known.method_names_from_class)  # And at a class, for each call.
