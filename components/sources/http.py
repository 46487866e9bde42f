"""One HTTP request, without following redirects: they would carry headers to another host."""

from __future__ import annotations

import http.client
import ssl
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
    tls = ssl.create_default_context(cafile=ca_file)
    opener = urllib.request.build_opener(_Stay(), urllib.request.HTTPSHandler(context=tls))
    try:
        with opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=timeout_s) as answer:
            return answer.status, answer.read(_MOST_BYTES).decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(_MOST_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UnreachableError(str(reason) or type(reason).__name__) from None
