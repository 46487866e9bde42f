"""Names of services' endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.provider import models
from sandbox.provider.lookup import Found, Lookup, LookupFailedError


def _reversed(name: str) -> str:
    return ".".join(reversed(name.split(".")))


def _parts(found: Found) -> tuple[str, str, str]:
    """The reversed name's prefix, region and service: of a name that is given, or from the parts."""
    given = found.arguments
    name = given.get("reverseDnsName") or _reversed(given.get("dnsName", ""))
    if name:
        *prefix, region, service = name.split(".")
        if len(prefix) < 2:
            raise LookupFailedError(f"service DNS names must have at least 4 parts: {name} has {len(prefix) + 2}")
        return ".".join(prefix), region, service
    if "serviceId" not in given:
        raise LookupFailedError("service ID not provided directly or through a DNS name")
    suffix = models.endpoint_partition(found.aws.partition)["dnsSuffix"]
    return given.get("reverseDnsPrefix", _reversed(suffix)), found.aws.region, given["serviceId"]


def _name(*parts: str) -> str:
    return ".".join(parts)


def _dns_name(*parts: str) -> str:
    return _reversed(_name(*parts)).lower()


def _partition(_prefix: str, region: str, _service: str) -> str:
    return models.session().get_partition_for_region(region)


def _supported(prefix: str, region: str, service: str) -> bool:
    return service in models.endpoint_partition(_partition(prefix, region, service))["services"]


def _of(told: Callable[[str, str, str], Any]) -> Callable[[Found], Any]:
    return lambda found: told(*_parts(found))


ROWS = (
    Lookup(
        "aws:index/getService:getService",
        {
            "dnsName": _of(_dns_name),
            "id": _of(_name),
            "partition": _of(_partition),
            "region": _of(lambda _prefix, region, _service: region),
            "reverseDnsName": _of(_name),
            "reverseDnsPrefix": _of(lambda prefix, _region, _service: prefix),
            "serviceId": _of(lambda _prefix, _region, service: service),
            "supported": _of(_supported),
        },
        arguments=dict.fromkeys(("dnsName", "id", "reverseDnsName", "reverseDnsPrefix", "serviceId"), ""),
    ),
)
