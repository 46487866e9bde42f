"""The entry of a new release: that of the one that serves, with another version and what is pinned for it."""

from __future__ import annotations

from collections.abc import Mapping

from operations.rollout.config_file import Entry

_OWN = ("version", "revision", "weight")
"""What a release has of its own, and none takes over from another."""


def successor(serving: Entry, version: str, pinned: Mapping[str, str]) -> Entry:
    """Without a weight; `pinned` are its image, its container, or both."""
    return {"version": version, **{key: one for key, one in serving.items() if key not in _OWN}, **pinned}
