"""A review from end to end: one preview, judged and told."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path

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
    found = preview(stack, packs, pack_configs, plan)
    cloud = stack.cloud()
    live = cloud.sizes()
    promised = {name: service.capacity.min for name, service in settings.services.items()} if settings else None
    refused = [Refusal("hook", "", why.rstrip("."), "") for why in found.refused]
    refused += refusals(found.steps, World(accepted, live, promised))
    changes = []
    if settings is not None:
        last = stack.last_update()
        images = [release.image for service in settings.services.values() for release in service.releases]
        changes = changes_of(
            last.settings if last else None, stack.standing(), settings, found.steps, cloud.image_dates(images), live
        )
    result = Review(stack.name, changes, found.steps, refused, found.violations, found.errors)
    if plan is None:
        return result
    if result.refused or result.errors:
        plan.unlink(missing_ok=True)
        return result
    return dataclasses.replace(result, plan=str(plan))
