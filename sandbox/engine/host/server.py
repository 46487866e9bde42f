"""The host's process: it prints its port, serves one engine, and ends with it."""

import os
import queue
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from sandbox.engine.host.children import Children
from sandbox.engine.host.runtime import LanguageRuntime
from sandbox.parent import on_parent_death

#: A program's run occupies one thread for as long as it lasts, and so does each policy pack.
THREADS = 16


def serve(engine: str, runner: Path) -> None:
    """Serve the engine at the address `engine` until it says stop or is gone; never returns."""
    stop: queue.SimpleQueue[None] = queue.SimpleQueue()

    def asked(_number: int, _frame: object) -> None:
        stop.put(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    on_parent_death(lambda: stop.put(None))

    children = Children()
    server = grpc.server(ThreadPoolExecutor(THREADS), options=[("grpc.max_receive_message_length", -1)])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageRuntime(engine, runner, children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)

    stop.get()
    children.end_all()
    # An orderly exit of the interpreter takes 0.3 s, which every command would wait for.
    os._exit(0)
