"""Files that grow, on a disk that may be full."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class Appended:
    """A file to which something is appended whole or not at all; what is survives this process, not the machine."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self.size = self._file.tell()

    def append(self, data: bytes) -> None:
        """Add to the file.

        Raises:
            OSError: there is no room for it, say; then the file is as before.
        """
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._file.truncate(self.size)
            raise
        self.size += len(data)

    def cut(self, size: int) -> None:
        """Keep so many bytes."""
        self._file.truncate(size)
        self.size = size

    def close(self) -> None:
        """Nothing is appended any more."""
        self._file.close()


def say(line: str) -> None:
    """Write a line to the log of this process, which may be on the full disk, too."""
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode())
