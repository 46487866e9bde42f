"""A client of the provider plugin that does what the engine does: check, diff, create, refresh, update, delete."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.provider.plugin import Provider
from sandbox.provider.values import UNKNOWN, Values, from_struct, to_struct

REGION = "eu-west-1"


class RefusedError(Exception):
    """Check refused the inputs, or an operation failed; `partial` tells what exists all the same."""

    def __init__(self, message: str, partial: Any = None) -> None:
        super().__init__(message)
        self.partial = partial


@dataclass(frozen=True)
class Diff:
    """What Diff answered."""

    detailed: dict[str, str]
    replaces: set[str]
    delete_before_replace: bool


@dataclass
class Resource:
    """A resource as the engine's state has it."""

    token: str
    name: str
    id: str = ""
    inputs: Values = field(default_factory=dict[str, Any])
    state: Values = field(default_factory=dict[str, Any])

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::test::{self.token}::{self.name}"


class Client:
    """A configured provider behind real gRPC."""

    def __init__(self, address: str, **config: Any) -> None:
        self.channel = grpc.insecure_channel(address)
        self._seed = os.urandom(16)
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct({"region": REGION, **config})))

    def check(self, resource: Resource, new: Values) -> Values:
        """The checked inputs; automatic names are this client's own."""
        request = provider_pb2.CheckRequest(
            urn=resource.urn, olds=to_struct(resource.inputs), news=to_struct(new), randomSeed=self._seed
        )
        answer = self._call(self.stub.Check, request)
        if answer.failures:
            raise RefusedError("; ".join(f"{one.property}: {one.reason}" for one in answer.failures))
        return from_struct(answer.inputs)

    def create(self, token: str, resource_name: str, **inputs: Any) -> Resource:
        """Check and create."""
        resource = Resource(token, resource_name)
        checked = self.check(resource, inputs)
        answer = self._call(
            self.stub.Create, provider_pb2.CreateRequest(urn=resource.urn, properties=to_struct(checked))
        )
        resource.id, resource.inputs, resource.state = answer.id, checked, from_struct(answer.properties)
        return resource

    def preview(self, token: str, resource_name: str, **inputs: Any) -> Values:
        """The properties that creating would lead to."""
        resource = Resource(token, resource_name)
        checked = self.check(resource, inputs)
        request = provider_pb2.CreateRequest(urn=resource.urn, properties=to_struct(checked), preview=True)
        return from_struct(self._call(self.stub.Create, request).properties)

    def diff(self, resource: Resource, new: Values, ignored: tuple[str, ...] = ()) -> Diff:
        """What changing to `new` would mean."""
        request = provider_pb2.DiffRequest(
            id=resource.id,
            urn=resource.urn,
            old_inputs=to_struct(resource.inputs),
            olds=to_struct(resource.state),
            news=to_struct(self.check(resource, new)),
            ignoreChanges=ignored,
        )
        answer = self._call(self.stub.Diff, request)
        kinds = {path: provider_pb2.PropertyDiff.Kind.Name(one.kind) for path, one in answer.detailedDiff.items()}
        return Diff(kinds, set(answer.replaces), answer.deleteBeforeReplace)

    def preview_update(self, resource: Resource, **new: Any) -> Values:
        """The properties that changing in place to `new` would lead to."""
        return self._update(resource, self.check(resource, new), preview=True)

    def update(self, resource: Resource, **new: Any) -> Values:
        """Change in place to `new`."""
        checked = self.check(resource, new)
        resource.state = self._update(resource, checked, preview=False)
        resource.inputs = checked
        return resource.state

    def _update(self, resource: Resource, checked: Values, *, preview: bool) -> Values:
        request = provider_pb2.UpdateRequest(
            id=resource.id,
            urn=resource.urn,
            old_inputs=to_struct(resource.inputs),
            olds=to_struct(resource.state),
            news=to_struct(checked),
            preview=preview,
        )
        return from_struct(self._call(self.stub.Update, request).properties)

    def refresh(self, resource: Resource) -> bool:
        """Read it again; whether it is still there."""
        request = provider_pb2.ReadRequest(
            id=resource.id, urn=resource.urn, inputs=to_struct(resource.inputs), properties=to_struct(resource.state)
        )
        answer = self._call(self.stub.Read, request)
        if not answer.id:
            return False
        resource.id = answer.id
        resource.inputs, resource.state = from_struct(answer.inputs), from_struct(answer.properties)
        return True

    def import_(self, token: str, name: str, id_: str) -> Resource:
        """Read what exists by its id alone."""
        resource = Resource(token, name, id_)
        if not self.refresh(resource):
            raise RefusedError(f"{id_} is not there")
        return resource

    def delete(self, resource: Resource) -> None:
        """Delete it."""
        request = provider_pb2.DeleteRequest(
            id=resource.id,
            urn=resource.urn,
            old_inputs=to_struct(resource.inputs),
            properties=to_struct(resource.state),
        )
        self._call(self.stub.Delete, request)

    def invoke(self, token: str, **arguments: Any) -> Values:
        """Look something up."""
        answer = self._call(self.stub.Invoke, provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments)))
        return from_struct(getattr(answer, "return"))

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise RefusedError(str(error.details()), _partial(error)) from error  # type: ignore[attr-defined]


@contextlib.contextmanager
def serving(report: Callable[[str], None] = lambda _: None) -> Generator[str]:
    """The address of a provider in this process that nobody has configured yet."""
    server = grpc.server(ThreadPoolExecutor(8))
    provider = Provider("1.2.3", lambda _urn, message: report(message))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


def unknowns(properties: Values) -> set[str]:
    """The properties that a preview can't know."""
    return {name for name, value in properties.items() if value == UNKNOWN}


def _partial(error: Any) -> Any:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            failed = provider_pb2.ErrorResourceInitFailed()
            status.details[0].Unpack(failed)
            return failed
    return None
