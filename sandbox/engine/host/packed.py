"""The process of a policy pack: `python packed.py ENGINE PROGRAM`, by the pack's own interpreter.

It serves before the pack does and prints its port, as the engine wants a port before it tells about the stack, and the
pack wants the stack before it is loaded. The pack then serves through here: calls of the engine reach it directly.
Needs nothing but the pack's pulumi.
"""

import io
import json
import os
import queue
import runpy
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2

_NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_serve = grpc.server

#: What a pack printed goes another way than its answers, and is to be shown before the engine ends.
SHOWN_S = 0.3


_answering: Any = grpc.unary_unary_rpc_method_handler


class Pack(grpc.GenericRpcHandler):
    """Loads the pack for the first call that needs it; stands for the server that the pack thinks it starts."""

    def __init__(self, program: str) -> None:
        self._program = program
        self.stack: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        self.port = 0
        self.failure = ""
        self._wanted = threading.Lock()
        self._settled = threading.Event()
        self._handlers: list[grpc.GenericRpcHandler] = []

    def service(self, handler_call_details: Any) -> Any:
        """The pack's own handler of a call, as soon as there is one."""
        method = handler_call_details.method.rpartition("/")[2]
        if method == "Handshake":
            return None  # Unimplemented: packs of pulumi-policy have no use for one.
        if method == "Cancel":
            return _answering(_empty)
        if self._settled.is_set() and not self.failure:
            return self._handler(handler_call_details)

        def first(message: bytes, context: Any) -> Any:
            self._load(_stack_of(message) if method == "ConfigureStack" else {})
            if self.failure:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, self.failure)
            handler = self._handler(handler_call_details)
            return handler.response_serializer(handler.unary_unary(handler.request_deserializer(message), context))

        return _answering(first)

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Serve these, too."""
        self._handlers.extend(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Any]) -> None:
        """Nothing: the same are among the generic ones."""

    def add_insecure_port(self, address: str) -> int:  # noqa: ARG002
        """The port that is open already."""
        return self.port

    def start(self) -> None:
        """From now on calls reach the pack."""
        grpc.server = _serve
        self._settled.set()

    def stop(self, grace: float | None) -> None:
        """Nothing: the process ends."""

    def fail(self, reason: str) -> None:
        """Every call is answered with this."""
        self.failure = self.failure or f"the policy pack in {self._program} {reason}"
        self._settled.set()

    @property
    def ready(self) -> bool:
        """Whether the pack serves."""
        return self._settled.is_set()

    def _load(self, stack: Mapping[str, str]) -> None:
        with self._wanted:
            if not self._settled.is_set():
                self.stack.put(stack)
                self._settled.wait()

    def _handler(self, details: Any) -> Any:
        return next(filter(None, (each.service(details) for each in self._handlers)), None)


class BeforeReady(io.RawIOBase):
    """Standard output until the pack has printed its port. What it prints before is refused: elsewhere it would be
    taken for the port."""

    def __init__(self, pack: Pack, output: TextIO) -> None:
        self._pack, self._output = pack, output

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, said: Any) -> int:
        """Swallow the port."""
        text = bytes(said).decode(errors="replace").strip()
        if self._pack.ready:
            sys.stdout = self._output
        elif text:
            self._pack.fail(f"printed {text!r} before it was ready, which no pack may: print to stderr")
        return len(said)


def main(engine: str, program: str) -> None:
    """Serve until the host ends this process."""
    pack = Pack(program)
    server = _serve(ThreadPoolExecutor(), handlers=[pack], options=_NO_LIMIT)
    pack.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(pack.port, flush=True)
    os.environ.update(pack.stack.get())
    grpc.server = lambda *_, **__: pack  # type: ignore[assignment]
    sys.stdout = io.TextIOWrapper(BeforeReady(pack, sys.stdout), write_through=True)  # type: ignore[arg-type]
    sys.argv = ["pulumi.policy", engine, program]
    sys.path[0] = str(Path.cwd())  # As `python -m pulumi.policy` has it.
    code: object = 0
    try:
        runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    time.sleep(SHOWN_S)
    pack.fail(f"ended before it was ready (exit code {code}); what it printed says why")
    server.wait_for_termination()


def _empty(_message: bytes, _context: Any) -> bytes:
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


if __name__ == "__main__":
    main(*sys.argv[1:])
