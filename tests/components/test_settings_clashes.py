"""What does not go together although each key is fine: the whole line, as a user sees it."""

from __future__ import annotations

from typing import Any

import pytest

from components.config_errors import ConfigError
from tests.components.builders import (
    CERTIFICATE,
    GONE,
    complaints,
    release_entry,
    service_entry,
    settings,
    worker_entry,
)

RELEASE = "services.web.releases[0]"
VOLUME = {"device": "/dev/xvda", "size_gib": 20}
GIVEN = {"kind": "given", "vpc_id": "vpc-0a"}
FAR_TOO_MANY = {
    f"s{place}": service_entry(
        route={"priority": place, "paths": [f"/{place}"]},
        releases=[release_entry(version=f"1.{minor}.0") for minor in range(5)],
    )
    for place in range(1, 22)
}


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        pytest.param(
            {"services.web.releases": [release_entry(), release_entry(image="ami-0123456789abcdef1")]},
            "services.web.releases[1].version: '1.4.2' is there twice with revision 0. "
            "Remove one of them, or give it another version or revision",
            id="a version twice",
        ),
        pytest.param(
            {f"{RELEASE}.weight": 0},
            "services.web.releases: all have weight 0, so nobody would serve. Give one of them a weight, such as 100",
            id="standbys only",
        ),
        pytest.param(
            {"services.web.capacity.min": 11},
            "services.web.capacity.min: 11 is more than capacity.max, 10. Raise the maximum or lower the minimum",
            id="minimum over maximum",
        ),
        pytest.param(
            {"services.web.capacity": {"min": 3, "max": 10, "surge": "10%"}},
            "services.web.capacity.surge: needs a capacity.min of 4 or more: 3 can't be shared by weight. "
            "Remove it, as a second fleet costs little",
            id="a surge over few instances",
        ),
        pytest.param(
            {"services.web": worker_entry(capacity={"min": 4, "max": 10, "surge": 2})},
            "services.web.capacity.surge: needs a route: without a balancer no weight moves, so no capacity along with "
            "it. Remove it",
            id="a surge without weights",
        ),
        pytest.param(
            {"services.web.route": GONE},
            f"{RELEASE}.port: 8080 has no meaning without a route, as no balancer asks for it. "
            "Remove it, or give the service a route",
            id="port without route",
        ),
        pytest.param(
            {"services.web.route": None},
            f"{RELEASE}.port: 8080 has no meaning without a route, as no balancer asks for it. "
            "Remove it, or give the service a route",
            id="port with a route of null",
        ),
        pytest.param(
            {"services": {"jobs": worker_entry(releases=[release_entry(port=None, drain_s=5)])}},
            "services.jobs.releases[0].drain_s: 5 has no meaning without a route, as no balancer asks for it. "
            "Remove it, or give the service a route",
            id="drain time without route",
        ),
        pytest.param(
            {f"{RELEASE}.port": GONE},
            f"{RELEASE}.port: is missing. A service with a route needs it, such as 8080",
            id="route without port",
        ),
        pytest.param(
            {f"{RELEASE}.port": None},
            f"{RELEASE}.port: is missing. A service with a route needs it, such as 8080",
            id="route with a port of null",
        ),
        pytest.param(
            {"services.web.route": {"priority": 100}},
            "services.web.route: has 0 hosts and paths; AWS takes 1 to 5 in a rule. For everything, write paths: [/*]",
            id="route of nothing",
        ),
        pytest.param(
            {"services.web.route.paths": [f"/{number}" for number in range(6)]},
            "services.web.route: has 6 hosts and paths; AWS takes 1 to 5 in a rule. For everything, write paths: [/*]",
            id="route of too much",
        ),
        pytest.param(
            {"services.shop": service_entry(route={"priority": 100, "paths": ["/shop"]})},
            "services.shop.route.priority: 100 is taken by services.web. Give each service its own",
            id="priority twice",
        ),
        pytest.param(
            {"services.shop": service_entry(route={"priority": 101, "paths": ["/*"]})},
            "services.shop.route: has the same hosts and paths as services.web, so one of them would never be asked. "
            "Make them differ",
            id="route twice",
        ),
        pytest.param(
            {"retired": ["web"]},
            "retired[0]: 'web' is still declared under services. Remove one of the two",
            id="retired and declared",
        ),
        pytest.param(
            {f"{RELEASE}.container": f"registry/web@sha256:{'0' * 64}"},
            f"{RELEASE}.container: and ${{CONTAINER}} in user_data go together: "
            "it is how the instance learns what to run. Give both or neither",
            id="container without placeholder",
        ),
        pytest.param(
            {f"{RELEASE}.user_data": "docker run ${CONTAINER}"},
            f"{RELEASE}.container: and ${{CONTAINER}} in user_data go together: "
            "it is how the instance learns what to run. Give both or neither",
            id="placeholder without container",
        ),
        pytest.param(
            {"services": {"jobs": worker_entry(scaling={"kind": "requests", "per_target_per_minute": 100})}},
            "services.jobs.scaling.kind: 'requests' needs a route: a service without a balancer has no requests to "
            "count. Use cpu",
            id="request scaling without route",
        ),
        pytest.param(
            {f"{RELEASE}.volumes": [VOLUME | {"type": "gp2", "iops": 3000}]},
            f"{RELEASE}.volumes[0].iops: can't be set on gp2. Remove it, or use gp3, io1 or io2",
            id="iops on gp2",
        ),
        pytest.param(
            {f"{RELEASE}.volumes": [VOLUME | {"type": "io2"}]},
            f"{RELEASE}.volumes[0].iops: is missing. io2 needs it, such as 3000",
            id="io2 without iops",
        ),
        pytest.param(
            {f"{RELEASE}.volumes": [VOLUME | {"type": "io1", "iops": 3000, "throughput_mibps": 125}]},
            f"{RELEASE}.volumes[0].throughput_mibps: can't be set on io1. Remove it, or use gp3",
            id="throughput on io1",
        ),
        pytest.param(
            {f"{RELEASE}.health": {"interval_s": 5}},
            f"{RELEASE}.health.timeout_s: 5 is not less than interval_s, 5. "
            "Make the interval longer or the timeout shorter",
            id="timeout as long as the interval",
        ),
        pytest.param(
            {f"{RELEASE}.health": {"codes": "200-600"}},
            f"{RELEASE}.health.codes: '200-600' are no HTTP codes of a health check. Use some from 200 to 499",
            id="codes that no health check may ask for",
        ),
        pytest.param(
            {f"{RELEASE}.protocol_version": "GRPC", "balancer": {"certificate_arn": CERTIFICATE}},
            f"{RELEASE}.health.codes: '200' are no gRPC codes of a health check. Use some from 0 to 99",
            id="HTTP codes for gRPC",
        ),
        pytest.param(
            {f"{RELEASE}.protocol_version": "HTTP2"},
            f"{RELEASE}.protocol_version: 'HTTP2' is served by HTTPS listeners only. "
            "Set balancer.certificate_arn, or use HTTP1",
            id="HTTP/2 without certificate",
        ),
        pytest.param(
            {f"{RELEASE}.volumes": [VOLUME, VOLUME | {"size_gib": 40}]},
            f"{RELEASE}.volumes: '/dev/xvda' is there twice. Name it once",
            id="device twice",
        ),
        pytest.param(
            {f"{RELEASE}.instance_types": ["m7i.large", "m6i.large", "m7i.large"]},
            f"{RELEASE}.instance_types: 'm7i.large' is there twice. Name it once",
            id="instance type twice",
        ),
        pytest.param(
            {"services.web.managed_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] * 2},
            "services.web.managed_policies: 'arn:aws:iam::aws:policy/ReadOnlyAccess' is there twice. Name it once",
            id="policy twice",
        ),
        pytest.param(
            {"network": GIVEN | {"subnet_ids": ["subnet-0a", "subnet-0b", "subnet-0a"]}},
            "network.subnet_ids: 'subnet-0a' is there twice. Name it once",
            id="subnet twice",
        ),
        pytest.param(
            {"balancer": {"allowed_cidrs": ["10.0.0.0/8", "10.0.0.0/8"]}},
            "balancer.allowed_cidrs: '10.0.0.0/8' is there twice. Name it once",
            id="range of addresses twice",
        ),
        pytest.param(
            {"services": FAR_TOO_MANY},
            "services: need 127 rules and 105 target groups of one balancer; AWS allows 100 and 100. "
            "Split the services over several stacks",
            id="more than one balancer takes",
        ),
    ],
)
def test_what_does_not_go_together_is_told_with_both_sides(edits: dict[str, Any], line: str) -> None:
    assert complaints(edits) == [line]


@pytest.mark.parametrize("value", [None, [], [[]], {}, {"kind": []}, "text", 5, 2.5, True])
@pytest.mark.parametrize(
    "path",
    [
        "services",
        "retired",
        "network",
        "balancer",
        *(f"services.web.{key}" for key in ("releases", "capacity", "route", "gate", "scaling", "managed_policies")),
        "services.web.releases[0]",
        *(
            f"{RELEASE}.{key}"
            for key in ("version", "revision", "weight", "user_data", "container", "volumes", "health")
        ),
        *(f"services.web.route.{key}" for key in ("priority", "hosts", "paths")),
    ],
)
def test_whatever_stands_in_a_key_the_answer_is_settings_or_a_sentence(path: str, value: Any) -> None:
    try:
        settings({path: value})
    except ConfigError as error:
        assert all(problem.path and problem.message for problem in error.problems)
