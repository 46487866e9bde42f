"""A rollout in the model of `rollout_world`: whatever it asks of the engine and of AWS, the model answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pulumi import automation
from rich.console import Console

from components.capacity import surge
from operations.rollout import shrink, update, walk
from operations.rollout.candidate import Wanted
from operations.rollout.config_file import ConfigFile
from operations.rollout.outcome import Outcome
from operations.rollout.show import Show
from operations.stack import Stack
from tests.components.builders import release_entry, service_entry
from tests.operations.rollout_world import SERVICE, KilledError, World


class _Cloud:
    def __init__(self, *_: object) -> None:
        pass

    def sizes(self) -> None:
        return None

    def image_dates(self, images: Iterable[str]) -> dict[str, datetime]:
        return dict.fromkeys(images, datetime.now(UTC))


def _always(value: Any) -> Callable[..., Any]:
    """Whatever it is asked with."""

    def answer(*_: object, **__: object) -> Any:
        return value

    return answer


def entry(version: str, **changes: Any) -> dict[str, Any]:
    """A release of the model's service."""
    return release_entry(version=version, image=f"ami-0123456789abcd{version.replace('.', '')}", **changes)


@contextmanager
def standing(folder: Path, capacity: dict[str, Any], size: int, *releases: dict[str, Any]) -> Generator[World]:
    """A world in which these releases stand, `size` instances behind the first; everything a rollout asks is it."""
    world = World(folder)
    (folder / "Pulumi.yaml").write_text("name: immutable\n")
    service = service_entry(releases=list(releases), capacity=capacity)
    world.path.write_text(yaml.safe_dump({"config": {"immutable:services": {SERVICE: service}}}, sort_keys=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(automation, "select_stack", _always(world.engine()))
        patch.setattr("operations.stack.Cloud", _Cloud)
        patch.setattr(walk, "Region", _always(world))
        patch.setattr(walk, "hold", world.hold)
        no_doubt = SimpleNamespace(refused=(), errors=(), violations=(), refusals=())
        patch.setattr(walk, "assess", _always(no_doubt))
        patch.setattr(update, "recover", world.recover)
        patch.setattr(update, "Backend", _always(SimpleNamespace(locks=world.locks)))
        patch.setattr(shrink, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=world.pass_time))
        write = ConfigFile.replace

        def written(file: ConfigFile, text: str) -> None:
            world.look()
            write(file, text)
            world.act("config")

        patch.setattr(ConfigFile, "replace", written)
        world.up(lambda _: None)
        first = next(iter(world.groups.values()))
        first.resize(max(size, first.desired))
        first.healthy = first.desired
        world.promised = first.desired
        world.effects.clear()
        yield world


def limited(world: World, by: str) -> None:
    """From now on no more than the surge may stand beside what serves."""
    capacity = world.service().capacity.model_copy(update={"surge": by})
    world.limit = world.promised + surge(capacity, world.promised)


def command(world: World, wanted: Wanted, *, as_json: bool = False) -> walk.Rollout:
    """The command, typed once."""
    return walk.Rollout(Stack(world.folder, "dev"), wanted, Show(Console(quiet=True), as_json=as_json))


def rollout(
    world: World,
    wanted: Wanted,
    kills: Sequence[int] = (),
    approve: Callable[[str], bool] = lambda _: True,
    *,
    as_json: bool = False,
) -> Outcome:
    """The same, again and again for as long as it is killed."""
    world.kills = set(kills)
    while True:
        world.is_dead = False
        try:
            return command(world, wanted, as_json=as_json).run(approve)
        except KilledError:
            continue
