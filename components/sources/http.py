"""One HTTP request, without following redirects: they would carry headers to another host."""

from __future__ import annotations

import functools
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_MOST_BYTES = 1 << 20


class UnreachableError(Exception):
    """Nobody answered; the message says why."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def get(url: str, headers: Mapping[str, str], timeout_s: float, ca_file: str | None = None) -> tuple[int, str]:
    """The status and the first MiB of the answer, whatever the status is. Blocks.

    Raises:
        UnreachableError: no answer in time.
    """
    opener = urllib.request.build_opener(_Stay(), urllib.request.HTTPSHandler(context=_tls(ca_file)))
    deadline = time.monotonic() + timeout_s
    try:
        with opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=timeout_s) as answer:
            return answer.status, _body(answer, deadline)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _body(error, deadline)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UnreachableError(str(reason) or type(reason).__name__) from None


@functools.cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """To read the certificates takes longer than a request, and a gate asks every few seconds."""
    return ssl.create_default_context(cafile=ca_file)


def _body(answer: Any, deadline: float) -> str:
    """What has come by the deadline; the socket's own timeout is for each read anew, and a byte a time has no end."""
    read = bytearray()
    try:
        while len(read) < _MOST_BYTES and (chunk := answer.read1(_MOST_BYTES - len(read))):
            read += chunk
            if time.monotonic() > deadline:
                raise TimeoutError("timed out")
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(str(error) or type(error).__name__) from None
    return read.decode(errors="replace")
