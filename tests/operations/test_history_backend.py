"""What lies beside a stack's history in a backend of one's own, however the engine was told to write it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi.automation import UpdateSummary

from operations.errors import OperationError
from operations.history.backend import Backend
from operations.stack import Stack


def backend(url: str) -> Backend:
    """Of the stack `dev` of the project `shop`."""
    workspace: Any = SimpleNamespace(
        who_am_i=lambda: SimpleNamespace(url=url), project_settings=lambda: SimpleNamespace(name="shop")
    )
    return Backend(
        cast("Stack", SimpleNamespace(engine=SimpleNamespace(workspace=workspace), name="organization/shop/dev"))
    )


def write(root: Path, second: int, ending: str = ".json", *, checkpoint: bool = True) -> None:
    """An entry, its checkpoint, and the sidecars that a folder has unless its URL says `metadata=skip`."""
    folder = root / ".pulumi/history/shop/dev"
    folder.mkdir(parents=True, exist_ok=True)
    kinds: dict[str, Any] = {"history": {"startTime": second}}
    if checkpoint:
        kinds["checkpoint"] = {"version": 4, "checkpoint": {"latest": {"resources": [], "second": second}}}
    for kind, content in kinds.items():
        file, text = folder / f"dev-{second}000000005.{kind}{ending}", json.dumps(content).encode()
        file.write_bytes(gzip.compress(text) if ending.endswith(".gz") else text)
        file.with_name(f"{file.name}.attrs").write_text("{}")


def at(second: int) -> UpdateSummary:
    started = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
    return UpdateSummary("update", started, "", {}, {}, "succeeded")


@pytest.mark.parametrize("ending", [".json", ".json.gz"])
def test_entries_are_numbered_by_time_and_have_their_checkpoints(tmp_path: Path, ending: str) -> None:
    for second in (1700000100, 1700000000):
        write(tmp_path, second, ending)
    write(tmp_path, 1700000200, ending, checkpoint=False)
    found = backend(tmp_path.as_uri())
    assert found.missing is None
    assert [found.number(at(second)) for second in (1700000200, 1700000100, 1)] == [3, 2, None]
    assert [(found.deployment(number) or {}).get("second") for number in (1, 2, 3)] == [1700000000, 1700000100, None]


def test_what_can_not_be_read_is_told_and_not_made_up(tmp_path: Path) -> None:
    assert backend("gs://state").missing == "checkpoints of a backend gs:// can't be read here"
    assert backend("https://app.pulumi.com/team").missing is None
    empty = backend(tmp_path.as_uri())
    assert empty.missing == "the backend keeps no history where this engine's version keeps it"
    assert (empty.number(at(1)), empty.deployment(1), empty.locks()) == (None, None, [])
    write(tmp_path, 1700000000, ".json.zst")
    zstd = backend(tmp_path.as_uri())
    assert zstd.missing == "they are compressed with zstd, which can't be read here"
    assert (zstd.number(at(1700000000)), zstd.deployment(1)) == (None, None)
    write(tmp_path, 1700000100)
    (tmp_path / ".pulumi/history/shop/dev/dev-1700000100000000005.checkpoint.json").write_text("half")
    with pytest.raises(OperationError, match=r"dev-1700000100000000005\.checkpoint\.json of the backend is no JSON"):
        backend(tmp_path.as_uri()).deployment(2)


def test_who_holds_the_lock_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi/locks/organization/shop/dev"
    folder.mkdir(parents=True)
    content = {"pid": 7, "username": "ann", "hostname": "laptop", "timestamp": "2026-03-01T09:30:00.123Z"}
    (folder / "1.json").write_text(json.dumps(content))
    (folder / "1.json.attrs").write_text("")
    assert backend(tmp_path.as_uri()).locks() == ["ann@laptop (pid 7) since 2026-03-01T09:30:00Z"]
