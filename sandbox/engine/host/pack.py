"""Policy packs: programs that may read the stack's config while they are imported.

The engine starts a pack first and tells it about the stack afterwards, by ConfigureStack. So the engine talks to a
relay in the host. The relay starts the pack's process once it knows the stack, with project, stack and config in the
environment, and passes every call on as the bytes it came in.
"""

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2, language_pb2
from typing_extensions import override

from sandbox.engine.host.children import Children
from sandbox.engine.host.errors import HostError, PackError
from sandbox.engine.host.interpreter import Interpreter

_NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

#: What the engine is to show of a pack; None ends it.
Output = queue.SimpleQueue[language_pb2.RunPluginResponse | None]


def run_pack(
    request: language_pb2.RunPluginRequest, children: Children, context: grpc.ServicerContext
) -> Iterator[language_pb2.RunPluginResponse]:
    """Run a policy pack until the engine drops the call: first its port, then all it prints."""
    output: Output = queue.SimpleQueue()
    context.add_callback(lambda: output.put(None))
    pack = _Pack(request, children, output)
    server = grpc.server(ThreadPoolExecutor(), handlers=[_Relay(pack)], options=_NO_LIMIT)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield language_pb2.RunPluginResponse(stdout=f"{port}\n".encode())
        yield from iter(output.get, None)
    finally:
        server.stop(grace=None)
        pack.end()


class _Pack:
    """The process of one pack, started by the first call that needs it."""

    def __init__(self, request: language_pb2.RunPluginRequest, children: Children, output: Output) -> None:
        self._request = request
        self._children = children
        self._output = output
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: grpc.Channel | None = None

    def channel(self, stack: Mapping[str, str]) -> grpc.Channel:
        """The connection to the pack, which is started with `stack` in its environment if it is new.

        Raises:
            HostError, OSError: it doesn't start.
        """
        with self._lock:
            if self._channel is None:
                self._process = self._start(stack)
                self._channel = grpc.insecure_channel(f"127.0.0.1:{self._port(self._process)}", _NO_LIMIT)
            return self._channel

    def end(self) -> None:
        """End the process, if there is one."""
        if self._channel:
            self._channel.close()
        if self._process:
            self._children.end(self._process)
            self._children.wait(self._process)

    def _start(self, stack: Mapping[str, str]) -> subprocess.Popen[bytes]:
        info = self._request.info
        interpreter = Interpreter.of(info).checked()
        given = dict(variable.split("=", 1) for variable in self._request.env)
        engine, program = self._request.args[-1], Path(info.program_directory, info.entry_point)
        return self._children.start(
            [str(interpreter.python), "-u", "-m", "pulumi.policy", engine, str(program)],
            Path(self._request.pwd),
            {**interpreter.activated(given), **stack},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _port(self, process: subprocess.Popen[bytes]) -> int:
        assert process.stdout
        assert process.stderr
        self._pump(process.stderr, lambda line: language_pb2.RunPluginResponse(stderr=line))
        first = process.stdout.readline()
        pack = f"the policy pack in {self._request.info.program_directory}"
        if not first:
            code = self._children.wait(process)
            raise PackError(f"{pack} ended before it was ready (exit code {code}); what it printed says why")
        if not first.strip().isdigit():
            self._children.end(process)
            said = first.decode(errors="replace").strip()
            raise PackError(f"{pack} printed {said!r} before it was ready, which no pack may: print to stderr")
        self._pump(process.stdout, lambda line: language_pb2.RunPluginResponse(stdout=line))
        return int(first)

    def _pump(self, stream: IO[bytes], message: Callable[[bytes], language_pb2.RunPluginResponse]) -> None:
        def pump() -> None:
            for line in stream:
                self._output.put(message(line))

        threading.Thread(target=pump, name="pack-output", daemon=True).start()


class _Relay(grpc.GenericRpcHandler):
    """Answers for the pack what needs no pack, and passes everything else on."""

    def __init__(self, pack: _Pack) -> None:
        self._pack = pack
        self._calls: dict[str, grpc.UnaryUnaryMultiCallable[bytes, bytes]] = {}

    @override
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        path = handler_call_details.method
        method = path.rpartition("/")[2]
        if method == "Handshake":
            return None  # Unimplemented: packs of pulumi-policy have no use for one.
        if method == "Cancel":
            return grpc.unary_unary_rpc_method_handler(_empty)
        return grpc.unary_unary_rpc_method_handler(self._passing_on(path, method))

    def _passing_on(self, path: str, method: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def pass_on(message: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                call = self._calls.get(path)
                if call is None:
                    channel = self._pack.channel(_stack_of(message) if method == "ConfigureStack" else {})
                    call = self._calls[path] = channel.unary_unary(path)
                return call(message)
            except grpc.RpcError as error:
                failed = cast(grpc.Call, error)
                context.abort(failed.code(), failed.details() or "")
            except (HostError, OSError) as error:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

        return pass_on


def _empty(_message: bytes, _context: grpc.ServicerContext) -> bytes:
    return Empty().SerializeToString()


def _stack_of(message: bytes) -> dict[str, str]:
    stack = analyzer_pb2.AnalyzerStackConfigureRequest.FromString(message)
    return {
        "PULUMI_ORGANIZATION": stack.organization,
        "PULUMI_PROJECT": stack.project,
        "PULUMI_STACK": stack.stack,
        "PULUMI_DRY_RUN": "true" if stack.dry_run else "false",
        "PULUMI_CONFIG": json.dumps(dict(stack.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(stack.config_secret_keys)),
    }
