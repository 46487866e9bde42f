"""Who and where the program runs: account, partition, region, zones."""

from __future__ import annotations

from typing import Any

from sandbox.provider import models
from sandbox.provider.lookup import Filter, Found, Lookup
from sandbox.provider.values import Values


def _caller(key: str) -> Any:
    def told(found: Found) -> str:
        return str(found.aws.identity[key])

    return told


def _partition(found: Found) -> str:
    return found.aws.partition


def _suffix(found: Found) -> str:
    return models.endpoint_partition(found.aws.partition)["dnsSuffix"]


def _reversed_suffix(found: Found) -> str:
    return ".".join(reversed(_suffix(found).split(".")))


def _region(found: Found) -> str:
    return str(found.arguments.get("name") or found.aws.region)


def _description(found: Found) -> str:
    return models.endpoint_partition(found.aws.partition)["regions"].get(_region(found), {}).get("description", "")


def _endpoint(found: Found) -> str:
    return f"ec2.{_region(found)}.{_suffix(found)}"


def _not_excluded(zones: list[Any], arguments: Values) -> list[Any]:
    """Zones in the order of their names, as the real provider sorts them."""
    names, ids = arguments.get("excludeNames", []), arguments.get("excludeZoneIds", [])
    kept = [zone for zone in zones if zone["ZoneName"] not in names and zone["ZoneId"] not in ids]
    return sorted(kept, key=lambda zone: zone["ZoneName"])


def _here(found: Found) -> str:
    return found.aws.region


ROWS = (
    Lookup(
        "aws:index/getCallerIdentity:getCallerIdentity",
        {"accountId": _caller("Account"), "arn": _caller("Arn"), "userId": _caller("UserId"), "id": _caller("Account")},
    ),
    Lookup(
        "aws:index/getPartition:getPartition",
        {"dnsSuffix": _suffix, "id": _partition, "partition": _partition, "reverseDnsPrefix": _reversed_suffix},
    ),
    Lookup(
        "aws:index/getRegion:getRegion",
        {"description": _description, "endpoint": _endpoint, "id": _region, "name": _region, "region": _region},
        arguments={"name": "", "id": ""},
    ),
    Lookup(
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        {
            "groupNames": "[].GroupName",
            "id": _here,
            "names": "[].ZoneName",
            "zoneIds": "[].ZoneId",
        },
        operation="DescribeAvailabilityZones",
        items="AvailabilityZones",
        arguments={
            "allAvailabilityZones": "AllAvailabilityZones",
            "excludeNames": "",
            "excludeZoneIds": "",
            "state": Filter("state"),
        },
        choose=_not_excluded,
    ),
)
