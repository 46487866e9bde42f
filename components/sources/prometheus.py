"""Prometheus: quiet while every series of every query is within its bounds.

The HTTP API is https://prometheus.io/docs/prometheus/latest/querying/api/; an answer with warnings is a partial one.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from components.gate_settings import Prometheus, Query
from components.sources.answer import Answer, Reading, State, Subject, run_of, together
from components.sources.http import UnreachableError, get
from components.threads import in_server_thread

_TIMEOUT_S = 15
_STEPS = 60
"""Readings in a window: enough to tell since when, and one cheap request."""


@dataclass(frozen=True)
class PrometheusQueries:
    """All queries of a gate for all judged releases."""

    settings: Prometheus
    subjects: tuple[Subject, ...]
    window_s: int

    @property
    def name(self) -> str:
        """Who is asked."""
        return f"Prometheus at {self.settings.url}"

    async def ask(self, now: datetime, /) -> Answer:
        """Whether all are within their bounds, and since when."""
        asked = [
            (query, text)
            for query in self.settings.queries
            for text in dict.fromkeys(subject.expand(query.query) for subject in self.subjects)
        ]
        return together(await asyncio.gather(*(self._one(query, text, now) for query, text in asked)))

    async def _one(self, query: Query, text: str, now: datetime) -> Answer:
        step = max(1, self.window_s // _STEPS)
        # Whole steps, so that the next question falls on the same moments and the server can answer from its cache.
        end = int(now.timestamp())
        times = range(end - self.window_s // step * step, end + 1, step)
        asked = {"query": text, "start": times[0], "end": end, "step": step}
        try:
            status, body = await in_server_thread(_TIMEOUT_S, request, self.settings, "query_range", asked)
        except (UnreachableError, TimeoutError) as error:
            return Answer(State.UNKNOWN, f"Prometheus can't be asked: {str(error) or 'timed out'}")
        return judge(query, f"query {text}", times, status, body)


def request(settings: Prometheus, endpoint: str, parameters: Mapping[str, Any]) -> tuple[int, str]:
    """One question to the server's API, with its headers. Blocks. Raises UnreachableError."""
    headers = {name: os.environ.get(variable, "") for name, variable in settings.headers.items()}
    if settings.basic:
        pair = f"{os.environ.get(settings.basic.user, '')}:{os.environ.get(settings.basic.password, '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    url = f"{settings.url.rstrip('/')}/api/v1/{endpoint}?{urlencode(parameters)}"
    return get(url, headers, _TIMEOUT_S, settings.ca_file)


def judge(query: Query, name: str, times: Sequence[int], status: int, body: str) -> Answer:
    """What the server's answer to a range query over `times` says."""
    answer: Any = {}
    values: dict[int, list[float]] = {}
    try:
        answer = json.loads(body)
        if status != 200 or answer["status"] != "success":
            raise ValueError(answer.get("error"))
        for one in answer["data"]["result"]:
            for when, value in one["values"]:
                values.setdefault(round(when), []).append(float(value))
    except (ValueError, KeyError, TypeError, AttributeError):
        told: Any = cast("dict[str, Any]", answer).get("error") if isinstance(answer, dict) else None
        why = str(told) if told else (f"HTTP status {status}" if status != 200 else "what is no answer of its API")
        return Answer(State.UNKNOWN, f"{name}: Prometheus says {why}", busy=status in (429, 503))
    if answer.get("warnings"):
        return Answer(State.UNKNOWN, f"{name}: only a part could be asked: {'; '.join(answer['warnings'])}")
    states = [_state(query, values.get(when, [])) for when in times]
    worst = [_worst(query, values.get(when, [])) for when in times]
    readings = [Reading(datetime.fromtimestamp(when, UTC), value) for when, value in zip(times, worst, strict=True)]
    state, since = run_of(readings, states)
    if state is State.QUIET:
        return Answer(state, name, since)
    if state is State.UNKNOWN:
        return Answer(state, f"{name} has no data", since)
    return Answer(state, f"{name} is {worst[-1]:g}, not {query.said}, since {since:%H:%M:%S} UTC", since)


def _state(query: Query, values: Sequence[float]) -> State:
    if any(query.broken_by(value) for value in values):
        return State.LOUD
    # 0/0 is NaN: a rate of errors without requests, which is no data.
    known = bool(values) and not any(math.isnan(value) for value in values)
    return State.QUIET if known or query.missing == "pass" else State.UNKNOWN


def _worst(query: Query, values: Sequence[float]) -> float | None:
    return next((value for value in values if query.broken_by(value)), None)
