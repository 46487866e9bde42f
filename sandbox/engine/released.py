"""A Pulumi that the user has installed."""

import os
import shutil
import subprocess
from pathlib import Path

from packaging.version import InvalidVersion, Version

from sandbox.engine.engine import Engine, Report
from sandbox.engine.version import SUPPORTED

_HOST = "pulumi-language-python"

#: Every host script that `install` writes holds it: what stands in a sandbox's own folder was
#: built, not released, and `eval "$(python -m sandbox env)"` puts that folder on PATH.
_OURS = b"sandbox.engine.host"


def released_engine(report: Report, path: str | None = None) -> Engine | None:
    """The first `pulumi` on PATH that has its own Python language host and a supported version.

    Says in one line why another `pulumi` that it came across isn't used.
    """
    for folder in (path if path is not None else os.environ.get("PATH", "")).split(os.pathsep):
        found = shutil.which("pulumi", path=folder) if folder else None
        if found is None:
            continue
        pulumi = Path(found).resolve()
        host = shutil.which(_HOST, path=str(pulumi.parent))
        if host and _OURS in Path(host).read_bytes()[:4096]:
            continue
        if host is None:
            report(f"{pulumi} has no {_HOST} beside it, so it isn't used")
            continue
        version = _version(pulumi)
        if version is not None and version in SUPPORTED:
            return Engine(pulumi, own_host=False, version=str(version))
        report(f"{pulumi} is {version or 'no version that is known'}, not {SUPPORTED}: not used")
    return None


def _version(pulumi: Path) -> Version | None:
    """What `pulumi version` prints; None if it prints something else or can't run."""
    env = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run([pulumi, "version"], env=env, capture_output=True, text=True, timeout=30, check=True)
        return Version(answer.stdout.strip())
    except (OSError, subprocess.SubprocessError, InvalidVersion):
        return None
