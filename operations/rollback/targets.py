"""The resources of one service, by URN: what an update of it alone is targeted on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SERVICE, _NETWORK = "immutable:aws:Service", "immutable:aws:Network"


def targets(deployment: Mapping[str, Any], stack: str, service: str, arriving: Mapping[str, int | None]) -> list[str]:
    """Those of a deployment, and those that come with the releases `arriving`: by logical name, the port.

    `stack` is `PROJECT/STACK`. A name can't be told by its beginning: `web-8080` may be a service beside `web`. So each
    is told by its parents, or by its whole name.
    """
    project, _, name = stack.partition("/")
    root = f"urn:pulumi:{name}::{project}::"
    own = f"{root}{_SERVICE}::{service}"
    found = {own: None, **dict.fromkeys(_standing(deployment, own, service))}
    for release, port in arriving.items():
        found |= dict.fromkeys(f"{root}{_SERVICE}$**::{release}{part}" for part in ("", "-preview"))
        if port is not None:
            found[f"{root}{_NETWORK}$**::{service}-{port}"] = None
    return list(found)


def _standing(deployment: Mapping[str, Any], own: str, service: str) -> Iterator[str]:
    resources: list[Any] = deployment.get("resources") or []
    parents = {one["urn"]: one.get("parent") for one in resources}
    # The security group of its instances, and the ports on which the balancer reaches them.
    group = r"(SecurityGroup|SecurityGroupEgressRule)::" + re.escape(service)
    port = rf"SecurityGroupIngressRule::{re.escape(service)}-\d+"
    in_network = re.compile(rf"{re.escape(_NETWORK)}\$[^$]+:({group}|{port})")
    for urn in parents:
        above: str | None = urn
        while above and above != own:
            above = parents.get(above)
        if above == own or in_network.fullmatch(urn.split("::", 2)[2]):
            yield urn
