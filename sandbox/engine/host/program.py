"""A run of the user's program, as `pulumi up` and `pulumi preview` ask for it."""

import json
import os
from pathlib import Path

from pulumi.runtime.proto import language_pb2

from sandbox.engine.host.children import Children
from sandbox.engine.host.errors import EndedError, EnvironmentMissingError
from sandbox.engine.host.interpreter import Interpreter

#: With this code the runner says that the user has already seen what went wrong.
ALREADY_SHOWN = 32


def run_program(
    request: language_pb2.RunRequest, engine: str, runner: Path, children: Children
) -> language_pb2.RunResponse:
    """Run the program to its end and say how it ended, in the words of the official host.

    The program's output goes to the host's own, where the engine reads it.
    """
    try:
        interpreter = Interpreter.of(request.info).checked()
        process = children.start(
            [str(interpreter.python), "-u", str(runner), *_arguments(request, engine)],
            Path(request.info.program_directory),
            interpreter.activated(os.environ) | _config(request),
        )
        code = children.wait(process)
    except EndedError:
        return language_pb2.RunResponse(bail=True)
    except EnvironmentMissingError as error:
        return language_pb2.RunResponse(error=str(error))
    except OSError as error:
        return language_pb2.RunResponse(error=f"could not run the program: {error}")
    if children.ending or code == ALREADY_SHOWN:
        return language_pb2.RunResponse(bail=True)
    return language_pb2.RunResponse(error=_failure(code))


def _failure(code: int) -> str:
    if code == 0:
        return ""
    if code < 0:
        return f"Program exited unexpectedly: killed by signal {-code}"
    return f"Program exited with non-zero exit code: {code}"


def _arguments(request: language_pb2.RunRequest, engine: str) -> list[str]:
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "organization": request.organization,
        "dry_run": "true" if request.dryRun else "",
        "parallel": str(request.parallel),
    }
    given = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    return [*given, "--", request.info.entry_point or ".", *request.args]


def _config(request: language_pb2.RunRequest) -> dict[str, str]:
    return {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }
