"""What a shell or process in the sandbox can reach."""

import os
import sys
from pathlib import Path

import pytest

from sandbox.environment import enter, environment, unset
from sandbox.home import Home

URL = "http://127.0.0.1:4000"


def test_everything_leads_to_the_sandbox(tmp_path: Path) -> None:
    home = Home(tmp_path)
    variables = environment(home, URL)
    assert variables["AWS_ENDPOINT_URL"] == URL
    assert variables["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/backend?metadata=skip"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"]
    inside = ("PULUMI_HOME", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    assert all(Path(variables[name]).is_relative_to(tmp_path) for name in inside)


def test_the_path_begins_with_ours_and_never_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    once = environment(home, URL)["PATH"]
    assert once == f"{home.bin}:{Path(sys.executable).parent}:/usr/bin:/bin"
    monkeypatch.setenv("PATH", once)
    assert environment(home, URL)["PATH"] == once


def test_what_would_lead_elsewhere_is_unset() -> None:
    ambient = {"AWS_PROFILE": "x", "AWS_ENDPOINT_URL_EC2": "x", "AWS_ENDPOINT_URL": "x", "HOME": "x"}
    assert unset(ambient) == ["AWS_ENDPOINT_URL_EC2", "AWS_PROFILE"]


def test_a_proxy_is_kept_for_other_hosts_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "inside.example.com,localhost")
    variables = environment(Home(tmp_path), URL)
    assert variables["no_proxy"] == variables["NO_PROXY"] == "inside.example.com,localhost,127.0.0.1"


def test_a_process_that_enters_forgets_the_users_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"AWS_PROFILE": "mine", "PATH": "/bin", "LANG": "C"})
    enter(Home(tmp_path), URL)
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["LANG"] == "C"
    assert os.environ["AWS_ENDPOINT_URL"] == URL


@pytest.mark.parametrize(("configured", "below"), [("", ".sandbox"), ("elsewhere", "elsewhere")])
def test_the_home_is_the_projects_or_the_users_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str, below: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDBOX_HOME", configured)
    assert Home.default(tmp_path).root == tmp_path / below
