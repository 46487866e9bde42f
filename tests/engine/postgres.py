"""A PostgreSQL server of one's own, for as long as a test runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_DEBIAN = "/usr/lib/postgresql"


def installed() -> Path | None:
    """Where the server's programs lie; None where there are none."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *map(str, Path(_DEBIAN).glob("*/bin"))]
    found = shutil.which("initdb", path=os.pathsep.join(folders))
    return Path(found).resolve().parent if found else None


@contextmanager
def server(programs: Path) -> Generator[str]:
    """A server on a free port of the loopback address, and the URL of its database."""
    user = "postgres" if os.geteuid() == 0 else None  # The server refuses to run as root.
    # Not in pytest's folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        made = [programs / "initdb", "-D", data, "-U", "pulumi", "--auth=trust", "--no-sync"]
        subprocess.run(made, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "fsync=off")
        words = [word for setting in settings for word in ("-c", setting)]
        with Path(folder, "log").open("w") as log:
            process = subprocess.Popen([programs / "postgres", "-D", data, *words], user=user, stderr=log, cwd=folder)
        url = f"postgres://pulumi:anything@127.0.0.1:{port}/postgres?sslmode=disable"
        try:
            _wait_for(url, Path(folder, "log"))
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return
