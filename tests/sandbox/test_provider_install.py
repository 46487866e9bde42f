"""Which plugin the engine finds: the sandbox's own, or the real one that the user has installed."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from sandbox.home import Home
from sandbox.provider import PluginError, install, install_real

VERSION = importlib.metadata.version("pulumi-aws")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A `PULUMI_HOME` in which the real plugin is installed."""
    plugin = tmp_path / "users" / "plugins" / f"resource-aws-v{VERSION}" / "pulumi-resource-aws"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("real")
    return tmp_path / "users"


def test_the_real_plugin_takes_the_place_of_our_own_and_gives_it_back(tmp_path: Path, real: Path) -> None:
    own = install(tmp_path / "sandbox")
    assert "sandbox.provider" in own.read_text()
    assert install_real(tmp_path / "sandbox", real) == own
    assert own.read_text() == "real"
    install(tmp_path / "sandbox")
    assert "sandbox.provider" in own.read_text()
    assert (real / own.relative_to(tmp_path / "sandbox")).read_text() == "real"


def test_without_the_real_plugin_a_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as refused:
        install_real(tmp_path / "sandbox", tmp_path / "users")
    assert str(refused.value) == (
        f"The real AWS plugin {VERSION} is not installed in {tmp_path / 'users'}. Get it with "
        f"`pulumi plugin install resource aws {VERSION}`, or leave --real-plugin out"
    )


def test_a_shell_in_the_sandbox_does_not_hide_where_the_user_has_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "sandbox")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(home.pulumi_home))
    assert home.users_pulumi_home == tmp_path / ".pulumi"
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "elsewhere"))
    assert home.users_pulumi_home == tmp_path / "elsewhere"
