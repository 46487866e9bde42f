"""Each thing that can be wrong, made wrong for real: the machine's variables, files and ports; no engine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from operations.declared import declared
from operations.doctor import aws, backend, tools
from operations.doctor.checks import CHECKS
from operations.doctor.finding import Finding, Machine, fail, ok, warn
from operations.doctor.run import run
from tests.engine.catalogue import release, service

ROOT = Path(__file__).parents[2]
LOGIN = "aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID with its secret"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a stack `dev` of one service."""
    (tmp_path / "Pulumi.yaml").write_text("name: immutable\nruntime: python\n")
    configure(tmp_path, release("1.4.2"))
    return tmp_path


def configure(project: Path, *releases: dict[str, Any], **config: Any) -> None:
    settings = {"aws:region": "eu-west-1", "immutable:services": {"web": service(*releases)}, **config}
    (project / "Pulumi.dev.yaml").write_text(json.dumps({"config": settings}))


def machine(project: Path, stack: str | None = "dev", **environment: str) -> Machine:
    return Machine(project, declared(project, stack), environment)


@pytest.fixture
def refusing() -> Iterator[str]:
    """The URL of a port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """This process asks no account but the one that the test names, and finds no credentials by itself."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws.made.cache_clear()
    yield monkeypatch
    aws.made.cache_clear()


# Tools


def test_without_a_pulumi_on_path_it_says_where_to_get_it_and_what_asks_it_is_not_known(project: Path) -> None:
    nothing = machine(project, PATH=str(project))
    version = tools.pinned()["pulumi"]
    assert list(tools.engine(nothing)) == [
        fail(
            "pulumi",
            "there is none on PATH",
            f"Install {version}: https://www.pulumi.com/docs/iac/download-install/, or `make up` for the sandbox's",
        )
    ]
    assert list(backend.backend(nothing)) == [
        warn("backend", "not known: there is no pulumi on PATH to ask with", "See the finding about pulumi first")
    ]
    assert list(backend.secrets(nothing)) == [
        warn(
            "secrets",
            "not known: there is no pulumi on PATH to ask with",
            "See the findings about pulumi, backend and stack first",
        )
    ]
    assert list(tools.git(nothing)) == [
        warn("git", "there is none on PATH: the history will name no commit", "Install git")
    ]


