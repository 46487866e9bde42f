"""Gate settings: what must hold before traffic moves and before a fleet is destroyed. No part of a release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from components.release import Model

Missing = Literal["fail", "pass"]
"""What no data means. It is never a pass unless said so."""

PLACEHOLDERS = ("service", "release", "group", "target_group", "balancer")
"""`${release}` and the like in dimensions and queries: a judged release's own, as CloudWatch's dimensions name it."""


def _period(value: int) -> int:
    if value not in (1, 5, 10, 20, 30) and value % 60:
        raise PydanticCustomError("period", "is no period of CloudWatch's. Use 1, 5, 10, 20, 30 or a multiple of 60")
    return value


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        reason = {"reason": str(error)}
        raise PydanticCustomError("regex", "is no regular expression ({reason}). Correct it", reason) from None
    return value


Period = Annotated[int, Field(ge=1, le=3_600), AfterValidator(_period)]
"""Seconds (GetMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html)."""
Name = Annotated[str, Field(pattern=r"^\S(.{0,253}\S)?$", examples=["HTTPCode_Target_5XX_Count"])]
Namespace = Annotated[str, Field(pattern=r"^[A-Za-z0-9_./#:-]{1,255}$", examples=["AWS/ApplicationELB"])]
Dimensions = Mapping[Name, Name]
Statistic = Annotated[
    str,
    Field(pattern=r"^(Average|Sum|Minimum|Maximum|SampleCount|(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?)$", examples=["p99"]),
]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$", examples=["https://prometheus.internal:9090"])]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", examples=["PROMETHEUS_TOKEN"])]
"""The name of an environment variable that holds a secret: the config, and so the stack's history, never does."""


class Alarm(Model):
    """A CloudWatch alarm, metric or composite, that must be OK. As text it is the name alone."""

    name: str = Field(pattern=r"^\S(.{0,253}\S)?$", examples=["web-5xx"])
    missing: Missing = "fail"
    """What INSUFFICIENT_DATA means."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return {"name": cast("Any", value)} if isinstance(value, str) else value


class Bounds(Model):
    """Between `min` and `max`, either of which may be absent."""

    min: float | None = Field(default=None, examples=[0])
    max: float | None = Field(default=None, examples=[5])
    missing: Missing = "fail"

    def broken_by(self, value: float) -> bool:
        """Whether the value is outside."""
        return (self.min is not None and value < self.min) or (self.max is not None and value > self.max)

    @property
    def said(self) -> str:
        """As a sentence ends: `at least 1 and at most 5`."""
        parts = [("at least", self.min), ("at most", self.max)]
        return " and ".join(f"{word} {limit:g}" for word, limit in parts if limit is not None)


class Metric(Bounds):
    """Bounds on each period of a CloudWatch metric, of each judged release where a dimension names it."""

    namespace: Namespace
    name: Name
    dimensions: Dimensions = Field(default={}, examples=[{"TargetGroup": "${target_group}"}])
    statistic: Statistic
    period_s: Period = Field(default=60, examples=[60])


class Query(Bounds):
    """Bounds on every series that a PromQL expression gives."""

    query: str = Field(min_length=1, examples=['sum(rate(errors_total{release="${release}"}[1m]))'])


class BasicAuth(Model):
    """User and password, by the names of the environment variables that hold them."""

    user: Variable
    password: Variable


class Prometheus(Model):
    """A Prometheus server, or one that answers as it does, and what it is asked."""

    url: Url
    headers: Mapping[Name, Variable] = Field(default={}, examples=[{"Authorization": "PROMETHEUS_AUTHORIZATION"}])
    """By header, the name of the environment variable that holds its value."""
    basic: BasicAuth | None = None
    ca_file: str | None = Field(default=None, min_length=1, examples=["/etc/ssl/internal.pem"])
    """Certificates that the server's is checked against, in the place of the system's."""
    queries: tuple[Query, ...] = Field(min_length=1, max_length=20, examples=[[{"query": "up", "min": 1}]])


class Probe(Model):
    """A request that each release must answer, through its preview rule, before it gets any user's traffic."""

    path: str = Field(default="/", pattern=r"^/\S{0,1023}$", examples=["/healthz"])
    status: int = Field(default=200, ge=100, le=599, examples=[200])
    body: Annotated[str, AfterValidator(_regex)] | None = Field(default=None, examples=["^ok"])
    """A regular expression that must be found in the first MiB of the answer."""
    timeout_s: int = Field(default=10, ge=1, le=60, examples=[10])
    url: Url | None = None
    """Where the balancer is reached from here, if not under its own name: with a certificate, a name on it."""


class _Comparison(Model):
    namespace: Namespace
    dimensions: Dimensions = Field(default={}, examples=[{"TargetGroup": "${target_group}"}])
    period_s: Period = Field(default=60, examples=[60])
    margin_percent: int = Field(default=10, ge=0, le=1_000, examples=[10])
    """How much worse than the stable release is still as good, however sure the test is of it."""


class ShareComparison(_Comparison):
    """What share of `total` is `bad`, such as errors of requests, in the canary and in the stable release."""

    kind: Literal["share"]
    bad: Name
    total: Name
    at_least: int = Field(default=500, ge=20, le=1_000_000, examples=[500])
    """So many of `total` each release must have had."""


class LevelComparison(_Comparison):
    """How high a metric is, period by period, in the canary and in the stable release; lower is better."""

    kind: Literal["level"]
    name: Name
    statistic: Statistic
    at_least: int = Field(default=20, ge=10, le=1_000, examples=[20])
    """So many periods both must have had; fewer could prove nothing if ten comparisons share the chance of an error."""


Comparison = Annotated[
    ShareComparison | LevelComparison,
    Field(discriminator="kind", examples=[{"kind": "share", "bad": "Errors", "total": "Requests"}]),
]


class Gate(Model):
    """What must hold before traffic moves to a release and before an old fleet is destroyed."""

    healthy_percent: int = Field(default=100, ge=1, le=100, examples=[100])
    timeout_s: int = Field(default=900, ge=5, le=7_200, examples=[900])
    bake_s: int = Field(default=0, ge=0, le=7_100, examples=[300])
    """How long those that remain must have been quiet under traffic before an old fleet is destroyed."""
    alarms: tuple[Alarm, ...] = Field(default=(), max_length=100, examples=[["web-5xx"]])
    metrics: tuple[Metric, ...] = Field(default=(), max_length=50)
    prometheus: Prometheus | None = None
    compare: tuple[Comparison, ...] = Field(default=(), max_length=10)
    probe: Probe | None = None
    command: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(
        default=None, min_length=1, examples=[["python", "checks/smoke.py"]]
    )
    """Run from the project's folder with SERVICE, RELEASE and TARGET_GROUP in its environment; 0 is a pass."""

    @property
    def watches(self) -> bool:
        """Whether anything is judged that depends on since when a release has had its traffic."""
        return bool(self.bake_s or self.alarms or self.metrics or self.prometheus or self.compare)
