"""What an engine is to the rest of the sandbox."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: Upstream's runner of Python programs; it lies beside an engine that was built.
RUNNER = "pulumi-language-python-exec"

#: Takes a line about what is going on.
Report = Callable[[str], None]


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine that this project can use."""

    pulumi: Path
    #: Built from its Go module: it came without a language host and gets ours.
    own_host: bool
    version: str


class EngineError(Exception):
    """No engine can be had; the message says why and what to do."""
