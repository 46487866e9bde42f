"""What a gate's settings name outside the config is asked before anything: what is not there is a problem by name."""

from __future__ import annotations

import base64
import datetime
import http.server
import json
import ssl
import threading
import urllib.parse
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from components.gate_checks import check_gates
from components.gate_settings import Gate
from components.live import Region
from components.settings import Service
from components.sources.answer import State, Subject
from components.sources.prometheus import PrometheusQueries

pytestmark = pytest.mark.slow


class Server(http.server.BaseHTTPRequestHandler):
    """A Prometheus that knows one user and one tenant, and takes an unclosed bracket for a parse error."""

    def do_GET(self) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["query"][0]
        user = base64.b64encode(b"ada:secret").decode()
        if (self.headers["Authorization"], self.headers["X-Scope-OrgID"]) != (f"Basic {user}", "shop"):
            status, body = 401, "who are you?"
        elif query.count("(") != query.count(")"):
            error = "1:5: parse error: unclosed left parenthesis"
            status, body = 400, json.dumps({"status": "error", "errorType": "bad_data", "error": error})
        else:
            result: list[Any] = [{"metric": {}, "values": [[1, "1"]]}]
            status, body = 200, json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it has signed itself, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(encoding, form, serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    """The URL of a Prometheus behind TLS, with what it asks for in the environment."""
    for name, value in {"USER_NAME": "ada", "PASSWORD": "secret", "TENANT": "shop"}.items():
        monkeypatch.setenv(name, value)
    standing = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    standing.socket = context.wrap_socket(standing.socket, server_side=True)
    threading.Thread(target=standing.serve_forever, daemon=True).start()
    try:
        yield f"https://localhost:{standing.server_port}"
    finally:
        standing.shutdown()
        standing.server_close()


def gate(**settings: Any) -> Gate:
    """A gate with these settings, as the config has them."""
    return Gate.model_validate_json(json.dumps(settings))


def prometheus(url: str, certificate: Path, *queries: str, **edits: Any) -> Gate:
    """A gate that asks this server, as it wants to be asked."""
    settings: dict[str, Any] = {
        "url": url,
        "headers": {"X-Scope-OrgID": "TENANT"},
        "basic": {"user": "USER_NAME", "password": "PASSWORD"},
        "ca_file": str(certificate),
        "queries": [{"query": query, "max": 5} for query in queries or ("up",)],
    }
    return gate(prometheus=settings | edits)


class Account:
    """A region with these alarms, or one that refuses to tell."""

    def __init__(self, *names: str, refused: bool = False) -> None:
        self.names, self.refused, self.asked = names, refused, list[int]()

    def alarms(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        self.asked.append(len(names))
        if self.refused:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms")
        return [{"AlarmName": name} for name in names if name in self.names]


def problems(*gates: Gate, account: Account | None = None) -> tuple[list[str], list[str]]:
    """The problems of services with these gates, and what could not be checked."""
    services = {f"s{place}": Service.model_construct(gate=gate) for place, gate in enumerate(gates)}
    warnings: list[str] = []
    found = check_gates(services, cast("Region", account or Account()), warnings.append)
    return [f"{problem.path}: {problem.message}" for problem in found], warnings


def test_a_server_that_knows_us_and_its_queries_is_no_problem(server: str, certificate: Path) -> None:
    assert problems(prometheus(server, certificate, 'rate(errors{release="${release}"}[1m])')) == ([], [])


async def test_a_server_is_asked_with_its_tls_its_user_and_its_tenant(server: str, certificate: Path) -> None:
    settings = prometheus(server, certificate).prometheus
    assert settings
    subject, now = (Subject("web", "web-1", "group"),), datetime.datetime.fromtimestamp(1, datetime.UTC)
    assert (await PrometheusQueries(settings, subject, 0).ask(now)).state is State.QUIET
    strange = settings.model_copy(update={"ca_file": None})
    answer = await PrometheusQueries(strange, subject, 0).ask(now)
    assert answer.state is State.UNKNOWN
    assert "certificate verify failed" in answer.reason


def test_a_query_that_is_no_promql_is_a_problem(server: str, certificate: Path) -> None:
    found, _ = problems(prometheus(server, certificate, "up", "sum(up"))
    assert found == [
        "services.s0.gate.prometheus.queries[1].query: 'sum(up' is no PromQL: "
        "1:5: parse error: unclosed left parenthesis"
    ]


def test_a_server_that_refuses_us_is_a_problem(server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "wrong")
    [found], _ = problems(prometheus(server, certificate))
    assert found.endswith("refuses to answer (HTTP status 401). Give credentials")


def test_what_is_not_set_or_not_there_is_a_problem(
    server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENANT")
    found, _ = problems(prometheus(server, certificate, ca_file="no.pem"))
    assert [one.partition(": ")[0].rpartition("prometheus.")[2] for one in found] == [
        "headers.X-Scope-OrgID",
        "ca_file",
    ]


def test_a_server_that_is_away_is_a_warning_once_for_all_services(
    certificate: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = prometheus("https://127.0.0.1:9", certificate)
    found, [warning] = problems(away, away, away)
    assert found == []
    assert "can't be asked from here" in warning


def test_alarms_that_are_not_there_are_problems_and_all_are_asked_for_in_few_calls() -> None:
    names = [f"alarm-{number}" for number in range(150)]
    halves = gate(alarms=names[:75]), gate(alarms=names[75:])
    account = Account(*names[:149])
    [found], _ = problems(*halves, account=account)
    assert found.startswith("services.s1.gate.alarms[74]: 'alarm-149' is no alarm of this account and region.")
    assert account.asked == [100, 50]


def test_alarms_that_may_not_be_looked_up_are_one_problem() -> None:
    [found], _ = problems(gate(alarms=["a", "b"]), account=Account(refused=True))
    assert "A gate needs cloudwatch:DescribeAlarms" in found


def test_a_gate_that_names_nothing_asks_nobody() -> None:
    account = Account()
    assert problems(Gate(), Gate(bake_s=60), account=account) == ([], [])
    assert account.asked == []


def test_a_command_that_is_not_here_is_a_problem() -> None:
    [found], _ = problems(Gate(command=("no-such-command",)))
    assert "'no-such-command' can't be run from here" in found
