"""Policy packs: programs that may read the stack's config while they are imported.

The engine starts a pack first and tells it about the stack afterwards, by ConfigureStack. So the pack's process serves
before it loads the pack: `packed.py`.
"""

import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import grpc
from pulumi.runtime.proto import language_pb2

from sandbox.engine.host.children import Children
from sandbox.engine.host.errors import PackError
from sandbox.engine.host.interpreter import Interpreter

#: What the engine is to show of a pack; None ends it.
Output = queue.SimpleQueue[language_pb2.RunPluginResponse | None]

_PACKED = Path(__file__).with_name("packed.py")


def run_pack(
    request: language_pb2.RunPluginRequest, children: Children, context: grpc.ServicerContext
) -> Iterator[language_pb2.RunPluginResponse]:
    """Run a policy pack until the engine drops the call: first its port, then all it prints.

    Raises:
        HostError, OSError: it doesn't start.
    """
    output: Output = queue.SimpleQueue()
    context.add_callback(lambda: output.put(None))
    process = _start(request, children)
    try:
        yield language_pb2.RunPluginResponse(stdout=_port(process, request, output))
        yield from iter(output.get, None)
    finally:
        children.end(process)
        children.wait(process)


def _start(request: language_pb2.RunPluginRequest, children: Children) -> subprocess.Popen[bytes]:
    info = request.info
    interpreter = Interpreter.of(info).checked()
    given = dict(variable.split("=", 1) for variable in request.env)
    engine, program = request.args[-1], Path(info.program_directory, info.entry_point)
    return children.start(
        [str(interpreter.python), "-u", str(_PACKED), engine, str(program)],
        Path(request.pwd),
        interpreter.activated(given),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _port(process: subprocess.Popen[bytes], request: language_pb2.RunPluginRequest, output: Output) -> bytes:
    assert process.stdout
    assert process.stderr
    _pump(process.stderr, output, lambda line: language_pb2.RunPluginResponse(stderr=line))
    first = process.stdout.readline()
    if not first:
        raise PackError(
            f"the policy pack in {request.info.program_directory} did not start; is pulumi installed there?"
        )
    _pump(process.stdout, output, lambda line: language_pb2.RunPluginResponse(stdout=line))
    return first


def _pump(stream: IO[bytes], output: Output, message: Callable[[bytes], language_pb2.RunPluginResponse]) -> None:
    def pump() -> None:
        for line in stream:
            output.put(message(line))

    threading.Thread(target=pump, name="pack-output", daemon=True).start()
