"""A cloud's state on disk: `N.snapshot`, then `N.log`, `N+1.log`… of calls since, each readable by this version only.

A record is its length, its checksum and a pickle: one that was cut short is seen, and ends a log.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.cloud.appending import Appended

FOLDER = "state"
_HEAD = struct.Struct(">QI")


class StateError(Exception):
    """The state on disk can't be used; the message says why."""


@dataclass(frozen=True)
class Request:
    """A call as it came, with what makes it repeatable: the seed of its random numbers, and what the clock showed.

    `answer` is a digest of what it was answered.
    """

    environ: dict[str, Any]
    body: bytes
    seed: int
    clock: tuple[float, ...] = ()
    answer: bytes = b""


@functools.cache
def version() -> bytes:
    """Changes with whatever could read a snapshot as something else: Python, moto, and this package's own code."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(f"{sys.version} {metadata.version('moto')}".encode())
    for source in sorted(package.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest().encode() + b"\n"


def kept(directory: Path) -> bool:
    """Whether the next cloud of this directory goes on where the last one ended."""
    try:
        return read_snapshot(directory) is not None
    except StateError:
        return False


def read_snapshot(directory: Path) -> tuple[int, bytes] | None:
    """Number and content of the newest snapshot; None where there never was one.

    Raises:
        StateError: it was cut short, or another version wrote it.
    """
    numbers = _numbers(directory, "snapshot")
    if not numbers:
        return None
    try:
        with path(directory, numbers[-1], "snapshot").open("rb") as file:
            _check_version(file)
            content = next(_records(file), None)
    except OSError as error:
        raise StateError(str(error)) from None
    if content is None:
        raise StateError(f"{file.name} is damaged")
    return numbers[-1], content


def write_snapshot(directory: Path, number: int, content: bytes) -> None:
    """Write a snapshot; nobody sees half of it.

    Raises:
        OSError: there is no room for it, say; then nothing is left of it.
    """
    new = path(directory, number, "new")
    try:
        with new.open("wb") as file:
            file.write(version() + _record(content))
        new.replace(path(directory, number, "snapshot"))
    except OSError:
        new.unlink(missing_ok=True)
        raise


def read_logs(directory: Path, number: int) -> Iterator[Request]:
    """The calls since a snapshot, in their order, up to the first that is not whole."""
    for each in _numbers(directory, "log"):
        if each >= number:
            with path(directory, each, "log").open("rb") as file:
                _check_version(file)
                yield from (pickle.loads(record) for record in _records(file))  # noqa: S301  # Our own.


def newest(directory: Path) -> int:
    """The highest number that any file has."""
    return max(_numbers(directory, "log") + _numbers(directory, "snapshot"), default=0)


def remove_before(directory: Path, number: int) -> None:
    """Remove what a snapshot makes superfluous."""
    for kind in ("snapshot", "log", "new"):
        for each in _numbers(directory, kind):
            if each < number:
                path(directory, each, kind).unlink(missing_ok=True)


def path(directory: Path, number: int, kind: str) -> Path:
    """A file of the state."""
    return directory / FOLDER / f"{number:08}.{kind}"


class Log:
    """The calls since one snapshot."""

    def __init__(self, directory: Path, number: int) -> None:
        self._file = Appended(path(directory, number, "log"))
        self._file.append(version())

    @property
    def size(self) -> int:
        """In bytes."""
        return self._file.size

    def append(self, request: Request) -> None:
        """Add a call.

        Raises:
            OSError: there is no room for it, say; then the log ends before it.
        """
        self._file.append(_record(pickle.dumps(request)))

    def close(self) -> None:
        """Nothing is appended any more."""
        self._file.close()


def _record(content: bytes) -> bytes:
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def _records(file: BinaryIO) -> Iterator[bytes]:
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        length, checksum = _HEAD.unpack(head)
        content = file.read(length)
        if len(content) < length or zlib.crc32(content) != checksum:
            return
        yield content


def _check_version(file: BinaryIO) -> None:
    if file.readline(len(version())) != version():
        raise StateError("another version of the sandbox wrote it")


def _numbers(directory: Path, kind: str) -> list[int]:
    return sorted(int(each.stem) for each in (directory / FOLDER).glob(f"*.{kind}"))
