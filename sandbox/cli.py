"""The commands of `python -m sandbox`; what they do lives in the modules they call."""

import json
import os
import shlex
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from sandbox import cloud, journal
from sandbox.cloud.faults import Answer
from sandbox.cloud.process import CloudError
from sandbox.engine import EngineError, ensure_engine
from sandbox.environment import UNSET, environment, unproxied, unset
from sandbox.home import PROJECT, Home
from sandbox.lifecycle import Sandbox, SandboxError
from sandbox.provider import PluginError
from sandbox.show import call_line, next_steps, show_cloud, show_stacks
from sandbox.stacks import PulumiError

app = typer.Typer(
    help="A stand-in for AWS on this machine, in which plain `pulumi`, `aws` and boto3 work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# A pipe or a log has no width: tables there are as wide as a wide terminal.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
StackName = Annotated[str, typer.Option("--stack", "-s", help="The stack to select.")]


def report(line: str) -> None:
    """Progress goes to stderr, a line each, so that stdout holds results only."""
    err.print(line, markup=False, soft_wrap=True)


@app.callback()
def choose_project(
    context: typer.Context,
    project: Annotated[
        Path,
        typer.Option(help="The Pulumi project to work on.", exists=True, file_okay=False),
    ] = PROJECT,
) -> None:
    project = project.resolve()
    context.obj = Sandbox(project, Home.default(project))


@app.command()
def up(
    context: typer.Context,
    stack: StackName = "dev",
    seed: Annotated[
        Path | None,
        typer.Option(envvar="SANDBOX_SEED", help="Another file of images and certificates for the cloud."),
    ] = None,
    real_plugin: Annotated[
        bool,
        typer.Option(
            "--real-plugin",
            envvar="SANDBOX_REAL_PLUGIN",
            help="Use the real pulumi-resource-aws that your own Pulumi has installed, against the same cloud.",
        ),
    ] = False,
) -> None:
    """Bring everything up and run `pulumi up` on one stack.

    What is there already is kept, so running it again after a failure goes on where it stopped.

    Example: python -m sandbox up --stack prod
    """
    sandbox = _sandbox(context)
    sandbox.start(stack, seed, report, real_plugin=real_plugin)
    code = sandbox.stacks().run("up", "--yes", "--stack", stack)
    if code != 0:
        raise SandboxError(
            f"The update of {stack} failed, see above. The sandbox is running: correct the program "
            "or its config and run the command again, or take the sandbox down: make down"
        )
    show_cloud(out, sandbox.settle())
    out.print(next_steps(stack), markup=False, soft_wrap=True)


@app.command()
def down(context: typer.Context) -> None:
    """Destroy the stacks, stop the cloud and remove all it left; ready if there is nothing.

    Example: python -m sandbox down
    """
    if not _sandbox(context).stop(report):
        raise SandboxError(
            "The sandbox is down, but not every stack could be destroyed in order: see above. What "
            "it held is gone with the cloud."
        )
    report("the sandbox is down")


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Engine, cloud, stacks, and each release with its traffic, instances and target health.

    Exits with 1 if the sandbox is not running.

    Example: python -m sandbox status --json | jq '.cloud.groups[].targets'
    """
    sandbox = _sandbox(context)
    url = sandbox.url()
    engine = {"path": str((sandbox.home.bin / "pulumi").resolve()), "version": sandbox.stacks().version()}
    stacks, standing = sandbox.stacks().existing(), sandbox.status()
    if as_json:
        found = {"engine": engine, "url": url, "stacks": [asdict(s) for s in stacks], "cloud": asdict(standing)}
        print(json.dumps(found, indent=2))
        return
    out.print(f"cloud {url}, Pulumi {engine['version']} from {engine['path']}", soft_wrap=True)
    show_stacks(out, stacks)
    show_cloud(out, standing)


@app.command()
def env(context: typer.Context, as_json: AsJson = False) -> None:
    """Print what puts a shell into the sandbox.

    Example: eval "$(python -m sandbox env)"
    """
    sandbox = _sandbox(context)
    variables = environment(sandbox.home, sandbox.url())
    gone = sorted({*UNSET, *unset(os.environ)})
    if as_json:
        print(json.dumps({"set": variables, "unset": gone}, indent=2))
        return
    print(f"unset {' '.join(gone)}")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def reset(context: typer.Context, stack: StackName = "dev") -> None:
    """Empty the cloud and its journal, and create the stacks anew, without their history.

    Example: python -m sandbox reset
    """
    _sandbox(context).reset(stack)
    report("the cloud and the stacks are empty")


@app.command()
def health(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="The id of an image or of an instance.")],
    state: Annotated[Literal["healthy", "unhealthy"], typer.Argument(help="What its targets are from now on.")],
) -> None:
    """Let the targets of an image or of one instance be healthy or unhealthy, whatever the image's tags say.

    Example: python -m sandbox health ami-0eb00000000000150 unhealthy
    """
    named = "image" if subject.startswith("ami-") else "instance"
    cloud.order_health(_sandbox(context).home.cloud, health=state, **{named: subject})


@app.command()
def fault(
    context: typer.Context,
    operation: Annotated[str | None, typer.Argument(help="The operation, such as RunInstances.")] = None,
    answer: Annotated[
        Answer,
        typer.Option(
            help="`lost`: done, but the answer never arrives; `timeout`: neither; `stale`: nothing young is found."
        ),
    ] = "throttle",
    service: Annotated[str | None, typer.Option(help="Only of this service, such as elbv2.")] = None,
    times: Annotated[int | None, typer.Option(help="So many calls; without it, all until it is cleared.")] = None,
    probability: Annotated[float | None, typer.Option(help="Some calls: 0.2 is every fifth or so.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed meets the same calls.")] = None,
    latency: Annotated[float, typer.Option(help="Seconds until the answer, or the connection's end.")] = 0.0,
    age: Annotated[
        float | None, typer.Option(help="`stale` doesn't find what is younger than so many seconds (60).")
    ] = None,
    of: Annotated[str | None, typer.Option(help="`stale` doesn't find what is of this service, such as iam.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Print the faults on order, a line each.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="End those of the operation, or all.")] = False,
) -> None:
    """Let calls meet what AWS does now and then; the journal says which did.

    Example: python -m sandbox fault CreateAutoScalingGroup --answer lost --times 1
    """
    directory = _sandbox(context).home.cloud
    if clear:
        cloud.clear_faults(directory, operation)
    elif not listed:
        if operation is None:
            raise SandboxError("Name the operation, such as RunInstances; or --list or --clear")
        cloud.order_fault(
            directory,
            operation,
            answer,
            service=service,
            times=times,
            probability=probability,
            seed=seed,
            latency=latency,
            age=age,
            of=of,
        )
    for found in cloud.faults(directory):
        print(json.dumps({key: value for key, value in found.items() if value is not None}))


@app.command("journal")
def show_journal(
    context: typer.Context,
    service: Annotated[str | None, typer.Option(help="Only this service, such as elbv2.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation, such as ModifyRule.")] = None,
    writes: Annotated[bool, typer.Option("--writes", help="Only what changes the cloud.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more calls.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every call that the cloud has got, oldest first.

    Example: python -m sandbox journal --service elbv2 --writes --follow
    """
    shown = journal.Filter(service, operation, writes)
    for call in journal.calls(_sandbox(context).home.cloud, shown, follow=follow):
        if as_json:
            print(json.dumps(asdict(call)), flush=True)
        else:
            out.print(call_line(call), soft_wrap=True)


@app.command()
def engine() -> None:
    """Only make sure of the engine: find it, or build it, which takes minutes the first time.

    Example: python -m sandbox engine
    """
    found = ensure_engine(report)
    print(f"Pulumi {found.version}: {found.pulumi}")


def main() -> None:
    """Run the command line; what the user can mend is a sentence and exit code 1."""
    # Without this a build's compiler would outlive a command that is told to end.
    signal.signal(signal.SIGTERM, _end)
    os.environ.update(unproxied())
    try:
        app(prog_name="python -m sandbox")
    except (CloudError, EngineError, PluginError, PulumiError, SandboxError) as error:
        err.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _sandbox(context: typer.Context) -> Sandbox:
    sandbox: Sandbox = context.obj
    return sandbox
