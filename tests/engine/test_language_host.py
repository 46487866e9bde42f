"""Our language host under the real engine, with programs that need no provider."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from sandbox.engine import ensure_engine, install
from sandbox.environment import process_environment
from sandbox.home import Home

UNUSED = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Project:
    """A project of one program, with a backend of its own."""

    folder: Path
    environ: Mapping[str, str]

    def write(self, program: str, name: str = "__main__.py") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(program))

    def pulumi(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["pulumi", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )

    def output(self, name: str) -> str:
        return self.pulumi("stack", "output", name).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    home = Home(tmp_path / "home")
    install(ensure_engine(print), home)
    home.backend.mkdir(parents=True)
    folder = tmp_path / "project"
    project = Project(folder, process_environment(home, UNUSED))
    project.write("name: tiny\nruntime: python\n", "Pulumi.yaml")
    made = project.pulumi("stack", "init", "dev")
    assert made.returncode == 0, made.stdout
    return project


def succeeded(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_program_gets_config_stack_and_directory_and_says_nothing_of_its_own(project: Project) -> None:
    project.write("""
        import os, pulumi
        pulumi.export("greeting", pulumi.Config().require("greeting"))
        pulumi.export("where", pulumi.get_stack() + " " + os.getcwd())
    """)
    succeeded(project.pulumi("config", "set", "greeting", "hello"))
    shown = succeeded(project.pulumi("up", "--yes", "--color", "never"))
    assert project.output("greeting") == "hello"
    assert project.output("where") == f"dev {project.folder}"
    assert "Diagnostics" not in shown
    assert "warning" not in shown


@pytest.mark.parametrize(
    ("program", "lines"),
    [
        ("raise ValueError('bad')", ["error: Program failed with an unhandled exception:"]),
        ("def x(:", ["error: Program failed with an unhandled exception:"]),
        (
            "import pulumi\nraise pulumi.RunError('bad')",
            ["error: bad", "error: an unhandled error occurred: Program exited with non-zero exit code: 1"],
        ),
        (
            "raise SystemExit(3)",
            ["error: an unhandled error occurred: Program exited with non-zero exit code: 3"],
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            ["error: an unhandled error occurred: Program exited unexpectedly: killed by signal 9"],
        ),
    ],
    ids=["exception", "syntax error", "run error", "exit code", "killed"],
)
def test_a_failing_program_is_reported_as_the_official_host_reports_it(
    project: Project, program: str, lines: list[str]
) -> None:
    project.write(program)
    done = project.pulumi("preview", "--color", "never")
    assert done.returncode != 0
    diagnostics = done.stdout.partition("Diagnostics:")[2].splitlines()
    assert [line.strip() for line in diagnostics if line.strip().startswith("error:")] == lines


def test_a_hook_that_raises_stops_the_update_with_its_own_sentence(project: Project) -> None:
    project.write("""
        import pulumi
        from pulumi.stash import Stash, StashArgs

        def refuse(args: pulumi.ResourceHookArgs) -> None:
            raise Exception("not on a Friday")

        hook = pulumi.ResourceHook("refuse", refuse)
        binding = pulumi.ResourceHookBinding(before_create=[hook])
        Stash("thing", StashArgs(input=1), pulumi.ResourceOptions(hooks=binding))
    """)
    done = project.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "not on a Friday" in done.stdout


def test_the_virtualenv_option_chooses_the_interpreter(project: Project) -> None:
    link(project.folder / "elsewhere")
    project.write("name: tiny\nruntime: {name: python, options: {virtualenv: elsewhere}}\n", "Pulumi.yaml")
    project.write("import pulumi, sys; pulumi.export('prefix', sys.prefix)")
    succeeded(project.pulumi("up", "--yes"))
    assert project.output("prefix") == str(project.folder / "elsewhere")
    assert f"executable='{project.folder}/elsewhere/bin/python'" in succeeded(project.pulumi("about"))


def test_a_missing_virtualenv_is_named_with_the_command_that_makes_it(project: Project) -> None:
    project.write("name: tiny\nruntime: {name: python, options: {virtualenv: nowhere}}\n", "Pulumi.yaml")
    project.write("import pulumi")
    done = project.pulumi("preview")
    assert done.returncode != 0
    assert f"{project.folder}/nowhere, which does not exist" in done.stdout
    assert "pulumi install" in done.stdout
    assert "Traceback" not in done.stdout


def test_install_makes_the_virtualenv_and_fills_it(project: Project) -> None:
    package = project.folder / "package"
    project.write("[project]\nname = 'pinned-thing'\nversion = '1.2'\n", "package/pyproject.toml")
    project.write("", "package/pinned_thing.py")
    project.write("name: tiny\nruntime: {name: python, options: {virtualenv: made}}\n", "Pulumi.yaml")
    project.write(f"pinned-thing @ {package.as_uri()}\n", "requirements.txt")
    shown = succeeded(project.pulumi("install", "--no-plugins"))
    assert "Creating virtual environment" in shown
    found = subprocess.run(
        [project.folder / "made/bin/python", "-c", "import pinned_thing; print('there')"],
        capture_output=True,
        text=True,
    )
    assert found.stdout == "there\n"


def test_a_policy_pack_reads_the_stacks_config_while_it_is_imported(project: Project) -> None:
    succeeded(project.pulumi("config", "set", "limit", "2"))
    project.write("runtime: python\nname: pack\n", "pack/PulumiPolicy.yaml")
    project.write(
        """
        import sys
        import pulumi
        from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

        limit = pulumi.Config("tiny").require_int("limit")
        where = f"{pulumi.get_project()}/{pulumi.get_stack()}"

        def few(args, report_violation):
            stashes = [r for r in args.resources if "Stash" in r.resource_type]
            if len(stashes) > limit:
                report_violation(f"{len(stashes)} in {where}, at most {limit}")

        print("the pack is loaded", file=sys.stderr)
        PolicyPack("pack", [StackValidationPolicy("few", "Few.", few, EnforcementLevel.MANDATORY)])
        """,
        "pack/__main__.py",
    )
    program = "from pulumi.stash import Stash, StashArgs\nfor i in range({}): Stash(f's{{i}}', StashArgs(input=i))"
    project.write(program.format(3))
    refused = project.pulumi("preview", "--policy-pack", "pack", "--color", "never")
    assert refused.returncode != 0
    assert "3 in tiny/dev, at most 2" in refused.stdout
    assert "the pack is loaded" in refused.stdout
    project.write(program.format(2))
    assert "pack@v0.0.1" in succeeded(project.pulumi("preview", "--policy-pack", "pack", "--color", "never"))


def test_a_policy_pack_that_fails_to_import_shows_why(project: Project) -> None:
    project.write("runtime: python\nname: pack\n", "pack/PulumiPolicy.yaml")
    project.write("raise ValueError('a broken rule')", "pack/__main__.py")
    project.write("import pulumi")
    done = project.pulumi("preview", "--policy-pack", "pack", "--color", "never")
    assert done.returncode != 0
    assert "ValueError: a broken rule" in done.stdout
    assert "pack ended before it was ready (exit code 1)" in done.stdout


def test_a_policy_pack_that_prints_before_it_is_ready_is_refused_with_what_it_printed(project: Project) -> None:
    project.write("runtime: python\nname: pack\n", "pack/PulumiPolicy.yaml")
    project.write("import time\nprint('hello')\ntime.sleep(600)", "pack/__main__.py")
    project.write("import pulumi")
    done = project.pulumi("preview", "--policy-pack", "pack", "--color", "never")
    assert done.returncode != 0
    assert "printed 'hello' before it was ready" in done.stdout


def test_nothing_outlives_an_engine_that_is_killed(project: Project) -> None:
    engine = waiting(project)
    started = psutil.Process(engine.pid).children(recursive=True)
    assert len(started) >= 2, "a host and its program"
    engine.kill()
    engine.wait()
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []


def test_an_interrupted_update_ends_its_program_without_a_traceback(project: Project) -> None:
    engine = waiting(project)
    started = psutil.Process(engine.pid).children(recursive=True)
    engine.send_signal(signal.SIGINT)
    shown, _ = engine.communicate(timeout=30)
    assert "Traceback" not in shown
    assert "KeyboardInterrupt" not in shown
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []


def waiting(project: Project) -> "subprocess.Popen[str]":
    """An engine whose program has begun and doesn't end by itself."""
    mark = project.folder / "begun"
    project.write(f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(600)")
    engine = subprocess.Popen(
        ["pulumi", "preview", "--color", "never"],
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not mark.exists():
        assert time.monotonic() < deadline, "the program never began"
        time.sleep(0.05)
    return engine


def link(venv: Path) -> None:
    """A virtual environment that has this interpreter's packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    (path,) = (entry for entry in sys.path if entry.endswith("site-packages"))
    (site / "shared.pth").write_text(f"{path}{os.linesep}")
