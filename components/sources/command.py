"""Command: whatever else a project wants to ask before a release gets its first traffic."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from components.sources.answer import Answer, State, Subject

_TOLD_BYTES = 300
"""So much of the end of what a failed command prints is told."""


@dataclass
class CommandFor:
    """The command, for one release. Once it has passed it is not run again."""

    words: Sequence[str]
    subject: Subject
    timeout_s: float
    _passed: Answer | None = field(default=None, init=False)

    async def ask(self, _: datetime, /) -> Answer:
        """Whether the command ends with 0 in time."""
        if self._passed is None:
            answer = await self._run()
            if answer.state is not State.QUIET:
                return answer
            self._passed = answer
        return self._passed

    async def _run(self) -> Answer:
        name = f"command {shlex.join(self.words)} for {self.subject.release}"
        about = {
            "SERVICE": self.subject.service,
            "RELEASE": self.subject.release,
            "TARGET_GROUP": self.subject.target_group or "",
        }
        # Not a pipe: one that outlives the command in a child of its own would be waited for.
        with tempfile.TemporaryFile() as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self.words,
                    env={**os.environ, **about},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=asyncio.subprocess.STDOUT,
                )
            except OSError as error:
                return Answer(State.LOUD, f"{name} can't be run: {error.strerror}")
            try:
                code = await asyncio.wait_for(process.wait(), self.timeout_s)
            except TimeoutError:
                process.kill()
                await process.wait()
                return Answer(State.LOUD, f"{name} did not end in {self.timeout_s:g} s")
            output.seek(max(0, output.seek(0, os.SEEK_END) - _TOLD_BYTES))
            said = output.read().decode(errors="replace").strip()
        return judge(name, code, said)


def judge(name: str, code: int, said: str) -> Answer:
    """What the command's exit code says; `said` is the end of what it printed."""
    if code == 0:
        return Answer(State.QUIET, name)
    return Answer(State.LOUD, f"{name} ended with {code}{': ' if said else ''}{said}")
