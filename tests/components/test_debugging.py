"""Debug messages of the SDK are sent only if the environment asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.debugging import ASKED, send_debug_messages_if_asked


@pytest.fixture(name="debug")
def sdks_own(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Put back afterwards."""
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
    return pulumi.log.debug


@pytest.mark.parametrize(("said", "sent"), [(None, False), ("", False), ("false", False), ("true", True), ("1", True)])
def test_they_are_sent_if_asked(
    debug: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, said: str | None, sent: bool
) -> None:
    if said is None:
        monkeypatch.delenv(ASKED, raising=False)
    else:
        monkeypatch.setenv(ASKED, said)
    send_debug_messages_if_asked()
    assert (pulumi.log.debug is debug) is sent
    pulumi.log.debug("nobody reads this")
