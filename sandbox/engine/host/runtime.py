"""What the engine asks of a language host, each question answered by a module of its own."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2
from typing_extensions import override

from sandbox.engine.host.children import Children
from sandbox.engine.host.dependencies import install_dependencies
from sandbox.engine.host.errors import HostError
from sandbox.engine.host.interpreter import Interpreter, dependencies, provider_packages
from sandbox.engine.host.pack import run_pack
from sandbox.engine.host.program import run_program
from sandbox.engine.version import PULUMI_VERSION


class LanguageRuntime(language_pb2_grpc.LanguageRuntimeServicer):
    """The Python language runtime of one engine process.

    What isn't here (code generation, templates, linking) answers UNIMPLEMENTED, which the engine takes as "not with
    this host".
    """

    def __init__(self, engine: str, runner: Path, children: Children) -> None:
        self._engine = engine
        self._runner = runner
        self._children = children

    @override
    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        self._engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    @override
    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    @override
    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        with _explained(context):
            interpreter = Interpreter.of(request.info).checked()
            version = interpreter.ask("sys.version.split()[0]")
        return language_pb2.AboutResponse(executable=str(interpreter.python), version=str(version))

    @override
    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        with _explained(context):
            packages = provider_packages(Interpreter.of(request.info).checked().search_path())
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(name=p.name, kind="resource", version=p.version, server=p.server)
                for p in packages
            ]
        )

    @override
    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        with _explained(context):
            search_path = Interpreter.of(request.info).checked().search_path()
        found = dependencies(search_path, transitive=request.transitiveDependencies)
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    @override
    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        with _explained(context):
            yield from install_dependencies(request.info, self._children)

    @override
    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        return run_program(request, self._engine, self._runner, self._children)

    @override
    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        if request.kind != "analyzer":
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"{request.info.program_directory} is a {request.kind} plugin; this language host runs policy packs "
                "only. Install the official Pulumi CLI to run it.",
            )
        with _explained(context):
            yield from run_pack(request, self._children, context)

    @override
    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        self._children.end_all()
        return Empty()


@contextmanager
def _explained(context: grpc.ServicerContext) -> Generator[None]:
    """Fail the call with the error's own sentence; gRPC's default is a traceback among the diagnostics."""
    try:
        yield
    except (HostError, OSError, SubprocessError, ValueError) as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
