"""Which `pulumi` on PATH is used as it is."""

from pathlib import Path

import pytest

from sandbox.engine import Engine, install
from sandbox.engine.released import released_engine
from sandbox.engine.version import PULUMI_VERSION
from sandbox.home import Home


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def released(folder: Path, says: str = f"echo v{PULUMI_VERSION}", *, host: bool = True) -> Path:
    """A folder as the official release unpacks to."""
    if host:
        executable(folder / "pulumi-language-python", "exit 1")
    return executable(folder / "pulumi", says)


def test_a_supported_release_is_used_with_its_own_host(tmp_path: Path) -> None:
    pulumi = released(tmp_path)
    assert released_engine(print, str(tmp_path)) == Engine(pulumi, own_host=False, version=PULUMI_VERSION)


def test_a_link_on_path_leads_to_the_release_behind_it(tmp_path: Path) -> None:
    pulumi = released(tmp_path / "opt")
    link = tmp_path / "bin" / "pulumi"
    link.parent.mkdir()
    link.symlink_to(pulumi)
    found = released_engine(print, str(link.parent))
    assert found is not None
    assert found.pulumi == pulumi


@pytest.mark.parametrize(
    ("says", "host", "reason"),
    [
        ("echo v3.100.0", True, "is 3.100.0, not ~="),
        ("echo hello", True, "is no version that is known"),
        ("exit 3", True, "is no version that is known"),
        (f"echo v{PULUMI_VERSION}", False, "has no pulumi-language-python beside it"),
    ],
)
def test_another_pulumi_is_passed_over_with_the_reason(tmp_path: Path, says: str, host: bool, reason: str) -> None:
    released(tmp_path / "first", says, host=host)
    fits = released(tmp_path / "second")
    lines: list[str] = []
    found = released_engine(lines.append, f"{tmp_path}/first:{tmp_path}/second")
    assert found is not None
    assert found.pulumi == fits
    (line,) = lines
    assert reason in line


def test_the_folder_that_the_sandbox_itself_put_on_path_is_no_release(tmp_path: Path) -> None:
    built = released(tmp_path / "cache", host=False)
    (tmp_path / "cache" / "pulumi-language-python-exec").touch()
    home = Home(tmp_path / "home")
    install(Engine(built, own_host=True, version=PULUMI_VERSION), home)
    lines: list[str] = []
    assert released_engine(lines.append, str(home.bin)) is None
    assert lines == []


def test_an_empty_path_holds_none() -> None:
    assert released_engine(print, "") is None
