"""The release that a rollout is to: one that some config has, or the one that serves with another image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.errors import OperationError
from operations.rollout.planner import Strategy
from operations.rollout.situation import Known, Situation, known
from operations.rollout.successor import successor


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    service: str
    version: str
    strategy: Strategy
    steps: Sequence[int]
    image: str | None = None
    container: str | None = None
    hold_s: int = 0
    """How long each share of a canary is held."""
    keep_s: int | None = None
    """How long those before it stay as standbys; None removes them at once."""
    remove: bool = False
    """Whether a release whose gate fails is removed, and not left without traffic."""
    policy_packs: Sequence[str] = ()
    surge: str | None = None
    """Becomes the service's `capacity.surge`; None leaves it as it is."""


def candidate(wanted: Wanted, situation: Situation, folder: Path) -> tuple[str, Known]:
    """Its logical name and content.

    Raises:
        OperationError: no config knows it and nothing tells its content, or another content stands.
    """
    having = {name: one for name, one in situation.known.items() if one.release.version == wanted.version}
    asked = {key: one for key, one in (("image", wanted.image), ("container", wanted.container)) if one is not None}
    matching = [
        (name in situation.weights, one.release.revision, name)
        for name, one in having.items()
        if all(one.entry.get(key) == value for key, value in asked.items())
    ]
    if matching:
        name = max(matching)[-1]
        return name, having[name]
    if not asked:
        raise OperationError(
            f"No config of {wanted.service} knows {wanted.version}: name its content with --image, or --container"
        )
    if having.keys() & situation.weights.keys():
        raise OperationError(
            f"{wanted.version} of {wanted.service} stands with another content: give the new one another version"
        )
    serving = max(situation.weights, key=lambda name: situation.weights[name])
    if serving not in situation.known:
        raise OperationError(f"No config knows what serves {wanted.service}: run `pulumi up` first")
    return known(wanted.service, successor(situation.known[serving].entry, wanted.version, asked), folder)
