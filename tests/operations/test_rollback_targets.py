"""The resources of one service, told by their parents and whole names."""

from __future__ import annotations

from typing import Any

from operations.rollback.targets import targets

ROOT = "urn:pulumi:dev::immutable::"
SERVICE, NETWORK, FLEET = "immutable:aws:Service", "immutable:aws:Network", "immutable:aws:Fleet"


def resource(kind: str, name: str, parent: str | None = None) -> dict[str, Any]:
    return {"urn": f"{ROOT}{kind}::{name}", "parent": parent and f"{ROOT}{parent}"}


STANDING = [
    resource(SERVICE, "web"),
    resource(f"{SERVICE}$aws:iam/role:Role", "web", f"{SERVICE}::web"),
    resource(f"{SERVICE}${FLEET}", "web-1.4.2-3f9a", f"{SERVICE}::web"),
    resource(
        f"{SERVICE}${FLEET}$aws:lb/targetGroup:TargetGroup", "web-1.4.2-3f9a", f"{SERVICE}${FLEET}::web-1.4.2-3f9a"
    ),
    resource(f"{NETWORK}$aws:ec2/securityGroup:SecurityGroup", "web", f"{NETWORK}::network"),
    resource(f"{NETWORK}$aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "web", f"{NETWORK}::network"),
    resource(f"{NETWORK}$aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "web-8080", f"{NETWORK}::network"),
]
OTHERS = [
    resource(NETWORK, "network"),
    # A service whose name begins like the other's, and a security group whose name is like the other's port.
    resource(SERVICE, "web-8080"),
    resource(f"{SERVICE}$aws:iam/role:Role", "web-8080", f"{SERVICE}::web-8080"),
    resource(f"{NETWORK}$aws:ec2/securityGroup:SecurityGroup", "web-8080", f"{NETWORK}::network"),
    resource(f"{NETWORK}$aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "web-8080", f"{NETWORK}::network"),
    resource(
        f"{NETWORK}$aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "web-8080-80", f"{NETWORK}::network"
    ),
    resource("immutable:aws:Router$aws:lb/listener:Listener", "http", "immutable:aws:Router::router"),
]


def test_all_of_a_service_and_nothing_of_one_with_a_like_name() -> None:
    found = targets({"resources": [*STANDING, *OTHERS]}, "immutable/dev", "web", {})
    assert found == [one["urn"] for one in STANDING]


def test_what_comes_with_a_release_is_named_before_it_stands() -> None:
    found = targets({}, "immutable/dev", "web", {"web-1.5.0-a1ca": 9090, "web-1.6.0-b2db": None})
    assert found == [
        f"{ROOT}{SERVICE}::web",
        f"{ROOT}{SERVICE}$**::web-1.5.0-a1ca",
        f"{ROOT}{SERVICE}$**::web-1.5.0-a1ca-preview",
        f"{ROOT}{NETWORK}$**::web-9090",
        f"{ROOT}{SERVICE}$**::web-1.6.0-b2db",
        f"{ROOT}{SERVICE}$**::web-1.6.0-b2db-preview",
    ]
