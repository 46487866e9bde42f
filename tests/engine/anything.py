"""A plugin that accepts any resource and does nothing: for previews of types that nothing here makes."""

from __future__ import annotations

import shlex
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.files import put, write_script
from tests.engine.stage import PROJECT


class Anything(provider_pb2_grpc.ResourceProviderServicer):
    """Whatever is asked for is fine as it is."""

    def __init__(self, version: str) -> None:
        self._version = version

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=self._version)

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CreateResponse(id="" if request.preview else "1", properties=request.properties)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        return Empty()


def install(pulumi_home: Path, package: str, version: str) -> None:
    """Put it where the engine looks for the plugin of `package`, in place of another one."""
    code = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import {__name__} as plugin; plugin.serve({version!r})"
    script = f"#!/bin/sh\nexec {shlex.join((sys.executable, '-c', code))}\n"
    put(pulumi_home / "plugins" / f"resource-{package}-v{version}" / f"pulumi-resource-{package}", write_script(script))


def serve(version: str) -> None:
    """Serve until the engine ends the process."""
    server = grpc.server(ThreadPoolExecutor())
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Anything(version), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    while True:
        time.sleep(3600)
