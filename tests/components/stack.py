"""The components over mocks: what the engine was asked for, read only when every registration has landed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc

from components.hooks import Hooks
from components.network import Network, NetworkArgs
from components.router import Router, RouterArgs
from components.service import Service, ServiceArgs, gates_of
from components.settings import Settings

VPC: Mapping[str, Any] = {
    "aws:ec2/getVpc:getVpc": {"id": "vpc-1"},
    "aws:ec2/getSubnets:getSubnets": {"ids": ["subnet-c", "subnet-a", "subnet-b"]},
}
ZONES = {"subnet-a": "eu-west-1a", "subnet-b": "eu-west-1b", "subnet-c": "eu-west-1b"}


@dataclass(frozen=True)
class Registration:
    """One resource as the engine was asked for it; `inputs` are in camelCase, `request` is the whole message."""

    kind: str
    name: str
    inputs: dict[str, Any]
    request: Any

    @property
    def depends_on(self) -> set[str]:
        """What it depends on, as `<type>::<name>`."""
        return {urn.rpartition("$")[2] for urn in self.request.dependencies}

    def hooks(self, when: str) -> list[str]:
        """The names of its hooks at `before_create` and the like."""
        return list(getattr(self.request.hooks, when))


class Stack(list[Registration]):
    """All registrations of a program, in their order."""

    def of(self, kind: str) -> list[Registration]:
        """Those whose type ends so, such as `:Group`."""
        return [one for one in self if one.kind.endswith(f":{kind}")]

    def one(self, kind: str, name: str = "") -> Registration:
        """The only one of its type (and name)."""
        [found] = [one for one in self.of(kind) if name in ("", one.name)]
        return found


class _Cloud(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = {
            "arn": f"arn:{args.typ}:{args.name}",
            "arnSuffix": f"suffix/{args.name}",
            "dnsName": "router.example.com",
            "latestVersion": 1,
            "name": f"{args.name}-physical",
        }
        inputs: dict[str, Any] = cast("Any", args).inputs
        return f"{args.name}-id", outputs | inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride] # the SDK takes a map alone too
        return VPC.get(args.token) or {"availabilityZone": ZONES[cast("Any", args).args["id"]]}


class _Monitor(pulumi_mocks.MockMonitor):
    """Keeps each request whole, as mocks see neither options nor hooks."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 # the name in the engine's protocol
        self.requests.append(request)
        return cast("Any", super()).RegisterResource(request)


def stand_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Everything that the program registers for these settings, as `__main__` wires it."""
    loop = asyncio.new_event_loop()
    # The SDK takes the thread's loop, which an asynchronous test before this one has closed.
    asyncio.set_event_loop(loop)
    mocks = _Cloud()
    monitor = _Monitor(mocks)
    pulumi.runtime.set_mocks(mocks, project="immutable", stack="prod", monitor=monitor)
    # Mocks have no server for callbacks; what is bound to which resource is in the requests all the same.
    monkeypatch.setattr("pulumi.resource_hooks.register_resource_hook", _registered)

    def program() -> object:
        hooks = Hooks.register(gates_of(settings.services), settings.retired)
        ports = {
            name: [one.port for one in service.releases if one.port] for name, service in settings.services.items()
        }
        network = Network("network", NetworkArgs(vpc=settings.network, balancer=settings.balancer, ports=ports))
        router = None
        if network.balancer_group_id is not None:
            group = network.balancer_group_id
            subnets = network.balancer_subnet_ids
            router = Router(
                "router", RouterArgs(balancer=settings.balancer, subnet_ids=subnets, security_group_id=group)
            )
        services = [
            Service(name, ServiceArgs(service=service, network=network, router=router, hooks=hooks))
            for name, service in settings.services.items()
        ]
        return pulumi.Output.all(*(service.releases for service in services))

    cast("Any", pulumi.runtime).test(program)()
    loop.close()
    asyncio.set_event_loop(None)
    return Stack(
        Registration(request.type, request.name, rpc.deserialize_properties(request.object), request)
        for request in monitor.requests
    )


def _registered(_hook: pulumi.ResourceHook) -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_event_loop().create_future()
    done.set_result(None)
    return done
