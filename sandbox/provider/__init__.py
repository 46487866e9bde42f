"""A `pulumi-resource-aws` that turns resource types, declared as data, into calls of the sandbox's cloud.

provider.install(Home.default().pulumi_home)  # the engine finds it there without a word
"""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import sys
from pathlib import Path

from sandbox.home import PROJECT

#: Isolated, so that neither the directory it is started in nor PYTHONPATH can put a module of the user's in the way.
_SCRIPT = '#!/bin/sh\nexec {python} -I -c {code} {version} "$@"\n'
_CODE = "import runpy, sys; sys.path.insert(0, {project!r}); runpy.run_module('sandbox.provider', run_name='__main__')"


def install(pulumi_home: Path) -> Path:
    """Put the plugin where the engine looks for the version that the installed `pulumi_aws` asks for.

    Run again, it repairs what is there. Returns the plugin's file.
    """
    version = importlib.metadata.version("pulumi-aws")
    folder = pulumi_home / "plugins" / f"resource-aws-v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    plugin = folder / "pulumi-resource-aws"
    code = _CODE.format(project=str(PROJECT))
    words = {"python": sys.executable, "code": code, "version": version}
    new = folder / f".{plugin.name}.{os.getpid()}"
    new.write_text(_SCRIPT.format(**{name: shlex.quote(word) for name, word in words.items()}))
    new.chmod(0o755)
    new.replace(plugin)  # A running engine keeps the file it was started from.
    return plugin
