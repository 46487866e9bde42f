"""The folder that comes first on PATH."""

import os
import shlex
from pathlib import Path

from sandbox.engine import Engine, install
from sandbox.engine.engine import RUNNER
from sandbox.home import Home


def built(folder: Path, content: str = "engine") -> Engine:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUNNER).write_text("runner")
    (folder / "pulumi").unlink(missing_ok=True)
    (folder / "pulumi").write_text(content)
    return Engine(folder / "pulumi", own_host=True, version="3.259.0")


def test_a_built_engine_lies_beside_the_host_and_its_runner(tmp_path: Path) -> None:
    engine, home = built(tmp_path / "cache"), Home(tmp_path / "home")
    folder = install(engine, home)
    assert folder == home.bin
    assert (folder / "pulumi").samefile(engine.pulumi)
    assert not (folder / "pulumi").is_symlink()
    assert (folder / RUNNER).read_text() == "runner"
    host = folder / "pulumi-language-python"
    assert os.access(host, os.X_OK)
    assert shlex.quote(str(folder / RUNNER)) in host.read_text()


def test_a_released_engine_is_only_linked(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    install(built(tmp_path / "cache"), home)
    released = Engine(tmp_path / "opt" / "pulumi", own_host=False, version="3.259.1")
    install(released, home)
    assert (home.bin / "pulumi").readlink() == released.pulumi
    assert [path.name for path in home.bin.iterdir()] == ["pulumi"]


def test_it_repairs_and_replaces_what_is_there(tmp_path: Path) -> None:
    home = Home(tmp_path / "home with a space")
    install(built(tmp_path / "cache", "old"), home)
    (home.bin / "pulumi-language-python").unlink()
    install(built(tmp_path / "cache", "new"), home)
    assert (home.bin / "pulumi").read_text() == "new"
    assert sorted(path.name for path in home.bin.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        RUNNER,
    ]


def test_the_engine_finds_no_place_for_its_log(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (home.pulumi_home / "logs").mkdir(parents=True)
    (home.pulumi_home / "logs" / "dev.log").touch()
    for _ in range(2):
        install(built(tmp_path / "cache"), home)
        assert (home.pulumi_home / "logs").is_file()
