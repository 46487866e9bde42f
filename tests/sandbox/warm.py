"""Clouds that start quickly: each is forked off a process that has loaded moto once.

What differs from `sandbox.cloud.process._launch` is only where the loaded modules come from; `test_cloud_process`
starts clouds the long way, too.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox.cloud import process

#: Services that tests ask, beside those that every cloud loads.
_ASKED = (
    *("acm", "cloudwatch", "dynamodb", "ecr", "efs", "events", "kms", "logs"),
    *("awslambda", "route53", "s3", "secretsmanager", "sns", "sqs", "ssm"),
)
#: AWS's name for a service, where moto has another.
_NAMES = {"awslambda": "lambda", "elb": "elbv2"}

SEED = Path(__file__).parent / "cloud_seed.yaml"

launch_cold = getattr(process, "_launch")  # noqa: B009


class Launcher:
    """Launches clouds; ends with this process, the clouds don't."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox.warm"],
            env=process.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def launch(self, directory: Path, seed: Path) -> None:
        """As `_launch`."""
        inlet: Any = self._process.stdin
        outlet: Any = self._process.stdout
        with self._turn:
            inlet.write(json.dumps([str(directory), str(seed.resolve())]) + "\n")
            inlet.flush()
            code = int(outlet.readline())
        if code:
            raise process.not_started(directory / "server.log")

    def close(self) -> None:
        """Launch no more."""
        self._process.communicate()


def _main() -> None:
    from sandbox.cloud import once, seed

    gc.disable()
    once.install()
    from sandbox.cloud import offerings

    offerings.install()
    from sandbox.cloud import models, server, state, truth

    for package in (state, truth):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(each.name)
    for service in (*models.USED, *_ASKED):
        importlib.import_module(f"moto.{service}.urls")

    # Services' models, routes and regions, and the certificates of the tests' seed.
    from moto.core.base_backend import AccountSpecificBackend
    from moto.core.routing import get_service_router

    session: Any = AccountSpecificBackend.get_session()
    for service in (*models.USED, *_ASKED):
        name = _NAMES.get(service, service)
        session.get_available_regions(name)
        router: Any = get_service_router(name)
        if router._service_model.protocol.startswith("rest-"):
            router._get_router(router._service_model.protocol)
    issue: Any = functools.cache(models.issue)
    models.issue = issue
    laid = seed.read(SEED)
    for certificate in laid.certificates:
        issue(certificate, laid.region)

    for line in sys.stdin:
        gc.freeze()
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
            continue
        directory, file = map(Path, json.loads(line))
        log = os.open(directory / "server.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream, number in (os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2):
            os.dup2(stream, number)
        try:
            server.serve(directory, seed.read(file))
        except BaseException as error:  # noqa: BLE001  # Its last line is what `launch` reports.
            print(error, file=sys.stderr, flush=True)
        finally:
            os._exit(1)


if __name__ == "__main__":
    _main()
