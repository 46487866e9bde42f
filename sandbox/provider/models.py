"""botocore and its service models, loaded once and only when something needs them.

Importing and parsing takes a few hundred milliseconds, which a process that is only asked to check a role saves.
"""

from __future__ import annotations

import datetime
import threading
from functools import cache
from typing import Any

#: Held while the session is used: botocore's is not made for threads, its clients are.
lock = threading.RLock()


def session() -> Any:
    """The botocore session of this process."""
    with lock:
        return _session()


def service_model(service: str) -> Any:
    """botocore's model of a service."""
    with lock:
        return _service_model(service)


@cache
def input_shape(service: str, operation: str) -> Any:
    """The shape of an operation's parameters; None if it takes none."""
    return service_model(service).operation_model(operation).input_shape


def warm(services: tuple[str, ...]) -> None:
    """Load models in the background, while the engine is still busy with the program."""
    threading.Thread(target=lambda: [service_model(service) for service in services], daemon=True).start()


@cache
def _session() -> Any:
    import botocore.session

    made: Any = botocore.session.Session()
    made.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    return made


def _timestamp(value: Any) -> Any:
    """A time of an answer; botocore's own parser knows more forms, and takes twenty times as long."""
    from botocore import utils

    untyped: Any = utils
    if isinstance(value, str) and value[10:11] == "T":
        return datetime.datetime.fromisoformat(value)
    return untyped.parse_timestamp(value)


@cache
def _service_model(service: str) -> Any:
    return _session().get_service_model(service)


@cache
def endpoint_partition(partition: str) -> Any:
    """What botocore knows of a partition: DNS suffix, regions with their descriptions."""
    data = session().get_component("data_loader").load_data("endpoints")
    return next(one for one in data["partitions"] if one["partition"] == partition)
