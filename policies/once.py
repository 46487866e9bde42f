"""pulumi-policy reads a resource's properties anew for every policy, which with dozens of them is most of what a pack
costs. Here they are read once."""

from __future__ import annotations

import threading
from collections import deque
from types import SimpleNamespace
from typing import Any

from google.protobuf import json_format
from pulumi_policy import policy

#: The properties of a resource and those of its provider are asked for by turns.
KEPT = 2


class Reader(threading.local):
    """Remembers the last messages that a thread has read; whoever gets the result must not change it."""

    def __init__(self) -> None:
        self._kept: deque[tuple[Any, dict[str, Any]]] = deque(maxlen=KEPT)

    def read(self, message: Any) -> dict[str, Any]:
        """The message as a dict."""
        for known, found in self._kept:
            if known is message:
                return found
        found: dict[str, Any] = json_format.MessageToDict(message)
        self._kept.append((message, found))
        return found


def install() -> None:
    """Let pulumi-policy read properties through here."""
    setattr(policy, "json_format", SimpleNamespace(MessageToDict=Reader().read))  # noqa: B010
