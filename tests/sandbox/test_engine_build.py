"""Building the engine, with a `go` that is a script: what is kept, what is said, what failures leave behind."""

import multiprocessing
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.engine import EngineError, toolchain
from sandbox.engine.build import built_engine
from sandbox.engine.engine import RUNNER
from sandbox.engine.toolchain import Toolchain, find_toolchain, needed_go
from sandbox.engine.version import PULUMI_VERSION

#: Answers `go env`, the two `go list` and `go build` as the real one does for a module of three packages.
GO = """#!/bin/sh
echo "$*" >> {log}
case "$1 $2" in
    "env GOVERSION") echo {version} ;;
    "list -deps") printf 'a\\nb\\nc\\n'; echo 'go: downloading a v1' >&2 ;;
    "list -m") echo {sdk} ;;
    build*) printf 'a\\nb\\nc\\n' >&2; {build}
esac
"""
WRITE = 'while [ "$1" != -o ]; do shift; done; echo engine > "$2"'


class FakeGo:
    """A `go` on a PATH of its own, and what it was asked."""

    def __init__(self, folder: Path, build: str = WRITE, version: str = "go1.99.0") -> None:
        self.log, self.folder = folder / "log", folder
        sdk = folder / "sdk"
        (sdk / "python" / "cmd").mkdir(parents=True)
        (sdk / "python" / "cmd" / RUNNER).write_text("runner")
        go = folder / "go"
        go.write_text(GO.format(log=self.log, version=version, sdk=sdk, build=build))
        go.chmod(0o755)
        self.toolchain = Toolchain(go, version)

    def asked(self, word: str) -> int:
        """How often it was asked to `word`."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return sum(line.startswith(word) for line in lines)


def test_an_engine_is_built_once_and_kept_with_the_runner(tmp_path: Path) -> None:
    go, cache = FakeGo(tmp_path / "go"), tmp_path / "cache"
    lines: list[str] = []
    engine = built_engine(go.toolchain, cache, lines.append)
    assert (engine.own_host, engine.version) == (True, PULUMI_VERSION)
    assert engine.pulumi.read_text() == "engine\n"
    assert engine.pulumi.with_name(RUNNER).read_text() == "runner"
    assert lines[0] == f"[0:00] building Pulumi {PULUMI_VERSION}: takes about 6 minutes the first time"

    assert built_engine(go.toolchain, cache, lines.append) == engine
    assert go.asked("build") == 1


def test_progress_counts_what_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.engine.go.INTERVAL_S", 0.2)
    go = FakeGo(tmp_path / "go", build=f"sleep 0.5; echo 'd' >&2; {WRITE}")
    lines: list[str] = []
    built_engine(go.toolchain, tmp_path / "cache", lines.append)
    assert any(line.endswith("3 of 3 packages compiled, linking") for line in lines)


def test_another_module_or_go_has_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Toolchain(tmp_path / "go", "go1.99.0").key
    assert Toolchain(tmp_path / "elsewhere" / "go", "go1.99.0").key == first
    assert Toolchain(tmp_path / "go", "go1.99.1").key != first
    module = tmp_path / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        shutil.copy(toolchain.MODULE / name, module)
    monkeypatch.setattr(toolchain, "MODULE", module)
    assert Toolchain(tmp_path / "go", "go1.99.0").key == first
    with (module / "go.sum").open("a") as sums:
        sums.write("another line\n")
    assert Toolchain(tmp_path / "go", "go1.99.0").key != first


def test_two_at_once_build_once(tmp_path: Path) -> None:
    go, cache = FakeGo(tmp_path / "go", build=f"sleep 1; {WRITE}"), tmp_path / "cache"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(built_engine, [(go.toolchain, cache, print)] * 2)
    assert first == second
    assert go.asked("build") == 1


def test_a_failed_build_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    go, cache = FakeGo(tmp_path / "go", build="echo 'undefined: x' >&2; exit 1"), tmp_path / "cache"
    with pytest.raises(EngineError, match=r"(?s)go build .* failed:.*undefined: x"):
        built_engine(go.toolchain, cache, print)
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_a_full_disk_is_one_sentence_about_the_disk(tmp_path: Path) -> None:
    go = FakeGo(tmp_path / "go", build="echo 'write /tmp/x: no space left on device' >&2; exit 1")
    with pytest.raises(EngineError, match=r"^The disk is full\. .* 5 GB"):
        built_engine(go.toolchain, tmp_path / "cache", print)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    go = FakeGo(tmp_path / "go")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(EngineError, match=rf"can't be built in {tmp_path}/cache: File exists"):
        built_engine(go.toolchain, tmp_path / "cache", print)


def test_a_killed_build_is_never_taken_for_an_engine_and_is_cleared_away(tmp_path: Path) -> None:
    folder, cache = tmp_path / "go", tmp_path / "cache"
    go = FakeGo(folder, build=f"{WRITE}; sleep 5")
    program = (
        "import sys; from pathlib import Path; from sandbox.engine.build import built_engine; "
        "from sandbox.engine.toolchain import Toolchain; "
        f"built_engine(Toolchain(Path({str(folder / 'go')!r}), 'go1.99.0'), Path({str(cache)!r}), print)"
    )
    builder = subprocess.Popen([sys.executable, "-c", program], cwd=toolchain.MODULE.parents[1])
    deadline = time.monotonic() + 20
    while not list(cache.glob("*.part-*/pulumi")):
        assert time.monotonic() < deadline, "the build never began"
        time.sleep(0.05)
    builder.kill()
    builder.wait()
    assert not (cache / go.toolchain.key).exists()

    shutil.rmtree(folder)
    engine = built_engine(FakeGo(folder).toolchain, cache, print)
    assert sorted(path.name for path in cache.iterdir()) == [go.toolchain.key, f"{go.toolchain.key}.lock"]
    assert engine.pulumi.exists()


def test_without_go_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=rf"no `go` on PATH\. Install the Pulumi CLI ~=.*Go {needed_go()} or later"):
        find_toolchain()


@pytest.mark.parametrize("version", ["go1.20.3", "devel +abc"])
def test_a_go_that_is_too_old_is_named_with_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    FakeGo(tmp_path / "go", version=version)
    monkeypatch.setenv("PATH", f"{tmp_path}/go:/bin:/usr/bin")
    with pytest.raises(EngineError) as refused:
        find_toolchain()
    assert f"({version}, needed: {needed_go()})" in str(refused.value)


def test_a_go_that_is_new_enough_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    go = FakeGo(tmp_path / "go")
    monkeypatch.setenv("PATH", f"{tmp_path}/go:/bin:/usr/bin")
    assert find_toolchain() == go.toolchain
