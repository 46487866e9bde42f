"""The operations of AWS's services, by name."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.session import Session
from moto.backends import list_of_moto_modules
from moto.core.responses import boto3_service_name

#: Services that are asked most, to be looked at first.
_USED = ("ec2", "autoscaling", "elbv2", "iam", "sts", "s3")


class UnknownError(Exception):
    """No such service or operation; the message names the nearest."""


def check(operation: str, service: str | None = None) -> None:
    """See that a service has an operation, or any does.

    Raises:
        UnknownError: it hasn't.
    """
    if service is not None and service not in _services():
        raise UnknownError(f"{service}: no such service{_nearest(service, _services())}")
    if any(has(each, operation) for each in _services() if service in (None, each)):
        return
    known = (name for each in _services() if service in (None, each) for name in _operations(each))
    place = f" of {service}" if service else ""
    raise UnknownError(f"{operation}: no such operation{place}{_nearest(operation, known)}")


def has(service: str, operation: str) -> bool:
    """Whether a service has an operation."""
    return operation in _operations(service)


@functools.cache
def _services() -> tuple[str, ...]:
    """Those that the cloud has, as boto3 names them."""
    every = {boto3_service_name.get(each, each) for each in list_of_moto_modules()}
    return tuple(dict.fromkeys([*_USED, *sorted(every & {*_session().get_available_services()})]))


@functools.cache
def _operations(service: str) -> Mapping[str, Any]:
    loader: Any = _session().get_component("data_loader")
    return dict.fromkeys(loader.load_service_model(service, "service-2")["operations"])


@functools.cache
def _session() -> Any:
    return Session()


def _nearest(name: str, known: Iterable[str]) -> str:
    """Words to end a message with: the known name that is most like this one, if any is."""
    by_letters = dict(_letters(known))
    found = difflib.get_close_matches(_plain(name), by_letters, n=1, cutoff=0.5)
    return f"; did you mean {by_letters[found[0]]}?" if found else ""


def _letters(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((_plain(name), name) for name in names)


def _plain(name: str) -> str:
    """A name as it is the same in the API, the AWS CLI and boto3."""
    return name.lower().replace("-", "").replace("_", "")
