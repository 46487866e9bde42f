"""Probe: a release answers as it should through its preview rule, before it has any user's traffic."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from components.gate_settings import Probe
from components.rules import PREVIEW_HEADER
from components.sources.answer import Answer, State, Subject
from components.sources.http import UnreachableError, get
from components.threads import in_server_thread, in_thread


@dataclass
class ProbeOf:
    """The probe of one release. Once answered as it should be, it is not repeated."""

    probe: Probe
    subject: Subject
    address: Callable[[], str]
    """Tells the balancer's URL, if the probe doesn't."""
    _passed: Answer | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """Who is asked."""
        return f"probe of {self.subject.release}"

    async def ask(self, _: datetime, /) -> Answer:
        """Whether the release answers with the status and the body that are expected."""
        if self._passed:
            return self._passed
        answer = await self._answer()
        self._passed = answer if answer.state is State.QUIET else None
        return answer

    async def _answer(self) -> Answer:
        url = (self.probe.url or await in_thread(self.address)).rstrip("/") + self.probe.path
        name, header = f"{self.name} at {url}", {PREVIEW_HEADER: self.subject.release}
        try:
            status, body = await in_server_thread(self.probe.timeout_s, get, url, header, self.probe.timeout_s)
        except (UnreachableError, TimeoutError) as error:
            return Answer(State.UNKNOWN, f"{name} gets no answer: {str(error) or 'timed out'}")
        return judge(self.probe, name, status, body)


def judge(probe: Probe, name: str, status: int, body: str) -> Answer:
    """What the release's answer says."""
    if status != probe.status:
        return Answer(State.LOUD, f"{name} is answered with status {status}, not {probe.status}")
    if probe.body is not None and not re.search(probe.body, body):
        return Answer(State.LOUD, f"{name} is answered with a body in which {probe.body!r} is not found")
    return Answer(State.QUIET, name)
