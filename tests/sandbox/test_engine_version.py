"""One version of Pulumi everywhere."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from sandbox.engine.toolchain import MODULE
from sandbox.engine.version import PULUMI_VERSION, SUPPORTED

ROOT = MODULE.parent.parent


@pytest.mark.parametrize("file", ["requirements.in", "requirements.txt"])
def test_the_requirements_name_the_pinned_version(file: str) -> None:
    pins = re.findall(r"^pulumi==([^\s;]+)", Path(ROOT, file).read_text(), re.MULTILINE)
    assert pins == [PULUMI_VERSION]


@pytest.mark.parametrize("module", ["pkg", "sdk"])
def test_the_go_module_names_the_pinned_version(module: str) -> None:
    text = (MODULE / "go.mod").read_text()
    pins = re.findall(rf"^\s*github\.com/pulumi/pulumi/{module}/v3 v(\S+)", text, re.MULTILINE)
    assert pins == [PULUMI_VERSION]


def test_the_installed_sdk_is_the_pinned_version() -> None:
    assert version("pulumi") == PULUMI_VERSION


@pytest.mark.parametrize("patch", ["0", "7"])
def test_later_patch_releases_are_supported(patch: str) -> None:
    assert f"{PULUMI_VERSION.rpartition('.')[0]}.{patch}" in SUPPORTED


@pytest.mark.parametrize("found", ["3.258.9", "3.260.0", "4.0.0", "3.259.0rc1"])
def test_other_lines_are_not_supported(found: str) -> None:
    assert found not in SUPPORTED


def test_the_locks_hold_hashes_and_no_address() -> None:
    for lock in ("requirements.txt", "requirements-dev.txt"):
        text = Path(ROOT, lock).read_text()
        pins = re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)
        assert pins
        assert len(re.findall(r"==.* \\\n    --hash=sha256:", text)) == len(pins)
        assert "://" not in text
