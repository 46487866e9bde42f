"""Where the sandbox keeps its things on this machine."""

import os
from dataclasses import dataclass
from pathlib import Path

#: The project this package stands in.
PROJECT = Path(__file__).resolve().parent.parent

#: Protects nothing: stacks in the sandbox hold no secrets worth keeping. It is fixed so that the
#: `encryptionsalt` committed in the project's stack files fits, and `stack init` leaves them alone.
PASSPHRASE = "sandbox"  # noqa: S105  (no secret, see above)

REGION = "eu-west-1"


@dataclass(frozen=True)
class Home:
    """Every file that the sandbox writes lies below `root`, except the engine's cache."""

    root: Path

    @classmethod
    def default(cls, project: Path = PROJECT) -> "Home":
        """`$SANDBOX_HOME`, else `.sandbox` in the project."""
        configured = os.environ.get("SANDBOX_HOME")
        return cls(Path(configured).resolve() if configured else project / ".sandbox")

    @property
    def bin(self) -> Path:
        """Comes first on PATH: the engine and, where it was built, its language host."""
        return self.root / "bin"

    @property
    def pulumi_home(self) -> Path:
        """`PULUMI_HOME`: plugins, workspaces, credentials."""
        return self.root / "pulumi"

    @property
    def users_pulumi_home(self) -> Path:
        """Where the user's own Pulumi keeps its plugins; a shell in the sandbox names the sandbox's."""
        configured = os.environ.get("PULUMI_HOME")
        inside = configured is not None and Path(configured).resolve() == self.pulumi_home
        return Path(configured) if configured and not inside else Path.home() / ".pulumi"

    @property
    def backend(self) -> Path:
        """The file backend: state and history of the stacks."""
        return self.root / "backend"

    @property
    def cloud(self) -> Path:
        """The cloud's process id, address, log and journal."""
        return self.root / "cloud"

    @property
    def aws(self) -> Path:
        """AWS config and credentials files, so that the user's own are never read."""
        return self.root / "aws"

    @property
    def logs(self) -> Path:
        return self.root / "logs"


def engine_cache() -> Path:
    """The user's cache of built engines: shared by all checkouts, outlives `make down`."""
    base = os.environ.get("XDG_CACHE_HOME")
    root = Path(base) if base else Path.home() / ".cache"
    return root / "immutable-infrastructure" / "engine"
