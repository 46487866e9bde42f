"""What a preview says first of each service."""

from __future__ import annotations

import pytest

from components.preview import line

OLD = {"web-1.4.2-0a": ("1.4.2", 100)}
NEW = {"web-1.5.0-0b": ("1.5.0", 100)}
SAME_VERSION = {"web-1.4.2-0c": ("1.4.2", 100)}
BOTH = {"web-1.4.2-0a": ("1.4.2", 95), "web-1.5.0-0b": ("1.5.0", 5)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({}, NEW, "web: new, 1.5.0 at 100 %"),
        (OLD, NEW, "web: 1.4.2 at 100 % → 1.5.0 at 100 %"),
        (OLD, BOTH, "web: 1.4.2 at 100 % → 1.4.2 at 95 %, 1.5.0 at 5 %"),
        (OLD, OLD, "web: 1.4.2 at 100 %, as it is"),
        (BOTH, dict(reversed(BOTH.items())), "web: 1.5.0 at 5 %, 1.4.2 at 95 %, as it is"),
        (OLD, {}, "web: 1.4.2 at 100 % → no longer declared"),
        (OLD, SAME_VERSION, "web: web-1.4.2-0a at 100 % → web-1.4.2-0c at 100 %"),
    ],
)
def test_a_service_says_from_which_releases_and_weights_to_which(
    old: dict[str, tuple[str, int]], new: dict[str, tuple[str, int]], said: str
) -> None:
    assert line("web", old, new) == said


def test_a_retired_service_says_so() -> None:
    assert line("web", OLD, {}, retired=True) == "web: 1.4.2 at 100 % → retired"
