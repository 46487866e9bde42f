"""The folder that comes first on PATH while the sandbox is in use."""

import shlex
import shutil
import sys
from pathlib import Path

from sandbox.engine.engine import RUNNER, Engine
from sandbox.files import put, write_script
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
    _keep_no_log(home.pulumi_home / "logs")
    pulumi, host, runner = (home.bin / n for n in ("pulumi", "pulumi-language-python", RUNNER))
    if not engine.own_host:
        host.unlink(missing_ok=True)
        runner.unlink(missing_ok=True)
        put(pulumi, lambda new: new.symlink_to(engine.pulumi))
        return home.bin
    put(runner, lambda new: _link(engine.pulumi.with_name(RUNNER), new))
    put(host, write_script(_host(runner)))
    put(pulumi, lambda new: _link(engine.pulumi, new))
    return home.bin


def _keep_no_log(logs: Path) -> None:
    """The engine notes all it does below its home, for support: a third of its time. Where it can't make the folder
    it goes without, and says nothing of it."""
    shutil.rmtree(logs, ignore_errors=True)
    logs.parent.mkdir(parents=True, exist_ok=True)
    logs.touch()


def _link(source: Path, new: Path) -> None:
    try:
        new.hardlink_to(source)
    except OSError:  # The cache is on another file system.
        shutil.copy2(source, new)


def _host(runner: Path) -> str:
    code = _CODE.format(project=str(PROJECT))
    words = {"python": sys.executable, "code": code, "runner": str(runner)}
    return _SCRIPT.format(**{name: shlex.quote(word) for name, word in words.items()})
