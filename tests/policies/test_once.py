"""Properties of a resource are read once for all policies."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
    policy,
)

from policies.once import Reader, install


def _message(name: str) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update({"name": name})
    return message


def test_a_message_is_read_once_and_told_from_others() -> None:
    reader, one, provider = Reader(), _message("web"), _message("aws")
    first = reader.read(one)
    assert (first, reader.read(provider)) == ({"name": "web"}, {"name": "aws"})
    assert reader.read(one) is first
    assert [reader.read(_message(str(number))) for number in range(3)] == [{"name": str(n)} for n in range(3)]
    assert reader.read(one) == {"name": "web"}
    assert reader.read(_message("web")) is reader.read(one)


class Context:
    """Of a call; nothing asks it."""


@pytest.fixture
def servicer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What answers the engine for a pack of two policies, for a bucket and for a topic; settings are read from env."""
    for name in ("json_format", "analyzer_pb2_grpc", "_PolicyAnalyzerServicer"):
        monkeypatch.setattr(policy, name, getattr(policy, name))
    for name, value in {"PULUMI_PROJECT": "p", "PULUMI_STACK": "prod", "PULUMI_DRY_RUN": "true"}.items():
        monkeypatch.setenv(name, value)
    install({"buckets": ("bucket",), "topics": ("topic",), "both": ("bucket", "topic")})

    def judge(args: ResourceValidationArgs, report: ReportViolation) -> None:
        report(f"{args.resource_type} {args.props['name']} of {pulumi.get_stack()} {args.get_config()}", None)

    def judge_all(args: StackValidationArgs, report: ReportViolation) -> None:
        report(", ".join(f"{one.resource_type} {one.props['name']}" for one in args.resources), None)

    policies = [
        *(ResourceValidationPolicy(name, name, judge, EnforcementLevel.MANDATORY) for name in ("buckets", "topics")),
        StackValidationPolicy("both", "both", judge_all, EnforcementLevel.MANDATORY),
    ]
    made: Any = policy._PolicyAnalyzerServicer  # type: ignore[attr-defined]
    yield made("pack", "1.0.0", policies, EnforcementLevel.ADVISORY)


def _found(servicer: Any, type_: str) -> list[str]:
    """What is found about a resource, by gRPC's way: each call in a context of its own."""
    request = analyzer_pb2.AnalyzeRequest(type=type_, properties=_message("web"))
    answer = contextvars.Context().run(servicer.Analyze, request, Context())
    return [f"{each.policyName}: {each.message.splitlines()[1]}" for each in answer.diagnostics]


def test_only_the_policies_of_a_type_judge_it(servicer: Any) -> None:
    assert _found(servicer, "bucket") == ["buckets: bucket web of prod {}"]
    assert _found(servicer, "topic") == ["topics: topic web of prod {}"]
    assert _found(servicer, "bucket") == ["buckets: bucket web of prod {}"]
    assert _found(servicer, "queue") == []


def test_a_policy_of_the_whole_stack_sees_the_resources_of_its_types(servicer: Any) -> None:
    kinds = ("bucket", "queue", "topic")
    resources = [analyzer_pb2.AnalyzerResource(type=kind, properties=_message(f"a {kind}")) for kind in kinds]
    (found,) = servicer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), Context()).diagnostics
    assert found.message.splitlines()[1] == "bucket a bucket, topic a topic"


def test_settings_that_come_later_count(servicer: Any) -> None:
    assert _found(servicer, "bucket")
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    request.policyConfig["buckets"].enforcementLevel = analyzer_pb2.ADVISORY
    request.policyConfig["buckets"].properties.update({"limit": 2})
    servicer.Configure(request, Context())
    assert _found(servicer, "bucket") == ["buckets: bucket web of prod {'limit': 2.0}"]


def test_all_policies_are_told_of_and_none_remediates(servicer: Any) -> None:
    server: Any = grpc.server(ThreadPoolExecutor())
    policy.analyzer_pb2_grpc.add_AnalyzerServicer_to_server(servicer, server)  # type: ignore[attr-defined]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = analyzer_pb2_grpc.AnalyzerStub(channel)
        assert [each.name for each in stub.GetAnalyzerInfo(empty_pb2.Empty()).policies] == ["buckets", "topics", "both"]
        with pytest.raises(grpc.RpcError) as refused:
            stub.Remediate(analyzer_pb2.AnalyzeRequest(type="bucket", properties=_message("web")))
    server.stop(None)
    assert "UNIMPLEMENTED" in str(refused.value)
