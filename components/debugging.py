"""Debug messages of Pulumi's SDK: sent to the engine only if somebody reads them.

Each is a call for whose answer the program waits, four or five for every resource, and the engine throws them away
unless it was asked for them: a quarter of a preview's processor time (pulumi/pulumi#7292). It does not tell the program
whether it was. What stands in the environment both can see.
"""

from __future__ import annotations

import os

import pulumi

ASKED = "PULUMI_OPTION_DEBUG"
"""The engine reads each of its options from the environment as well; this is `--debug`."""


def send_debug_messages_if_asked() -> None:
    """Call it once a program, before anything else. Without `PULUMI_OPTION_DEBUG=true`, none is sent from then on."""
    if os.environ.get(ASKED, "").lower() not in ("1", "t", "true"):
        pulumi.log.debug = _unsent


def _unsent(
    msg: str,
    resource: pulumi.Resource | None = None,
    stream_id: int | None = None,
    ephemeral: bool | None = None,
) -> None:
    """In the place of `pulumi.log.debug`."""
