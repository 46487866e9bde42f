"""Who and where the program runs: account, partition, region, zones."""

from __future__ import annotations

from typing import Any

from sandbox.provider import models
from sandbox.provider.lookup import FILTERS, Filter, Found, Lookup, LookupFailedError, here
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


def _endpoint_of(region: str, found: Found) -> str:
    return f"ec2.{region}.{_suffix(found)}"


def _region(found: Found) -> str:
    """The region that is asked for, by name or by its endpoint of EC2."""
    given = found.arguments
    known = models.endpoint_partition(found.aws.partition)["regions"]
    asked = {given["name"]} if "name" in given else set[str]()
    if "endpoint" in given:
        asked |= {name for name in known if _endpoint_of(name, found) == given["endpoint"]} or {given["endpoint"]}
    if len(asked) > 1:
        raise LookupFailedError(
            "multiple regions matched; use additional constraints to reduce matches to a single region"
        )
    region = asked.pop() if asked else found.aws.region
    if region not in known:
        raise LookupFailedError(f'region not found for {"name" if "name" in given else "endpoint"} "{region}"')
    return region


def _description(found: Found) -> str:
    return models.endpoint_partition(found.aws.partition)["regions"].get(_region(found), {}).get("description", "")


def _endpoint(found: Found) -> str:
    return _endpoint_of(_region(found), found)


def _not_excluded(zones: list[Any], arguments: Values) -> list[Any]:
    """Zones in the order of their names, as the real provider sorts them."""
    names, ids = arguments.get("excludeNames", []), arguments.get("excludeZoneIds", [])
    kept = [zone for zone in zones if zone["ZoneName"] not in names and zone["ZoneId"] not in ids]
    return sorted(kept, key=lambda zone: zone["ZoneName"])


def _letter(found: Found) -> str:
    """What the zone's name has beyond the region's."""
    zone = found.item
    return zone["ZoneName"].removeprefix(zone["RegionName"]).lstrip("-")


def _default_tags(found: Found) -> dict[str, str]:
    return dict(found.aws.settings.default_tags)


ROWS = (
    Lookup(
        "aws:index/getCallerIdentity:getCallerIdentity",
        {"accountId": _caller("Account"), "arn": _caller("Arn"), "userId": _caller("UserId"), "id": _caller("Account")},
        arguments={"id": ""},
        regional=False,
    ),
    Lookup(
        "aws:index/getPartition:getPartition",
        {"dnsSuffix": _suffix, "id": _partition, "partition": _partition, "reverseDnsPrefix": _reversed_suffix},
        arguments={"id": ""},
        regional=False,
    ),
    Lookup(
        "aws:index/getRegion:getRegion",
        {"description": _description, "endpoint": _endpoint, "id": _region, "name": _region, "region": _region},
        arguments={"endpoint": "", "id": "", "name": ""},
    ),
    Lookup(
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        {
            "groupNames": "[].GroupName",
            "id": here,
            "names": "[].ZoneName",
            "zoneIds": "[].ZoneId",
        },
        operation="DescribeAvailabilityZones",
        items="AvailabilityZones",
        arguments={
            **FILTERS,
            "allAvailabilityZones": "AllAvailabilityZones",
            "excludeNames": "",
            "excludeZoneIds": "",
            "state": Filter("state"),
        },
        choose=_not_excluded,
    ),
    Lookup(
        "aws:index/getAvailabilityZone:getAvailabilityZone",
        {
            "groupLongName": "GroupLongName",
            "groupName": "GroupName",
            "id": "ZoneName",
            "name": "ZoneName",
            "nameSuffix": _letter,
            "networkBorderGroup": "NetworkBorderGroup",
            "optInStatus": "OptInStatus",
            "parentZoneId": "ParentZoneId",
            "parentZoneName": "ParentZoneName",
            "state": "State",
            "zoneId": "ZoneId",
            "zoneType": "ZoneType",
        },
        operation="DescribeAvailabilityZones",
        items="AvailabilityZones",
        arguments={
            **FILTERS,
            "allAvailabilityZones": "AllAvailabilityZones",
            "name": "ZoneNames[0]",
            "state": Filter("state"),
            "zoneId": "ZoneIds[0]",
        },
        one="EC2 Availability Zone",
    ),
    Lookup(
        "aws:index/getDefaultTags:getDefaultTags",
        {"id": _partition, "tags": _default_tags},
        arguments={"id": ""},
        regional=False,
    ),
)
