"""The plugin's process: it prints its port, serves one engine, and ends with it."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from sandbox.parent import on_parent_death
from sandbox.provider import models
from sandbox.provider.plugin import Provider

#: Resource operations that wait for the cloud occupy one thread each.
THREADS = 64


def serve(engine: str | None, version: str) -> None:
    """Serve until told to stop, or until the engine is gone; never returns."""
    stop: queue.SimpleQueue[None] = queue.SimpleQueue()

    def asked(_number: int, _frame: object) -> None:
        stop.put(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    on_parent_death(lambda: stop.put(None))

    server = grpc.server(ThreadPoolExecutor(THREADS), options=[("grpc.max_receive_message_length", -1)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(version, _reporter(engine)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    models.warm(("ec2", "autoscaling", "elbv2"))

    stop.get()
    # An orderly exit of the interpreter takes 0.3 s, which every command would wait for.
    os._exit(0)


def _reporter(engine: str | None) -> Callable[[str, str], None]:
    """What shows progress beside a resource; without an engine, nothing."""
    if engine is None:
        return lambda _urn, _message: None
    stub: Any = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))

    def report(urn: str, message: str) -> None:
        line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=True)
        try:
            stub.Log(line, timeout=5)
        except grpc.RpcError:
            return  # Progress is not worth a failed update.

    return report
