"""A `pulumi-resource-aws` that turns resource types, declared as data, into calls of the sandbox's cloud.

provider.install(Home.default().pulumi_home)  # the engine finds it there without a word

The real plugin can take its place, against the same cloud: `install_real`.
"""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
from pathlib import Path

from sandbox.files import put, write_script
from sandbox.home import PROJECT

#: Isolated, so that neither the directory it is started in nor PYTHONPATH can put a module of the user's in the way.
_SCRIPT = '#!/bin/sh\nexec {python} -I -c {code} {version} "$@"\n'
_CODE = "import runpy, sys; sys.path.insert(0, {project!r}); runpy.run_module('sandbox.provider', run_name='__main__')"


class PluginError(Exception):
    """The real plugin isn't there; the message says how to get it."""


def install(pulumi_home: Path) -> Path:
    """Put the plugin where the engine looks for the version that the installed `pulumi_aws` asks for.

    Run again, it repairs what is there. Returns the plugin's file.
    """
    version = importlib.metadata.version("pulumi-aws")
    plugin = _place(pulumi_home, version)
    words = {"python": sys.executable, "code": _CODE.format(project=str(PROJECT)), "version": version}
    put(plugin, write_script(_SCRIPT.format(**{name: shlex.quote(word) for name, word in words.items()})))
    return plugin


def install_real(pulumi_home: Path, installed: Path) -> Path:
    """Link the real plugin, from the `PULUMI_HOME` it is installed in, in the place of the sandbox's own.

    Raises:
        PluginError: the version that the installed `pulumi_aws` asks for isn't there.
    """
    version = importlib.metadata.version("pulumi-aws")
    real, plugin = _place(installed, version), _place(pulumi_home, version)
    if not real.exists():
        raise PluginError(
            f"The real AWS plugin {version} is not installed in {installed}. Get it with "
            f"`pulumi plugin install resource aws {version}`, or leave --real-plugin out"
        )
    put(plugin, lambda new: new.symlink_to(real.resolve()))
    return plugin


def _place(pulumi_home: Path, version: str) -> Path:
    return pulumi_home / "plugins" / f"resource-aws-v{version}" / "pulumi-resource-aws"
