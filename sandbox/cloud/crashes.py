"""A crash of moto as an AWS error in the protocol of the service that was asked.

Else it is an HTML page, which every client reports as unreadable XML or JSON.
"""

from __future__ import annotations

import warnings
from typing import Any
from xml.sax.saxutils import escape

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

# 500 would be AWS's, and clients would try it four times more; a crash of moto comes back every time.
STATUS = "501 Not Implemented"


class Crash(ServiceException):
    """What moto's serializers turn into an answer; it must not be of moto's own, or they look for its service."""


def answer(crash: Exception, response: Any) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body for a call that crashed; `response` is moto's object for it, if it got that far."""
    if isinstance(crash, NotImplementedError):
        code, message = "NotImplemented", f"The sandbox's cloud can't do this: {crash}"
    else:
        code = "InternalFailure"
        message = f"The sandbox's cloud crashed: {type(crash).__name__}: {crash} (its server.log has the traceback)"
    headers, body = told(code, message, response)
    return STATUS, headers, body


def told(code: str, message: str, response: Any) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of an error in the protocol of what was asked."""
    try:
        with warnings.catch_warnings(action="ignore"):  # Of codes that the service's own model lacks.
            _, headers, body = response.serialized(ActionResult(Crash(code, message)))
    except Exception:  # noqa: BLE001  # It crashed before it knew what it was asked.
        headers = {"Content-Type": "text/xml"}
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = f"<Response><Errors>{error}</Errors><RequestID>sandbox</RequestID></Response>"
    content = body if isinstance(body, bytes) else body.encode()
    kept = {name: str(value) for name, value in headers.items() if name.lower() not in ("status", "content-length")}
    return [*kept.items(), ("Content-Length", str(len(content)))], content
