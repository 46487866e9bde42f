"""Sees every call on its way through moto: notes it in the journal, and turns a crash into an error of AWS's."""

from __future__ import annotations

import copy
import json
import re
import time
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.core.responses import BaseResponse

from sandbox.cloud import crashes, refusals
from sandbox.cloud.faults import Fault, Faults
from sandbox.cloud.journal import Call, Journal
from sandbox.cloud.state.keeper import Keeper
from sandbox.cloud.truth.replacing import around


class Recorder:
    """A WSGI application around moto's; it must be called by one thread at a time."""

    def __init__(self, aws: WSGIApplication, journal: Journal, keeper: Keeper, faults: Faults) -> None:
        self._aws, self._journal, self._keeper, self._faults = aws, journal, keeper, faults
        self._response: Any = None
        self._asked: dict[str, Any] = {}

        @around(BaseResponse, "setup_class")
        def _note(original: Any, response: Any, *arguments: Any, **named: Any) -> None:
            if self._response is not None:
                original(response, *arguments, **named)  # One service asks another: the outermost counts.
                return
            self._response = response
            original(response, *arguments, **named)
            self._asked = _parameters(response)
            if not self._faults.all():
                return
            fault = self._faults.meet(response.boto3_service_name, response._get_action() or "")
            if fault and not _is_done(fault):
                raise _FaultError

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        when, began = datetime.now(UTC).isoformat(timespec="microseconds"), time.perf_counter()
        with self._keeper.call(environ) as answered:
            started, body = self._answer(environ)
            fault = self._faults.met
            status = int(str(started[0]).split()[0])
            error = _error(body, dict(started[1])) if status >= 400 else None
            region, service, operation = _named(self._response, environ)
            answered.service, answered.operation, answered.body = service, operation, body
        seconds = round(time.perf_counter() - began + (fault.latency if fault else 0), 6)
        injected = fault.answer if fault else None
        self._journal.note(Call(when, service, operation, self._asked, region, status, error, seconds, injected))
        start(*started)
        # Who reads this is no longer alone with the cloud: others needn't wait for what is late.
        return fault.deliver(body) if fault else [body]

    def repeat(self, environ: WSGIEnvironment) -> bytes:
        """Make a call once more, which the journal has already; its answer."""
        return self._answer(environ)[1]

    def _answer(self, environ: WSGIEnvironment) -> tuple[list[Any], bytes]:
        """What starts the answer, and its body."""
        self._response, self._asked = None, {}
        self._faults.begin()
        answered = list[Any]()

        def note_start(*arguments: Any) -> Any:
            answered[:] = arguments
            return None  # In place of WSGI's write(), which Flask doesn't use.

        try:
            return answered, b"".join(self._aws(environ, note_start))
        except _FaultError:
            fault: Any = self._faults.met
            if fault.silent:
                return ["0 No Answer", []], b""
            status, headers, body = refusals.answer(fault, self._response)
            return [status, headers], body
        except Exception as crash:  # noqa: BLE001  # Whatever it was, the client gets an answer.
            traceback.print_exc()
            status, headers, body = crashes.answer(crash, self._response)
            return [status, headers], body


class _FaultError(Exception):
    """A call met a fault and is not made."""


def _is_done(fault: Fault) -> bool:
    """Whether the call is made all the same; CreateFleet tells of missing capacity in its answer."""
    return fault.answer in ("lost", "stale") or (fault.answer == "capacity" and fault.operation == "CreateFleet")


def _named(response: Any, environ: WSGIEnvironment) -> tuple[str, str, str]:
    """Region, service and operation of a call, however far it got."""
    _, _, credential = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
    _, _, region, service, *_ = [*credential.partition(",")[0].split("/"), *[""] * 4]
    operation = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    if response is None or not hasattr(response, "headers"):
        return region, service, operation
    return region, response.boto3_service_name or service, response._get_action() or operation


def _parameters(response: Any) -> dict[str, Any]:
    """What the call asks, as AWS names it; a copy, since moto changes what it is given."""
    parsed = getattr(response, "params", None) if response.automated_parameter_parsing else None
    if parsed is not None:
        return copy.deepcopy(dict(parsed.original_dict() if hasattr(parsed, "original_dict") else parsed))
    if response.body and response.body[:1] == "{":
        return json.loads(response.body)
    asked: dict[str, Any] = response.querystring
    # Without a query these are the headers, as strings.
    query: dict[str, list[str]] = {name: value for name, value in asked.items() if not isinstance(value, str)}
    return {name: value[0] for name, value in query.items() if name not in ("Action", "Version")}


_CODE = re.compile(rb"<Code>(.*?)</Code>|\"(?:__type|code)\":\s*\"([^\"]*)\"", re.IGNORECASE)
_MESSAGE = re.compile(rb"<Message>(.*?)</Message>|\"message\":\s*\"((?:[^\"\\]|\\.)*)\"", re.IGNORECASE | re.DOTALL)


def _error(body: bytes, headers: Mapping[str, str]) -> str:
    """Code and message of an answer, in whichever protocol."""
    code, message = (_first(regex.search(body)) for regex in (_CODE, _MESSAGE))
    lowered = {name.lower(): value for name, value in headers.items()}
    code = lowered.get("x-amzn-errortype", code).rpartition("#")[2]
    return ": ".join(filter(None, [code, message])) or body[:200].decode(errors="replace") or "no reason given"


def _first(match: re.Match[bytes] | None) -> str:
    return next(filter(None, match.groups()), b"").decode() if match else ""
