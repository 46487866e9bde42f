"""pulumi-policy does most of its work anew for every resource and every policy, which with dozens of policies is most
of what a pack costs. Here it is done once, and only for policies that judge resources of the type at hand."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
from google.protobuf import json_format
from pulumi.runtime import Settings, configure
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import Policy, StackValidationPolicy, policy

#: The properties of a resource and those of its provider are asked for by turns.
KEPT = 2

# pulumi-policy has no other place for this than its private names, which the type checker lets pass as text only; the
# methods' names are gRPC's.
_Servicer: Any = getattr(policy, "_PolicyAnalyzerServicer")  # noqa: B009
_POLICIES = "_PolicyAnalyzerServicer__policies"


class Reader(threading.local):
    """Remembers the last messages that a thread has read; whoever gets the result must not change it."""

    def __init__(self) -> None:
        self._kept: deque[tuple[Any, bytes, dict[str, Any]]] = deque(maxlen=KEPT)

    def read(self, message: Any) -> dict[str, Any]:
        """The message as a dict. A provider's comes with each of its resources, as another message of equal bytes."""
        for known, _, found in self._kept:
            if known is message:
                return found
        content = message.SerializeToString()
        found = next((found for _, known, found in self._kept if known == content), None)
        if found is None:
            found = json_format.MessageToDict(message)
        self._kept.append((message, content, found))
        return found


class Servicer(_Servicer):
    """Answers as pulumi-policy's for a pack whose policies remediate nothing and judge the resources of their types."""

    #: The resource types that a policy judges, by its name.
    types: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, *arguments: Any) -> None:
        _Servicer.__init__(self, *arguments)
        self._policies: list[Policy] = getattr(self, _POLICIES)
        self._focused: dict[str, Servicer] = {}
        self._settings: Settings | None = None

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What the policies of the resource's type find."""
        focused = self._focused.get(request.type)
        if focused is None:
            own = [each for each in self._policies if request.type in self.types.get(each.name, ())]
            focused = self._focused[request.type] = self._with(own)
        return _Servicer.Analyze(focused, request, context)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What each policy of the whole stack finds in the resources of its types; the others are not read."""
        found = analyzer_pb2.AnalyzeResponse()
        for each in self._policies:
            if isinstance(each, StackValidationPolicy):
                types = self.types.get(each.name, ())
                kept = SimpleNamespace(resources=[one for one in request.resources if one.type in types])
                found.MergeFrom(_Servicer.AnalyzeStack(self._with([each]), kept, context))
        return found

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take the settings of all policies."""
        self._focused = {}
        return _Servicer.Configure(self, request, context)

    def _with(self, policies: list[Policy]) -> Servicer:
        focused = copy.copy(self)
        setattr(focused, _POLICIES, policies)
        return focused

    def _configure_runtime_settings(self) -> None:
        """The stack and its config are in the environment, which doesn't change; gRPC gives each call a new context."""
        if self._settings is None:
            _Servicer._configure_runtime_settings(self)
            self._settings = Settings(
                pulumi.get_project(),
                pulumi.get_stack(),
                dry_run=pulumi.runtime.is_dry_run(),
                organization=pulumi.get_organization(),
            )
        configure(self._settings)


class Unanswered(grpc.GenericRpcHandler):
    """The handlers of a pack but for `Remediate`: that it does not is told without a look at the resource."""

    def __init__(self, handler: grpc.GenericRpcHandler) -> None:
        self._handler = handler

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a call, None for one that is not implemented."""
        remediates = handler_call_details.method.endswith("/Remediate")
        return None if remediates else self._handler.service(handler_call_details)


def _serve(servicer: Servicer, server: Any) -> None:
    def add(handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        server.add_generic_rpc_handlers([Unanswered(each) for each in handlers])

    add_to_server: Any = analyzer_pb2_grpc.add_AnalyzerServicer_to_server
    add_to_server(servicer, SimpleNamespace(add_generic_rpc_handlers=add))


def install(types: Mapping[str, tuple[str, ...]]) -> None:
    """Let the packs of pulumi-policy that are made from now on work so."""
    # Names as text, as at the top: the type checker knows none of them as public.
    setattr(policy, "json_format", SimpleNamespace(MessageToDict=Reader().read))  # noqa: B010
    setattr(policy, "analyzer_pb2_grpc", SimpleNamespace(add_AnalyzerServicer_to_server=_serve))  # noqa: B010
    setattr(policy, "_PolicyAnalyzerServicer", type("Servicer", (Servicer,), {"types": types}))  # noqa: B010
