"""A program that works little beside its resources: what nobody reads is not told, and what stays is not searched.

- Debug messages of Pulumi's SDK: each is a call for whose answer the program waits, four or five for every resource,
  and the engine throws them away unless it was asked for them: a quarter of a preview's processor time
  (pulumi/pulumi#7292). It does not tell the program whether it was. What stands in the environment both can see.
- Stack frames of Python and of the SDK: the same dozen for every resource, with the machine's own paths, a third of the
  state, which a backend of one's own writes after each step. The project's own frames say who made the resource.
- Garbage: what a program imports and registers stays to its end. To look through all of it for what does not takes a
  tenth of its processor time, and finds a few megabytes; Python does it once more at the end, for a second, and finds
  what the system takes back anyway.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import resource as _registration

ASKED = "PULUMI_OPTION_DEBUG"
"""The engine reads each of its options from the environment as well; this is `--debug`."""
_SEARCHED_AFTER = 200_000
"""So many objects more than at the last search for garbage, some tens of megabytes: Python's own are 700 (or 2,000)."""

# Nothing public says what a registration tells; an SDK without this function tells it all.
_sdk: Any = _registration


def run_lean(project: Path) -> None:
    """Call it once a program, before anything else, with the folder of its sources.

    From then on no debug message is sent without `PULUMI_OPTION_DEBUG=true`, each resource's stack trace has, below the
    frame that made it, the frames of sources in that folder, those in the virtual environment left out, and the search
    for garbage is rare; the one at the end is left out.
    """
    gc.set_threshold(_SEARCHED_AFTER)
    atexit.register(gc.freeze)
    if os.environ.get(ASKED, "").lower() not in ("1", "t", "true"):
        pulumi.log.debug = _unsent
    if (trace := getattr(_sdk, "_get_stack_trace", None)) is not None:
        _sdk._get_stack_trace = _OwnFrames(trace, project.absolute())


def _unsent(
    msg: str,
    resource: pulumi.Resource | None = None,
    stream_id: int | None = None,
    ephemeral: bool | None = None,
) -> None:
    """In the place of `pulumi.log.debug`."""


class _OwnFrames:
    """In the place of the SDK's `_get_stack_trace`: its answer without what is nobody's own."""

    def __init__(self, trace: Any, project: Path) -> None:
        self._trace, self._own, self._foreign = trace, _uri(project), _uri(Path(sys.prefix))

    def __call__(self) -> Any:
        found = self._trace()
        kept = [frame for depth, frame in enumerate(found.frames) if depth == 0 or self._is_own(frame.pc.uri)]
        del found.frames[:]
        found.frames.extend(kept)
        return found

    def _is_own(self, uri: str) -> bool:
        return uri.startswith(self._own) and not uri.startswith(self._foreign)


def _uri(folder: Path) -> str:
    return f"{folder.as_uri()}/"
