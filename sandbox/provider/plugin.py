"""The provider protocol: requests of the engine in, what becomes of resources out.

Source: pulumi/sdk, proto/pulumi/provider.proto.
"""

# ruff: noqa: ARG002, N802  (the methods' names and parameters are the protocol's)

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import grpc
from google.protobuf import empty_pb2
from google.protobuf.any_pb2 import Any as AnyMessage
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.provider import check, config, diff
from sandbox.provider.aws import AccountError, Aws, CloudError, NotFoundError, StoppedError
from sandbox.provider.compare import Kind
from sandbox.provider.invoke import invoke
from sandbox.provider.lifecycle import PartialError, Resource
from sandbox.provider.lookup import LookupFailedError
from sandbox.provider.roles import AssumeError
from sandbox.provider.row import Type
from sandbox.provider.types import TYPES
from sandbox.provider.types.names import TakenError
from sandbox.provider.values import Values, from_struct, secret_names, to_struct

_Method = TypeVar("_Method", bound=Callable[..., Any])
_Context = grpc.ServicerContext

#: gRPC's number of StatusCode.UNKNOWN.
_UNKNOWN = 2


class RefusedError(Exception):
    """The request can't be served; the message says why and what to do."""


def _answers(method: _Method) -> _Method:
    """Turn errors into what the engine shows: a sentence, and the id of what exists all the same."""

    @wraps(method)
    def answer(self: Provider, request: Any, context: _Context) -> Any:
        try:
            return method(self, request, context)
        except PartialError as error:
            _fail_partially(context, error, _secret(request.news if hasattr(request, "news") else request.properties))
        except (
            AccountError,
            AssumeError,
            CloudError,
            NotFoundError,
            RefusedError,
            TakenError,
            TimeoutError,
            config.ConfigError,
            LookupFailedError,
        ) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except StoppedError as error:
            context.abort(grpc.StatusCode.CANCELLED, str(error))

    return cast("_Method", answer)


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider of a stack; the engine calls it from many threads at once."""

    def __init__(self, version: str, report: Callable[[str, str], None]) -> None:
        self._version, self._report = version, report
        self._stopping = threading.Event()
        self._aws: Aws | None = None

    def Handshake(self, request: Any, context: _Context) -> Any:
        """What this provider understands."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def GetPluginInfo(self, request: Any, context: _Context) -> Any:
        """The version that programs expect."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: _Context) -> Any:
        """None: the program's SDK has been generated from the real provider's."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Attach(self, request: Any, context: _Context) -> Any:
        """Nothing to do: the engine's address is known from the start."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: _Context) -> Any:
        """End every wait."""
        self._stopping.set()
        return empty_pb2.Empty()

    @_answers
    def CheckConfig(self, request: Any, context: _Context) -> Any:
        """Refuse config that this provider would not heed."""
        news = from_struct(request.news)
        failures = [provider_pb2.CheckFailure(property=name, reason=why) for name, why in config.problems(news)]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_answers
    def DiffConfig(self, request: Any, context: _Context) -> Any:
        """A change of config replaces nothing by itself; a new region shows on each resource."""
        old, new = from_struct(request.olds), from_struct(request.news)
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return provider_pb2.DiffResponse(changes=_changes(bool(changed)), diffs=changed)

    @_answers
    def Configure(self, request: Any, context: _Context) -> Any:
        """Take the config; nothing is called before it is needed, but where the account is to be a certain one."""
        self._aws = Aws(config.parse(from_struct(request.args)), self._stopping, self._report)
        self._aws.verify_account()
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @_answers
    def Check(self, request: Any, context: _Context) -> Any:
        """Fill in defaults and the physical name; refuse what AWS would refuse or no call carries."""
        type_ = _row(request.urn)
        proposal = None
        if request.HasField("autonaming"):
            mode = request.autonaming.mode
            modes = provider_pb2.CheckRequest.AutonamingOptions
            proposal = check.Proposal(request.autonaming.proposed_name, mode == modes.ENFORCE, mode == modes.DISABLE)
        logical = request.name or request.urn.rpartition("::")[2]
        checked = check.check(
            type_, logical, from_struct(request.olds), from_struct(request.news), request.randomSeed, proposal
        )
        failures = [provider_pb2.CheckFailure(property=name, reason=why) for name, why in checked.failures]
        inputs = to_struct(checked.inputs, secret_names(request.news))
        return provider_pb2.CheckResponse(inputs=inputs, failures=failures)

    @_answers
    def Diff(self, request: Any, context: _Context) -> Any:
        """Say what changes and what that means."""
        type_, new = _row(request.urn), from_struct(request.news)
        aws = self._configured()
        planned = diff.plan(
            type_,
            from_struct(request.old_inputs),
            from_struct(request.olds),
            new,
            dict(aws.settings.default_tags),
            aws.region,
            list(request.ignoreChanges),
        )
        detailed = {
            one.path: _property_diff(one.kind, diff.top(one.path) in planned.replaces) for one in planned.differences
        }
        detailed |= {name: _property_diff(Kind.UPDATE, False, of_input=False) for name in planned.moved}
        return provider_pb2.DiffResponse(
            changes=_changes(bool(planned.differences)),
            replaces=sorted(planned.replaces),
            diffs=sorted(planned.changed),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=planned.delete_before_replace,
        )

    @_answers
    def Create(self, request: Any, context: _Context) -> Any:
        """Create, or say what creating will lead to."""
        inputs, secret = from_struct(request.properties), _secret(request.properties)
        resource = self._resource(request, inputs)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(resource.preview_create(inputs), secret))
        id_, properties = resource.create(inputs)
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(properties, secret))

    @_answers
    def Read(self, request: Any, context: _Context) -> Any:
        """Refresh or import; an answer without id means that it is gone."""
        inputs, state = from_struct(request.inputs), from_struct(request.properties)
        resource = self._resource(request, inputs or state)
        try:
            id_, found, asked = resource.read(request.id, inputs, state)
        except NotFoundError:
            return provider_pb2.ReadResponse()
        secret = _secret(request.inputs, request.properties)
        return provider_pb2.ReadResponse(id=id_, properties=to_struct(found, secret), inputs=to_struct(asked, secret))

    @_answers
    def Update(self, request: Any, context: _Context) -> Any:
        """Change in place, or say what changing will lead to."""
        old, state, new = from_struct(request.old_inputs), from_struct(request.olds), from_struct(request.news)
        resource, ignored = self._resource(request, new), list(request.ignoreChanges)
        if request.preview:
            properties = resource.preview_update(old, state, new, ignored)
        else:
            properties = resource.update(request.id, old, state, new, ignored)
        return provider_pb2.UpdateResponse(properties=to_struct(properties, _secret(request.news)))

    @_answers
    def Delete(self, request: Any, context: _Context) -> Any:
        """Delete; what is gone already is deleted."""
        inputs, state = from_struct(request.old_inputs), from_struct(request.properties)
        self._resource(request, state).delete(request.id, inputs, state)
        return empty_pb2.Empty()

    @_answers
    def Invoke(self, request: Any, context: _Context) -> Any:
        """Look something up."""
        arguments = from_struct(request.args)
        found = invoke(request.tok, arguments, self._configured())
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(to_struct(found))  # The word is Python's own.
        return answer

    def _configured(self) -> Aws:
        if self._aws is None:
            raise RefusedError("The provider was asked to work before it was configured.")
        return self._aws

    def _resource(self, request: Any, known: Values) -> Resource:
        type_, aws = _row(request.urn), self._configured()
        region = known.get("region") if type_.regional else None
        return Resource(type_, request.urn, aws.at(str(region)) if region else aws, request.timeout or None)


def _row(urn: str) -> Type:
    token = urn.split("::")[2].rpartition("$")[2]
    if token not in TYPES:
        raise RefusedError(
            f"{token} is not a type that the sandbox knows. It knows {', '.join(sorted(TYPES))}. Add a row for it in "
            "sandbox/provider/types"
        )
    return TYPES[token]


def _changes(some: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _property_diff(kind: Kind, replaces: bool, *, of_input: bool = True) -> Any:
    name = f"{kind.value}_REPLACE" if replaces else kind.value
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(name), inputDiff=of_input)


def _secret(*structs: Any) -> set[str]:
    """The secret properties; all tags are secret if one of a resource's own is."""
    names = {name for struct in structs for name in secret_names(struct)}
    return names | {"tagsAll"} if "tags" in names else names


def _fail_partially(context: _Context, error: PartialError, secret: set[str]) -> None:
    detail = AnyMessage()
    properties, inputs = to_struct(error.properties, secret), to_struct(error.inputs, secret)
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(id=error.id, properties=properties, reasons=[str(error)], inputs=inputs)
    )
    status = status_pb2.Status(code=_UNKNOWN, message=str(error), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
