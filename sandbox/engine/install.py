"""The folder that comes first on PATH while the sandbox is in use."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.engine.engine import RUNNER, Engine
from sandbox.home import PROJECT, Home

#: Isolated, so that neither the directory it is started in nor PYTHONPATH can put a module of the
#: user's in the way; what the user set still reaches the program through the environment.
_SCRIPT = '#!/bin/sh\nexec {python} -I -c {code} {runner} "$@"\n'
_CODE = (
    "import runpy, sys; sys.path.insert(0, {project!r}); runpy.run_module('sandbox.engine.host', run_name='__main__')"
)


def install(engine: Engine, home: Home) -> Path:
    """Put `engine` into `home.bin` and return that folder; run again, it repairs what is there.

    The engine trusts a language host only if it lies beside its own file, symlinks resolved. So a
    built engine is linked hard, with our host beside it, and a released one by a symlink, which
    leads to the host it came with.
    """
    home.bin.mkdir(parents=True, exist_ok=True)
    pulumi, host, runner = (home.bin / n for n in ("pulumi", "pulumi-language-python", RUNNER))
    if not engine.own_host:
        host.unlink(missing_ok=True)
        runner.unlink(missing_ok=True)
        _replace(pulumi, lambda new: new.symlink_to(engine.pulumi))
        return home.bin
    _replace(runner, lambda new: _link(engine.pulumi.with_name(RUNNER), new))
    _replace(host, lambda new: _write_host(new, runner))
    _replace(pulumi, lambda new: _link(engine.pulumi, new))
    return home.bin


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    # A running engine keeps the file it was started from.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    write(new)
    new.replace(path)
    new.unlink(missing_ok=True)  # Renaming one link of a file onto another does nothing.


def _link(source: Path, new: Path) -> None:
    try:
        new.hardlink_to(source)
    except OSError:  # The cache is on another file system.
        shutil.copy2(source, new)


def _write_host(new: Path, runner: Path) -> None:
    code = _CODE.format(project=str(PROJECT))
    words = {"python": sys.executable, "code": code, "runner": str(runner)}
    new.write_text(_SCRIPT.format(**{name: shlex.quote(word) for name, word in words.items()}))
    new.chmod(0o755)
