"""Command: whatever else a project wants to ask before a release gets its first traffic."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from components.sources.answer import Answer, State, Subject

_TOLD_BYTES = 300
"""So much of the end of what a failed command prints is told."""
_CHUNK_BYTES = 1 << 16
_CHUNKS_LEFT = 20
"""A full pipe at the end (1 MiB at most), and not what a child that got away prints for ever."""


@dataclass
class CommandFor:
    """The command, for one release. Once it has passed it is not run again."""

    words: Sequence[str]
    subject: Subject
    _passed: Answer | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """Who is asked."""
        return f"command {shlex.join(self.words)} for {self.subject.release}"

    async def ask(self, _: datetime, /) -> Answer:
        """Whether the command ends with 0. Cancelled, it ends at once."""
        if self._passed is None:
            answer = await self._run()
            if answer.state is not State.QUIET:
                return answer
            self._passed = answer
        return self._passed

    async def _run(self) -> Answer:
        about = {
            "SERVICE": self.subject.service,
            "RELEASE": self.subject.release,
            "TARGET_GROUP": self.subject.target_group or "",
        }
        with _tail() as (output, tail):
            try:
                async with _group() as group:
                    process = await asyncio.create_subprocess_exec(
                        *self.words,
                        env={**os.environ, **about},
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=output,
                        stderr=asyncio.subprocess.STDOUT,
                        process_group=group,
                    )
                    code = await process.wait()
            except OSError as error:
                return Answer(State.LOUD, f"{self.name} can't be run: {error.strerror}")
        return judge(self.name, code, tail.decode(errors="replace").strip())


@asynccontextmanager
async def _group() -> AsyncGenerator[int]:
    """A process group that is killed when it is left, and when this program ends, however it ends.

    Its first process waits for the end of a pipe that this program alone can write to, and then kills them all.
    """
    read, write = os.pipe()
    try:
        first = await asyncio.create_subprocess_exec(
            *("sh", "-c", "read _; kill -9 0"), stdin=read, stdout=asyncio.subprocess.DEVNULL, process_group=0
        )
        try:
            yield first.pid
        finally:
            os.killpg(first.pid, signal.SIGKILL)
            await first.wait()
    finally:
        os.close(read)
        os.close(write)


@contextmanager
def _tail() -> Generator[tuple[int, bytearray]]:
    """A descriptor to print to, and the end of what has been printed; the rest is kept nowhere, however much it is."""
    loop, tail = asyncio.get_running_loop(), bytearray()
    read, write = os.pipe()
    os.set_blocking(read, False)

    def keep() -> bool:
        with suppress(BlockingIOError):
            if printed := os.read(read, _CHUNK_BYTES):
                tail.extend(printed)
                del tail[:-_TOLD_BYTES]
                return True
        return False

    loop.add_reader(read, keep)
    try:
        yield write, tail
    finally:
        loop.remove_reader(read)
        os.close(write)
        for _ in range(_CHUNKS_LEFT):
            keep()
        os.close(read)


def judge(name: str, code: int, said: str) -> Answer:
    """What the command's exit code says; `said` is the end of what it printed."""
    if code == 0:
        return Answer(State.QUIET, name)
    return Answer(State.LOUD, f"{name} ended with {code}{': ' if said else ''}{said}")
