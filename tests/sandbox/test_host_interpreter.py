"""Which interpreter runs a program, and what is installed for it."""

import json
import sys
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2

from sandbox.engine.host.errors import EnvironmentMissingError
from sandbox.engine.host.interpreter import Interpreter, ProviderPackage, dependencies, provider_packages


def program(root: Path, **options: str) -> language_pb2.ProgramInfo:
    given = Struct()
    given.update(options)
    return language_pb2.ProgramInfo(root_directory=str(root), options=given)


def test_without_the_option_it_is_the_hosts_own(tmp_path: Path) -> None:
    interpreter = Interpreter.of(program(tmp_path)).checked()
    assert interpreter.python == Path(sys.executable)
    assert interpreter.activated({"PATH": "/bin"}) == {"PATH": "/bin"}


def test_the_option_is_relative_to_the_project(tmp_path: Path) -> None:
    interpreter = Interpreter.of(program(tmp_path, virtualenv="../env"))
    assert interpreter.python == tmp_path / "../env/bin/python"


def test_an_absolute_option_is_taken_as_it_is(tmp_path: Path) -> None:
    assert Interpreter.of(program(tmp_path, virtualenv="/opt/env")).python == Path("/opt/env/bin/python")


def test_a_virtual_environment_is_activated_for_the_program(tmp_path: Path) -> None:
    interpreter = Interpreter.of(program(tmp_path, virtualenv="env"))
    assert interpreter.activated({"PATH": "/bin", "PYTHONHOME": "/usr"}) == {
        "PATH": f"{tmp_path}/env/bin:/bin",
        "VIRTUAL_ENV": f"{tmp_path}/env",
    }


@pytest.mark.parametrize(("exists", "state"), [(False, "does not exist"), (True, "is no virtual environment")])
def test_an_environment_that_cannot_run_a_program_is_named(tmp_path: Path, exists: bool, state: str) -> None:
    if exists:
        (tmp_path / "env").mkdir()
    with pytest.raises(EnvironmentMissingError, match=rf"{tmp_path}/env, which {state}.*pulumi install"):
        Interpreter.of(program(tmp_path, virtualenv="env")).checked()


def package(site: Path, folder: str, **plugin: object) -> None:
    (site / folder).mkdir(parents=True)
    (site / folder / "pulumi-plugin.json").write_text(json.dumps(plugin))


def test_provider_packages_are_found_by_their_description(tmp_path: Path) -> None:
    package(tmp_path / "a", "pulumi_aws", resource=True, name="aws", version="7.51.1")
    package(tmp_path / "a", "pulumi_policy", resource=False)
    package(tmp_path / "b", "pulumi_mine", resource=True, server="github://x")
    package(tmp_path / "b", "pulumi_aws", resource=True, name="aws", version="6.0.0")
    assert provider_packages([f"{tmp_path}/a", f"{tmp_path}/b", f"{tmp_path}/missing"]) == [
        ProviderPackage("aws", "7.51.1", ""),
        ProviderPackage("mine", "", "github://x"),
    ]


def test_this_environments_aws_provider_is_found() -> None:
    found = provider_packages(Interpreter(Path(sys.executable)).search_path())
    assert "aws" in [package.name for package in found]


def distribution(site: Path, name: str, *requires: str) -> None:
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {r}" for r in requires)]
    (folder / "METADATA").write_text("\n".join(lines))


def test_direct_dependencies_are_those_that_nothing_else_needs(tmp_path: Path) -> None:
    distribution(tmp_path, "Top", "middle_part>=1", "absent; sys_platform == 'nowhere'", "extra; extra == 'more'")
    distribution(tmp_path, "middle-part")
    distribution(tmp_path, "absent")
    distribution(tmp_path, "extra")
    direct = dependencies([str(tmp_path)], transitive=False)
    assert direct == [("Top", "1.0"), ("absent", "1.0"), ("extra", "1.0")]
    assert ("middle-part", "1.0") in dependencies([str(tmp_path)], transitive=True)
