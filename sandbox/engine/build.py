"""Building the engine from its Go module, once for all checkouts of one user."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

from sandbox.engine.engine import RUNNER, Engine, EngineError, Report
from sandbox.engine.go import Progress, run_go
from sandbox.engine.toolchain import FLAGS, PACKAGE, SDK, Toolchain
from sandbox.engine.version import PULUMI_VERSION

_STALE = "{{if .Stale}}{{.ImportPath}}{{end}}"


def built_engine(go: Toolchain, cache: Path, report: Report) -> Engine:
    """The engine that `go` builds from the pinned module, from `cache` if it has been built.

    It takes about six minutes and 5 GB (Go's own caches) the first time. Two at once are safe:
    the second waits for the first. What is killed half-way leaves nothing that is taken for an
    engine.

    Raises:
        EngineError: with the compiler's last lines, or what is missing.
    """
    folder = cache / go.key
    engine = Engine(folder / "pulumi", own_host=True, version=PULUMI_VERSION)
    if engine.pulumi.exists():
        return engine
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / f"{go.key}.lock", report):
            if not engine.pulumi.exists():
                _build_into(folder, go, report)
    except OSError as error:
        raise EngineError(f"The engine can't be built in {cache}: {error.strerror}.") from error
    return engine


def _build_into(folder: Path, go: Toolchain, report: Report) -> None:
    # Left by builds that were killed: whoever holds the lock is the only one that builds.
    for remains in folder.parent.glob(f"{folder.name}.part-*"):
        shutil.rmtree(remains)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    try:
        _compile(part, go, Progress(f"building Pulumi {PULUMI_VERSION}", report))
        part.chmod(0o755)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _compile(folder: Path, go: Toolchain, progress: Progress) -> None:
    def fetched(said: list[str]) -> str:
        return f"fetching modules ({said[-1]})" if said else "looking for what is to be compiled"

    progress.say("takes about 6 minutes the first time")
    # Only packages that aren't in Go's own cache are compiled, and only they are counted.
    listing = go.command("list", "-deps", *FLAGS, "-f", _STALE, PACKAGE)
    total = len(run_go(listing, progress, fetched))

    def compiled(said: list[str]) -> str:
        # `go build -v` names each package when it begins with it, and the last link takes a while.
        latest = said[-1] if said else ""
        done = f"{len(said)} of {total} packages compiled"
        return f"{done} {latest}" if len(said) < total else f"{done}, linking"

    build = go.command("build", "-v", *FLAGS, "-o", str(folder / "pulumi"), PACKAGE)
    run_go(build, progress, compiled)
    (sdk,) = run_go(go.command("list", "-m", "-f", "{{.Dir}}", SDK), progress, fetched)
    shutil.copyfile(Path(sdk, "python", "cmd", RUNNER), folder / RUNNER)
    progress.say(f"done, kept in {folder.parent}")


@contextlib.contextmanager
def _locked(path: Path, report: Report) -> Generator[None]:
    """Hold the lock at `path`; the system frees it when this process ends, however it ends."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another process is building the engine: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
