"""A canary judged by a real Prometheus server, which finds the instances by their tags and scrapes each of them."""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.catalogue import GOOD, GOOD_TOO, release, service
from tests.engine.observer import Observer
from tests.engine.rollouts import BACK, SHORT, declared, rollout, weights
from tests.engine.stage import Stage

REQUESTS_PER_S = 100
ERRORS = {"web-1.4.2": 0.004, "web-1.5.0": 0.006, "web-1.6.0": 0.2}
"""The share of each version's requests that fail; 0.05 is the gate's limit."""
SHARE = 'sum(rate(errors_total{release="${release}"}[5s])) / sum(rate(requests_total{release="${release}"}[5s]))'


class _Exporter(http.server.BaseHTTPRequestHandler):
    """The counters of one instance, at `/RELEASE/INSTANCE`."""

    def do_GET(self) -> None:
        version = self.path.split("/")[1].rpartition("-")[0]
        requests = REQUESTS_PER_S * time.monotonic()
        body = f"requests_total {requests}\nerrors_total {requests * ERRORS[version]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # Its base class names it.
        """Say nothing."""


@pytest.fixture
def exporter() -> Iterator[int]:
    """The port at which every instance is scraped: targets have addresses of their network, which nobody reaches."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Exporter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def prometheus(stage: Stage, exporter: int, tmp_path: Path) -> Iterator[str]:
    """The URL of a server that watches the stage's cloud."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no prometheus on PATH; Debian's package is `prometheus`")
    cloud = {
        "endpoint": stage.environment["AWS_ENDPOINT_URL"],
        "region": stage.environment["AWS_REGION"],
        "access_key": "sandbox",
        "secret_key": "sandbox",
        "refresh_interval": "1s",
        "filters": [{"name": "instance-state-name", "values": ["running"]}],
    }
    tag, instance = "__meta_ec2_tag_immutable_release", "__meta_ec2_instance_id"
    relabelled = [
        {"source_labels": [tag], "target_label": "release"},
        {"source_labels": [instance], "target_label": "instance"},
        {
            "source_labels": [tag, instance],
            "regex": "(.+);(.+)",
            "target_label": "__metrics_path__",
            "replacement": "/$1/$2",
        },
        {"target_label": "__address__", "replacement": f"127.0.0.1:{exporter}"},
    ]
    job = {"job_name": "fleets", "ec2_sd_configs": [cloud], "relabel_configs": relabelled}
    file = tmp_path / "prometheus.yaml"
    file.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program, f"--config.file={file}", f"--storage.tsdb.path={tmp_path / 'data'}"]
    with (tmp_path / "prometheus.log").open("w") as log:
        server = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        _wait_for(f"http://{address}/-/ready")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, url
            time.sleep(0.2)


def test_a_good_canary_passes_and_a_bad_one_is_caught(
    stage: Stage, prometheus: str, record_property: Callable[[str, object], None]
) -> None:
    gate: dict[str, Any] = {
        "prometheus": {"url": prometheus, "queries": [{"query": SHARE, "max": 0.05}]},
        "bake_s": 2,
        "timeout_s": 60,
    }
    stage.configure({"web": service(release("1.4.2", GOOD, drain_s=0), gate=gate)})
    stage.up()
    with Observer(stage.client("elbv2")) as seen:
        rollout(stage, "--to", "1.5.0", "--image", GOOD_TOO, *SHORT)
        assert weights(stage) == declared(stage) == {"1.5.0": 100}
        found = rollout(stage, "--to", "1.6.0", "--image", GOOD, *SHORT, code=BACK)
    assert (seen.lowest >= 2, seen.failed_s) == (True, 0.0)
    (failed,) = (event["text"] for event in found if event["event"] == "failed")
    assert 'errors_total{release="web-1.6.0-' in failed
    assert " is 0.2, not at most 0.05, since " in failed
    assert weights(stage) == declared(stage) == {"1.5.0": 100, "1.6.0": 0}
    told = (f"{seen.lowest:g}", f"{seen.failed_s:.1f}", f"{found[-1]['seconds']:.0f}")
    record_property("rollout", ("canary", "a query of Prometheus", "1.5.0 at 100", *told))
