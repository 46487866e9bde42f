"""`python -m operations promote`."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from operations.cloud import Cloud
from operations.errors import OperationError, told
from operations.options import AsJson, Project, somebody_answers
from operations.promote import machine, manifest, registry
from operations.promote.edit import Stated, stated
from operations.prune import changes
from operations.prune.inventory import image_item
from policies.allowed import Allowed

err = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Wanted:
    """What was asked for, of every stack."""

    version: str
    built: Mapping[str, Sequence[str]] | None
    """The images of a manifest, by region."""
    image: str | None
    container: str | None
    suffix: str
    """Of the tag of a tested container."""
    allowed: Allowed
    replace: bool


@dataclass(frozen=True)
class Pinned:
    """What one stack gets."""

    stated: Stated
    region: str
    text: str
    """Its whole file."""
    image: machine.Described | None
    container: str | None

    @property
    def diff(self) -> str:
        """Empty if nothing changes."""
        name = self.stated.file.path.name
        lines = (self.stated.file.text().splitlines(keepends=True), self.text.splitlines(keepends=True))
        return "".join(difflib.unified_diff(*lines, name, name, n=1))


def promote(
    service: Annotated[str, typer.Argument(help="The service, as the config names it.")],
    version: Annotated[str, typer.Option(help="The version that the new release gets.")],
    stack: Annotated[list[str], typer.Option("--stack", "-s", help="The stack; several get it, or none does.")],
    manifest_file: Annotated[
        Path | None,
        typer.Option("--manifest", help="Packer's manifest: each stack gets its region's image.", exists=True),
    ] = None,
    build: Annotated[str | None, typer.Option(help="The build of the manifest, by its name.")] = None,
    image: Annotated[
        str | None, typer.Option(help="The image, by its id; without, and without a manifest, by its tags.")
    ] = None,
    container: Annotated[
        str | None, typer.Option(metavar="REPOSITORY:TAG", help="The container; or its tag in the same repository.")
    ] = None,
    tested_suffix: Annotated[
        str, typer.Option(help="The tag of a tested container is the tag with this behind it; empty asks for none.")
    ] = registry.TESTED,
    replace: Annotated[
        bool, typer.Option("--replace", help="In the place of the others. Without, beside them, with no traffic.")
    ] = False,
    policy_pack_config: Annotated[
        Path | None, typer.Option(help="The pack's config, whose `image-allowed` says what is tested.", exists=True)
    ] = None,
    protect: Annotated[bool, typer.Option(help="Have AWS refuse to deregister the image.")] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
    project: Project = Path(),
) -> None:
    """Pin a tested image, by id or digest, as a new release of the config; all else is as in the release that serves.

    Only the files change: `rollout --to VERSION`, or `pulumi up`, deploys it. An image that is untested, deprecated,
    somebody else's, missing, or another one than was asked for is refused, for all stacks. Exits with 0 if it is done,
    1 if it is refused: then no file has changed.

    Example: python -m operations promote web --version 1.5.0 --manifest manifest.json --stack prod --stack prod-us
    """
    folder = project.resolve()
    found = manifest.images(manifest_file.read_text(encoding="utf-8"), build) if manifest_file else None
    with told():
        stacks = [stated(folder, name, service) for name in dict.fromkeys(stack)]
        wanted = Wanted(version, found, image, container, tested_suffix, _allowed(policy_pack_config), replace)
        pinned = [_pin(one, wanted) for one in stacks]
    changed = [one for one in pinned if one.diff]
    _tell(pinned, as_json=as_json)
    if changed and not yes:
        somebody_answers(yes=yes)
        if not typer.confirm(f"Write {', '.join(one.stated.file.path.name for one in changed)}?", err=True):
            raise typer.Exit(1)
    if protect:
        for one in pinned:
            _claim(one)
    _write(changed)


def _pin(stack: Stated, wanted: Wanted) -> Pinned:
    region = stack.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region is None:
        raise OperationError(f"{stack.file.path.name} names no region. Write aws:region into it")
    serving = stack.serving
    pins: dict[str, str] = {}
    described = None
    if wanted.built is not None or wanted.image or not wanted.container:
        asked = machine.Asked(stack.service, wanted.version, region, serving["instance_types"], wanted.allowed)
        ids = [wanted.image] if wanted.image else None if wanted.built is None else wanted.built.get(region, [])
        described = machine.choose(Cloud(region, stack.profile), asked, ids)
        pins["image"] = described["ImageId"]
    if wanted.container:
        reference = registry.parse(wanted.container, serving.get("container"))
        digest = registry.digest(reference, lambda where: Cloud(where, stack.profile).client("ecr"), wanted.suffix)
        pins["container"] = f"{reference.repository}@{digest}"
    text = stack.with_release(wanted.version, pins, replace=wanted.replace)
    return Pinned(stack, region, text, described, pins.get("container"))


def _claim(pinned: Pinned) -> None:
    """The image is nobody's to prune from now on.

    Raises:
        OperationError: it is marked to go, and the mark can't be taken away.
    """
    if pinned.image is None:
        return
    cloud = Cloud(pinned.region, pinned.stated.profile)
    item = image_item(pinned.image, datetime.now(UTC))
    try:
        if pinned.image["OwnerId"] != cloud.client("sts").get_caller_identity()["Account"]:
            return
        if item.marked:
            changes.unmark(cloud.client, item)
        if not item.protected:
            changes.protect(cloud.client, item)
    except (BotoCoreError, ClientError) as error:
        if item.marked:
            raise OperationError(f"{item} is marked as unneeded, and a prune may delete it: {error}") from None
        err.print(f"{item} is not protected from deregistration: {error}", style="yellow", markup=False, soft_wrap=True)


def _write(pinned: Sequence[Pinned]) -> None:
    """All of them; if one can't be written, those before it are as they were."""
    before = [(one.stated.file, one.stated.file.text()) for one in pinned]
    for number, one in enumerate(pinned):
        try:
            one.stated.file.replace(one.text)
        except OperationError:
            for file, text in before[:number]:
                file.replace(text)
            raise


def _tell(pinned: Sequence[Pinned], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"stacks": {one.stated.stack: _plain(one) for one in pinned}}, indent=2))
        return
    for one in pinned:
        if one.diff:
            print(one.diff, end="")
        else:
            err.print(f"{one.stated.file.path.name} has it already", markup=False)


def _plain(one: Pinned) -> dict[str, Any]:
    return {
        "region": one.region,
        "image": one.image["ImageId"] if one.image else None,
        "container": one.container,
        "changed": bool(one.diff),
        "diff": one.diff,
    }


def _allowed(config: Path | None) -> Allowed:
    """What the pack's config says of the rule `image-allowed`."""
    if config is None:
        return Allowed()
    try:
        document = json.loads(config.read_text(encoding="utf-8"))
        settings: dict[str, Any] = document.get("image-allowed") or {}
        return Allowed(**{key: one for key, one in settings.items() if key in Allowed.__dataclass_fields__})
    except (OSError, ValueError, AttributeError) as error:
        raise OperationError(f"{config} is no config of a policy pack: {error}") from None
