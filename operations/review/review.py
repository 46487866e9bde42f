"""A review from end to end: one preview, judged and told."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from components.settings import Settings
from operations.review.preview import preview
from operations.review.refusals import Refusal, World, refusals
from operations.review.report import Review
from operations.review.services import changes_of
from operations.stack import Stack


def review(
    stack: Stack,
    packs: Sequence[str] = (),
    pack_configs: Sequence[str] = (),
    plan: Path | None = None,
    accepted: Collection[str] = (),
) -> Review:
    """Run the stack's preview once and judge it. A refused one leaves no plan.

    Raises:
        OperationError: the stack or its config can't be read.
    """
    settings = stack.settings()
    live = stack.cloud().sizes()
    result = assess(stack, settings, live, packs, pack_configs, plan, accepted)
    if settings is None:
        return result
    images = [release.image for service in settings.services.values() for release in service.releases]
    created = stack.cloud().image_dates(images)
    changes = changes_of(stack.last_settings(), stack.standing(), settings, result.steps, created, live)
    return dataclasses.replace(result, changes=changes)


def assess(
    stack: Stack,
    settings: Settings | None,
    live: Mapping[str, int] | None,
    packs: Sequence[str] = (),
    pack_configs: Sequence[str] = (),
    plan: Path | None = None,
    accepted: Collection[str] = (),
    targets: Sequence[str] = (),
) -> Review:
    """A review without what becomes of each service, for those who only want to know whether it may be done."""
    found = preview(stack, packs, pack_configs, plan, targets)
    promised = {name: service.capacity.min for name, service in settings.services.items()} if settings else None
    refused = [Refusal("hook", "", why.rstrip("."), "") for why in found.refused]
    refused += refusals(found.steps, World(accepted, live, promised))
    result = Review(stack.name, (), found.steps, refused, found.violations, found.errors)
    if plan is None:
        return result
    if result.refused or result.errors:
        plan.unlink(missing_ok=True)
        return result
    return dataclasses.replace(result, plan=str(plan))
