"""Files that are replaced while something may be using them."""

import os
from collections.abc import Callable
from pathlib import Path


def put(path: Path, write: Callable[[Path], None]) -> None:
    """Have `write` make the file beside its place and move it there: whoever has the old one open keeps that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    write(new)
    new.replace(path)
    new.unlink(missing_ok=True)  # Renaming one link of a file onto another does nothing.


def write_script(text: str) -> Callable[[Path], None]:
    """Writes an executable."""

    def write(new: Path) -> None:
        new.write_text(text)
        new.chmod(0o755)

    return write
