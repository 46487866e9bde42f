"""The plugin's process: found by the engine, quick, quiet, and gone when it should be."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.provider import install
from tests.sandbox.provider_client import Client, RefusedError, Resource
from tests.sandbox.provider_world import ASSUMED_BY_EC2, PROFILE, ROLE, TARGET_GROUP

VERSION = importlib.metadata.version("pulumi-aws")

Process = subprocess.Popen[str]


def start(plugin: Path) -> tuple[Process, int]:
    """The plugin, started as the engine starts it, and its port."""
    process = subprocess.Popen([plugin], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_the_plugin_lies_where_the_engine_looks_for_the_version_that_pulumi_aws_asks_for(tmp_path: Path) -> None:
    plugin = install(tmp_path)
    assert plugin == tmp_path / "plugins" / f"resource-aws-v{VERSION}" / "pulumi-resource-aws"
    assert install(tmp_path) == plugin
    assert os.access(plugin, os.X_OK)
    assert [one.name for one in plugin.parent.iterdir()] == [plugin.name]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_its_port_and_nothing_else_and_ends_quietly_when_told(tmp_path: Path, number: int) -> None:
    process, port = start(install(tmp_path))
    stub: Any = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == VERSION
    assert stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_is_gone_soon_after_its_parent_was_killed(tmp_path: Path) -> None:
    plugin = install(tmp_path)
    code = f"import subprocess, time; print(subprocess.Popen([{str(plugin)!r}]).pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    lines = {parent.stdout.readline(), parent.stdout.readline()}
    plugin_process = next(process for process in psutil.Process(parent.pid).children())
    assert f"{plugin_process.pid}\n" in lines
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(plugin_process.pid) and plugin_process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_nothing_that_is_slow_to_import_is_needed_to_answer_the_engines_first_questions() -> None:
    code = (
        "import sys; from sandbox.stubs import skip_sdk_imports; skip_sdk_imports(); import sandbox.provider.server;"
        "print([name for name in ('botocore.session', 'pulumi.resource', 'boto3') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_unknown_type_and_an_unknown_function_are_refused_with_what_is_known(client: Client) -> None:
    resource = Resource("aws:s3/unheardOf:UnheardOf", "x")
    with pytest.raises(RefusedError, match=r"aws:s3/unheardOf:UnheardOf is not a type .* sandbox/provider/types"):
        client.check(resource, {})
    with pytest.raises(RefusedError, match=r"aws:s3/getUnheardOf:getUnheardOf is not a function"):
        client.invoke("aws:s3/getUnheardOf:getUnheardOf")


class Crashing(BaseHTTPRequestHandler):
    """A cloud whose server fails while it answers: in HTML, as moto's does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        page = b"<!doctype html>\n<html lang=en><title>500</title><h1>Internal Server Error</h1><p>KeyError: x</html>"
        self.send_response(500)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the library's)
        """Say nothing."""


def test_a_crash_of_the_cloud_is_one_clear_error(address: str) -> None:
    server = HTTPServer(("127.0.0.1", 0), Crashing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        client = Client(address, endpoints=f'[{{"iam": "http://127.0.0.1:{server.server_port}"}}]')
        with pytest.raises(RefusedError, match=r"^iam:CreateRole: Crash: the cloud's server failed .*KeyError: x$"):
            client.create(ROLE, "web", assumeRolePolicy=ASSUMED_BY_EC2)
        client.channel.close()
    finally:
        server.shutdown()


def test_a_refused_call_names_operation_code_and_reason(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"^elbv2:CreateTargetGroup: \w+: ") as refused:
        client.create(TARGET_GROUP, "web", port=0, protocol="HTTP", vpcId="vpc-none", targetType="nonsense")
    assert refused.value.partial is None


def test_a_cancelled_provider_waits_no_more(address: str, aws_environment: str, boto: Any) -> None:
    client = Client(address)
    client.stub.Cancel(empty_pb2.Empty())
    started = time.monotonic()
    with pytest.raises(RefusedError) as refused:
        client.create(PROFILE, "web", role="none-such")
    assert time.monotonic() - started < 5
    boto("iam").delete_instance_profile(InstanceProfileName=refused.value.partial.id)
    client.channel.close()
