"""pulumi-policy does most of its work anew for every resource and every policy, which with dozens of policies is most
of what a pack costs. Here it is done once, and only for policies that judge resources of the type at hand."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import Settings, configure
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import Policy, ResourceValidationPolicy, StackValidationPolicy, policy

#: The properties of a resource and those of its provider are asked for by turns.
KEPT = 2

_Servicer: Any = getattr(policy, "_PolicyAnalyzerServicer")  # noqa: B009
_POLICIES = "_PolicyAnalyzerServicer__policies"
_RemediateResponse: Any = getattr(analyzer_pb2, "RemediateResponse")  # noqa: B009


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
    """Answers as pulumi-policy's does for a pack whose policies say nothing about types that are not theirs."""

    #: The resource types that a policy judges, by its name.
    types: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, *arguments: Any) -> None:
        _Servicer.__init__(self, *arguments)
        self._policies: list[Policy] = getattr(self, _POLICIES)
        resources = [each for each in self._policies if isinstance(each, ResourceValidationPolicy)]
        self._remediates = any(each.has_remediation() for each in resources)
        self._focused: dict[str, Servicer] = {}
        self._settings: Settings | None = None

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What the policies of the resource's type find."""
        focused = self._focused.get(request.type)
        if focused is None:
            focused = self._focused[request.type] = self._of(request.type)
        return _Servicer.Analyze(focused, request, context)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What the policies of the whole stack find in the resources of their types; the others are not read."""
        stack = [each for each in self._policies if isinstance(each, StackValidationPolicy)]
        types = {type_ for each in stack for type_ in self.types.get(each.name, ())}
        kept = SimpleNamespace(resources=[each for each in request.resources if each.type in types])
        return _Servicer.AnalyzeStack(self, kept, context)

    def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing, without a look at the resource, if no policy remediates."""
        return _Servicer.Remediate(self, request, context) if self._remediates else _RemediateResponse()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take the settings of all policies."""
        self._focused = {}
        return _Servicer.Configure(self, request, context)

    def _of(self, type_: str) -> Servicer:
        focused = copy.copy(self)
        setattr(focused, _POLICIES, [each for each in self._policies if type_ in self.types.get(each.name, ())])
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


def install(types: Mapping[str, tuple[str, ...]]) -> None:
    """Let the packs of pulumi-policy that are made from now on work so."""
    setattr(policy, "json_format", SimpleNamespace(MessageToDict=Reader().read))  # noqa: B010
    setattr(policy, "_PolicyAnalyzerServicer", type("Servicer", (Servicer,), {"types": types}))  # noqa: B010
