"""One difference between the stack and the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["property", "gone", "instance", "target", "process", "weights", "orphan"]


@dataclass(frozen=True)
class Drift:
    """What differs, of which service and release (empty for what belongs to the stack), and the way out."""

    service: str
    release: str
    kind: Kind
    said: str
    """A sentence that begins with its subject: a release's logical name, or a resource's."""
    remedy: str
    id: str = ""
    """Of the resource or instance, as AWS knows it."""
