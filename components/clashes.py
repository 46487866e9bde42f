"""What a config can't say although each of its keys is fine: relations between keys, and AWS's limits over many.

Works on the raw config and tolerates what is malformed in it, so that these problems are told together with those of
single keys and not one run later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from components.config_errors import Problem, quote, show
from components.gate_clashes import gate_clashes
from components.release import CONTAINER_PLACEHOLDER

MAX_RULES = 100
"""Rules a load balancer may have beside its defaults (ELB quotas page)."""
MAX_TARGET_GROUPS = 100
"""Target groups a load balancer may have (ELB quotas page; not adjustable)."""
MAX_CONDITION_VALUES = 5
"""Condition values a listener rule may have; a preview rule's header is a rule of its own."""
SERVED_ONLY = ("port", "health", "protocol", "protocol_version", "drain_s")
DEFAULT_WEIGHT = 100
MIN_SHARED = 4
"""The smallest capacity that releases share by weight: two of them with two instances each."""
HTTP_CODES, GRPC_CODES = range(200, 500), range(100)
"""Codes that a health check may ask for (ELB "Health checks for your target groups")."""


def clashes(raw: Mapping[str, Any]) -> list[Problem]:
    """All clashes within `raw` (the decoded config below the namespace). A key that is null counts as absent."""
    return list(_clashes(_without_nulls(raw)))


def _clashes(raw: Mapping[str, Any]) -> Iterator[Problem]:
    everything = _map(raw, "services")
    services = {name: _map(everything, name) for name, service in everything.items() if isinstance(service, dict)}
    secure = "certificate_arn" in _map(raw, "balancer")
    for name, service in services.items():
        yield from _service(("services", name), service, secure=secure)
    yield from _routes(services)
    retired = _list(raw, "retired")
    for index, name in enumerate(retired):
        if isinstance(name, str) and name in services:
            yield Problem(
                show(("retired", index)),
                f"{quote(name)} is still declared under services. Remove one of the two",
            )
    yield from _twice(("network", "subnet_ids"), _list(_map(raw, "network"), "subnet_ids"))
    yield from _twice(("balancer", "allowed_cidrs"), _list(_map(raw, "balancer"), "allowed_cidrs"))


def _service(path: tuple[str, ...], service: Mapping[str, Any], *, secure: bool) -> Iterator[Problem]:
    capacity = _map(service, "capacity")
    low, high = _number(capacity, "min"), _number(capacity, "max")
    if low is not None and high is not None and low > high:
        yield Problem(
            show((*path, "capacity", "min")),
            f"{low} is more than capacity.max, {high}. Raise the maximum or lower the minimum",
        )
    if "surge" in capacity and "route" not in service:
        yield Problem(
            show((*path, "capacity", "surge")),
            "needs a route: without a balancer no weight moves, so no capacity along with it. Remove it",
        )
    if "surge" in capacity and low is not None and low < MIN_SHARED:
        yield Problem(
            show((*path, "capacity", "surge")),
            f"needs a capacity.min of {MIN_SHARED} or more: {low} can't be shared by weight. Remove it, as a second "
            "fleet costs little",
        )
    yield from _twice((*path, "managed_policies"), _list(service, "managed_policies"))
    yield from gate_clashes((*path, "gate"), _map(service, "gate"), routed="route" in service, secure=secure)
    releases = [cast("dict[str, Any]", item) for item in _list(service, "releases") if isinstance(item, dict)]
    weights = [_number(release, "weight", DEFAULT_WEIGHT) for release in releases]
    if weights and all(weight == 0 for weight in weights):
        yield Problem(
            show((*path, "releases")),
            "all have weight 0, so nobody would serve. Give one of them a weight, such as 100",
        )
    seen: set[tuple[str, int | None]] = set()
    for index, release in enumerate(releases):
        version, revision = release.get("version"), _number(release, "revision", 0)
        if isinstance(version, str) and (version, revision) in seen:
            yield Problem(
                show((*path, "releases", index, "version")),
                f"{quote(version)} is there twice with revision {revision}. "
                "Remove one of them, or give it another version or revision",
            )
        seen.add((str(version), revision))
        yield from _release((*path, "releases", index), release, routed="route" in service)
        version = release.get("protocol_version")
        if version in ("HTTP2", "GRPC") and "route" in service and not secure:
            yield Problem(
                show((*path, "releases", index, "protocol_version")),
                f"{quote(version)} is served by HTTPS listeners only. Set balancer.certificate_arn, or use HTTP1",
            )
    if _map(service, "scaling").get("kind") == "requests" and "route" not in service:
        yield Problem(
            show((*path, "scaling", "kind")),
            "'requests' needs a route: a service without a balancer has no requests to count. Use cpu",
        )