def stand_in(folder: Path, name: str, script: str) -> None:
    """An executable."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_pulumi_of_another_version_without_its_language_host_is_told(project: Path) -> None:
    stand_in(project, "pulumi", "echo v3.1.0")
    found = list(tools.engine(machine(project, PATH=str(project))))
    install = "https://www.pulumi.com/docs/iac/download-install/, or `make up` for the sandbox's"
    version = tools.pinned()["pulumi"]
    assert found == [
        warn("pulumi", f"3.1.0, and the SDK is {version}", f"Install {version}: {install}"),
        fail("language host", "no pulumi-language-python beside pulumi, nor on PATH", f"Install both: {install}"),
    ]
    stand_in(project, "pulumi", "echo broken >&2; exit 3")
    assert next(tools.engine(machine(project, PATH=str(project)))).said == f"{project}/pulumi does not run: broken"


def test_a_plugin_that_may_not_be_fetched_is_a_failure_and_one_on_path_is_of_any_version(project: Path) -> None:
    wanted = tools.pinned()["pulumi-aws"]
    home = {"PATH": "", "PULUMI_HOME": str(project)}
    remedy = f"pulumi plugin install resource aws {wanted}"
    assert list(tools.plugin(machine(project, **home))) == [
        warn("plugin aws", f"{wanted} is not installed yet", remedy)
    ]
    refused = machine(project, **home, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true")
    assert list(tools.plugin(refused)) == [fail("plugin aws", f"{wanted} is not installed", remedy)]
    stand_in(project, "pulumi-resource-aws", "")
    assert list(tools.plugin(machine(project, **{**home, "PATH": str(project)}))) == [
        warn("plugin aws", f"{project}/pulumi-resource-aws on PATH is used, whatever its version", "Take it off PATH")
    ]
    (project / "plugins" / f"resource-aws-v{wanted}").mkdir(parents=True)
    assert list(tools.plugin(machine(project, **home))) == [ok("plugin aws", wanted)]


def test_packages_are_compared_with_the_lock(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    assert list(tools.packages(machine(project))) == [
        ok("packages", f"all {len(tools.pinned())} as requirements.txt says")
    ]
    monkeypatch.setattr(tools, "pinned", lambda: {"no-such-package": "1.0", "pulumi": "0.1"})
    missing, other = tools.packages(machine(project))
    assert missing == fail("packages", "missing: no-such-package 1.0", tools.INSTALL)
    assert other.said.startswith("other versions than pinned: pulumi 3.")


def test_what_the_command_itself_needs_is_a_sentence_when_it_is_not_installed() -> None:
    code = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); runpy.run_module('operations', run_name='__main__')"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.endswith("In an environment of the project's: pip install --require-hashes -r requirements.txt\n")
    assert "Traceback" not in run.stderr


# The config, read without the engine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config: [", "Pulumi.dev.yaml is no YAML: while parsing a flow node expected the node content, but found"),
        ("- a list", "Pulumi.dev.yaml is no map of keys"),
        ("config: text", "Pulumi.dev.yaml: `config` is no map of keys"),
        ("config: {'immutable:services': {web: {}}}", "Pulumi.dev.yaml: services.web.releases: "),
    ],
)
def test_a_broken_file_is_told_with_what_is_wrong_in_it(project: Path, text: str, said: str) -> None:
    (project / "Pulumi.dev.yaml").write_text(text)
    (found,) = backend.config(machine(project))
    assert found.said.startswith(said)
    assert found == fail("config", found.said, "Mend what it names; `pulumi preview` says the same")


def test_a_file_that_is_not_there_is_told_and_a_good_one_counted(project: Path) -> None:
    assert list(backend.config(machine(project, "acme/immutable/prod"))) == [
        fail("config", "there is no Pulumi.prod.yaml", "git checkout it, or `pulumi stack init` and fill it in")
    ]
    assert list(backend.config(machine(project))) == [ok("config", "Pulumi.dev.yaml: 1 services, 1 releases")]
    (project / "Pulumi.yaml").unlink()
    (found,) = backend.config(machine(project))
    assert found.said == "Pulumi.yaml can't be read (No such file or directory)"


# The account


def test_no_credentials_an_unknown_profile_and_a_dead_endpoint_are_each_told(
    project: Path, account: pytest.MonkeyPatch, refusing: str
) -> None:
    at = machine(project)
    assert list(aws.credentials(at)) == [fail("credentials", "Unable to locate credentials", LOGIN)]
    assert list(aws.images(at)) == [
        warn("images", "not known: Unable to locate credentials", "See the finding about credentials first")
    ]
    assert list(CHECKS["quotas"](at)) == [
        warn("quotas", "not known: Unable to locate credentials", "See the finding about credentials first")
    ]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        account.setenv(name, "a")
    account.setenv("AWS_ENDPOINT_URL", refusing)
    aws.made.cache_clear()
    network = "See to the network, the proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL"
    assert list(aws.credentials(at)) == [
        fail("credentials", f'Could not connect to the endpoint URL: "{refusing}/"', network)
    ]
    configure(project, release("1.4.2"), **{"aws:profile": "nope"})
    assert list(aws.credentials(machine(project))) == [
        fail("credentials", "The config profile (nope) could not be found", LOGIN)
    ]


def test_a_clock_that_is_off_is_told_by_how_much() -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    def off(seconds: int) -> list[Finding]:
        return list(aws.clock({"date": format_datetime(now - timedelta(seconds=seconds), usegmt=True)}, now))

    assert off(2) == [ok("clock", "2 s from AWS's")]
    assert off(-90) == [
        warn("clock", "90 s from AWS's", "Keep it by NTP: AWS refuses requests that are five minutes off")
    ]
    assert off(301) == [
        fail("clock", "301 s from AWS's", "Set it, and keep it by NTP: AWS refuses requests that are five minutes off")
    ]


def test_a_region_that_is_missing_unknown_or_another_than_the_shells_is_told(project: Path) -> None:
    assert list(aws.region(machine(project))) == [ok("region", "eu-west-1")]
    assert list(aws.region(machine(project, AWS_REGION="us-east-1"))) == [
        warn(
            "region",
            "the config says eu-west-1, the environment us-east-1: the aws CLI looks elsewhere than the stack",
            "export AWS_REGION=eu-west-1",
        )
    ]
    assert list(aws.region(machine(project, None))) == [
        fail("region", "neither the config nor the environment names one", "pulumi config set aws:region …")
    ]
    assert list(aws.region(machine(project, None, AWS_DEFAULT_REGION="mars-1"))) == [
        fail("region", "mars-1 is none of AWS's that botocore knows", "pulumi config set aws:region …")
    ]


# All of them


def test_a_check_that_breaks_or_hangs_is_a_finding_and_takes_nothing_along(project: Path) -> None:
    ended = threading.Event()

    def breaks(_machine: Machine) -> list[Finding]:
        raise ZeroDivisionError("by\nnothing")

    def hangs(_machine: Machine) -> list[Finding]:
        ended.wait(30)
        return []

    began = time.monotonic()
    found = run(
        {"first": breaks, "second": hangs, "third": lambda _: [ok("third", "fine")]}, machine(project), bound_s=0.3
    )
    ended.set()
    assert time.monotonic() - began < 5
    assert found == [
        fail("first", "could not be checked: ZeroDivisionError: by nothing", "Report it, with this line"),
        fail("second", "gave no answer in 0.3 s", "See whether the network, or a proxy, swallows calls"),
        ok("third", "fine"),
    ]


def test_whatever_is_missing_the_command_says_it_and_shows_no_traceback(project: Path, refusing: str) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: [")
    bare: Mapping[str, str] = {
        "PATH": str(project),
        "HOME": str(project),
        "AWS_ENDPOINT_URL": refusing,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PROFILE": "nope",
    }
    command = [sys.executable, "-m", "operations", "doctor", "--project", str(project), "--stack", "dev"]
    run = subprocess.run([*command, "--json"], cwd=ROOT, env=dict(bare), capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "")
    states = {one["subject"]: one["state"] for one in json.loads(run.stdout)}
    assert {name for name, state in states.items() if state == "fail"} == {"config", "credentials", "pulumi", "region"}
    shown = subprocess.run(command, cwd=ROOT, env={**bare, "COLUMNS": "160"}, capture_output=True, text=True)
    assert shown.returncode == 1
    assert "→ Install" in shown.stdout
    assert os.linesep * 3 not in shown.stdout
