"""The Go toolchain and the module that it builds the engine from."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from sandbox.engine.engine import EngineError
from sandbox.engine.version import PULUMI_VERSION, SUPPORTED

#: `go.mod` names the engine as a tool, `go.sum` pins all that it is made of.
MODULE = Path(__file__).parent
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"

#: Without `-s -w` the engine is half as large again; without the version it calls itself 3.0.0.
FLAGS = ("-ldflags", f"-s -w -X {SDK}/go/common/version.Version=v{PULUMI_VERSION}")

WAYS_OUT = (
    f"Install the Pulumi CLI {SUPPORTED} (https://www.pulumi.com/docs/install), or Go {{needed}} or "
    "later, with which the engine is built here, and run the command again."
)


@dataclass(frozen=True)
class Toolchain:
    """A Go that is new enough."""

    go: Path
    version: str

    @property
    def key(self) -> str:
        """Names the engine by all that it is built from; another engine has another key."""
        parts = [self.version, *FLAGS, *(_text(name) for name in ("go.mod", "go.sum"))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def command(self, *words: str) -> list[str]:
        return [str(self.go), *words]


def environment() -> dict[str, str]:
    """The user's environment without what would make another engine of the same module."""
    return os.environ | {"GOFLAGS": "-mod=readonly", "GOWORK": "off"}


def find_toolchain() -> Toolchain:
    """The `go` on PATH, or the newer one that it fetches by itself.

    Raises:
        EngineError: there is none, or it is too old; the message names the ways out.
    """
    needed = needed_go()
    found = shutil.which("go")
    if found is None:
        raise EngineError(f"No Pulumi engine and no `go` on PATH. {WAYS_OUT.format(needed=needed)}")
    answer = subprocess.run([found, "env", "GOVERSION"], cwd=MODULE, env=environment(), capture_output=True, text=True)
    version = answer.stdout.strip()
    number = re.match(r"go(\d+(\.\d+)*)", version)
    if answer.returncode != 0 or number is None or Version(number[1]) < Version(needed):
        said = version or answer.stderr.strip() or f"exit code {answer.returncode}"
        raise EngineError(
            f"No Pulumi engine, and {found} is too old to build one ({said}, needed: {needed}). "
            f"{WAYS_OUT.format(needed=needed)}"
        )
    return Toolchain(Path(found), version)


def needed_go() -> str:
    """The `go` line of `go.mod`."""
    line = re.search(r"^go (\S+)$", _text("go.mod"), re.MULTILINE)
    assert line, "go.mod has a go line"
    return line[1]


def _text(name: str) -> str:
    return (MODULE / name).read_text()