def _release(path: tuple[str | int, ...], release: Mapping[str, Any], *, routed: bool) -> Iterator[Problem]:
    if routed and "port" not in release:
        yield Problem(show((*path, "port")), "is missing. A service with a route needs it, such as 8080")
    if not routed:
        for key in SERVED_ONLY:
            if key in release:
                yield Problem(
                    show((*path, key)),
                    f"{quote(release[key])} has no meaning without a route, as no balancer asks for it. "
                    f"Remove it, or give the service a route",
                )
    health = _map(release, "health")
    timeout, interval = _number(health, "timeout_s", 5), _number(health, "interval_s", 10)
    if timeout is not None and interval is not None and timeout >= interval:
        yield Problem(
            show((*path, "health", "timeout_s")),
            f"{timeout} is not less than interval_s, {interval}. Make the interval longer or the timeout shorter",
        )
    kind, allowed = ("gRPC", GRPC_CODES) if release.get("protocol_version") == "GRPC" else ("HTTP", HTTP_CODES)
    codes = health.get("codes", "200")
    if isinstance(codes, str) and any(int(code) not in allowed for code in re.findall(r"\d+", codes)):
        yield Problem(
            show((*path, "health", "codes")),
            f"{quote(codes)} are no {kind} codes of a health check. Use some from {allowed[0]} to {allowed[-1]}",
        )
    user_data, container = release.get("user_data", ""), release.get("container")
    if isinstance(user_data, str) and (CONTAINER_PLACEHOLDER in user_data) != (container is not None):
        yield Problem(
            show((*path, "container")),
            f"and {CONTAINER_PLACEHOLDER} in user_data go together: it is how the instance learns what to run. "
            "Give both or neither",
        )
    yield from _twice((*path, "instance_types"), _list(release, "instance_types"))
    volumes = [cast("dict[str, Any]", item) for item in _list(release, "volumes") if isinstance(item, dict)]
    yield from _twice((*path, "volumes"), [volume.get("device") for volume in volumes])
    for index, volume in enumerate(volumes):
        yield from _volume((*path, "volumes", index), volume)


def _volume(path: tuple[str | int, ...], volume: Mapping[str, Any]) -> Iterator[Problem]:
    kind = volume.get("type", "gp3")
    if "iops" in volume and kind not in ("gp3", "io1", "io2"):
        yield Problem(show((*path, "iops")), f"can't be set on {kind}. Remove it, or use gp3, io1 or io2")
    if "iops" not in volume and kind in ("io1", "io2"):
        yield Problem(show((*path, "iops")), f"is missing. {kind} needs it, such as 3000")
    if "throughput_mibps" in volume and kind != "gp3":
        yield Problem(show((*path, "throughput_mibps")), f"can't be set on {kind}. Remove it, or use gp3")


def _routes(services: Mapping[str, Any]) -> Iterator[Problem]:
    priorities: dict[int, str] = {}
    conditions: dict[object, str] = {}
    target_groups = 0
    routed = {name: service["route"] for name, service in services.items() if isinstance(service.get("route"), dict)}
    for name, route in routed.items():
        path = ("services", name, "route")
        target_groups += len(_list(services[name], "releases"))
        values = [*_list(route, "hosts"), *_list(route, "paths")]
        if not 1 <= len(values) <= MAX_CONDITION_VALUES:
            yield Problem(
                show(path),
                f"has {len(values)} hosts and paths; AWS takes 1 to {MAX_CONDITION_VALUES} in a rule. "
                "For everything, write paths: [/*]",
            )
        priority = _number(route, "priority")
        if priority is not None and priorities.setdefault(priority, name) != name:
            yield Problem(
                show((*path, "priority")),
                f"{priority} is taken by services.{priorities[priority]}. Give each service its own",
            )
        key = (
            frozenset(map(str, _list(route, "hosts"))),
            frozenset(map(str, _list(route, "paths"))),
        )
        if values and conditions.setdefault(key, name) != name:
            yield Problem(
                show(path),
                f"has the same hosts and paths as services.{conditions[key]}, so one of them would never be asked. "
                "Make them differ",
            )
    rules = target_groups + len(routed) + 1
    if target_groups > MAX_TARGET_GROUPS or rules > MAX_RULES:
        yield Problem(
            "services",
            f"need {rules} rules and {target_groups} target groups of one balancer; AWS allows {MAX_RULES} and "
            f"{MAX_TARGET_GROUPS}. Split the services over several stacks",
        )


def _twice(path: tuple[str | int, ...], values: list[Any]) -> Iterator[Problem]:
    """AWS, or the engine, would refuse the second of the same name only when the first stands."""
    names = [value for value in values if isinstance(value, str)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(show(path), f"{quote(name)} is there twice. Name it once")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        return {key: _without_nulls(item) for key, item in mapping.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in cast("list[Any]", value)]
    return value


def _map(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    return cast("list[Any]", value) if isinstance(value, list) else []


def _number(raw: Mapping[str, Any], key: str, default: int | None = None) -> int | None:
    value = raw.get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
