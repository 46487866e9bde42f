"""AWS as one configured provider sees it: region, clients, errors that read well, retries."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from sandbox.provider import models
from sandbox.provider.roles import Credentials, assume
from sandbox.provider.values import Values, is_object

_Found = TypeVar("_Found")

#: Between two attempts at something that passes by itself.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0


@dataclass(frozen=True)
class Retry:
    """An error that passes by itself, as the real provider has it."""

    code: str
    seconds: float
    message: str = ""
    operations: tuple[str, ...] = ()
    """Only of these; of all if none is named."""

    def matches(self, operation: str, error: CloudError) -> bool:
        """Whether it is for this error of that operation."""
        named = not self.operations or operation in self.operations
        return named and self.code == error.code and self.message in error.message


class CloudError(Exception):
    """AWS refused a call, or the cloud failed to answer it."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code, self.message = code, message


class NotFoundError(Exception):
    """What was asked for isn't there."""


class AccountError(Exception):
    """The account is not one that the config allows."""


class StoppedError(Exception):
    """The engine has asked to stop."""


@dataclass(frozen=True)
class Settings:
    """The provider's config: how AWS is reached, and what every resource gets."""

    region: str
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    """By botocore's name of the service; "" is for all others."""
    credentials: Credentials = field(default_factory=Credentials)
    profile: str | None = None
    roles: tuple[Values, ...] = ()
    """The AssumeRole calls to make before any other, in this order."""
    allowed_accounts: tuple[str, ...] = ()
    forbidden_accounts: tuple[str, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    max_retries: int = 25
    """Attempts at a call that AWS throttles or fails to answer; the default is the real provider's.
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs#max_retries-1"""


class Aws:
    """Clients and calls of one region; safe to use from many threads."""

    def __init__(self, settings: Settings, stopping: threading.Event, report: Callable[[str, str], None]) -> None:
        self.settings, self.region = settings, settings.region
        self._stopping, self._report = stopping, report
        self._lock = threading.Lock()
        self._regions: dict[str, Aws] = {}
        self._known_identity: Values | None = None
        self._known_credentials: Credentials | None = None

    def at(self, region: str) -> Aws:
        """The same account in another region."""
        if region == self.region:
            return self
        with self._lock:
            if region not in self._regions:
                settings = dataclasses.replace(self.settings, region=region, credentials=self._assumed(), roles=())
                self._regions[region] = Aws(settings, self._stopping, self._report)
            return self._regions[region]

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Values:
        """Call AWS; every page of what comes in pages.

        Raises:
            CloudError: with AWS's code and message.
        """
        client = self._client(service, self._assumed())
        method = operation_method(operation)
        named = f"{service}:{operation}"
        try:
            if client.can_paginate(method):
                return client.get_paginator(method).paginate(**parameters).build_full_result()
            answer = getattr(client, method)(**parameters)
        except Exception as error:
            raise _explained(named, error) from error
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def persist(self, urn: str, patience: Callable[[CloudError], float], attempt: Callable[[], _Found]) -> _Found:
        """Attempt it until it works, for as many seconds as `patience` has with its error.

        Raises:
            CloudError: the error is another one, or has not passed in time.
        """
        started, pause = time.monotonic(), FIRST_PAUSE_S
        while True:
            try:
                return attempt()
            except CloudError as error:
                if time.monotonic() - started >= patience(error):
                    raise
                self.report(urn, f"trying again: {error}")
            self.pause(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            StoppedError: the engine asked to stop.
        """
        if self._stopping.wait(seconds):
            raise StoppedError("the engine has cancelled the operation")

    def verify_account(self) -> None:
        """See that this is an account that the config allows.

        Raises:
            AccountError: it isn't.
        """
        allowed, forbidden = self.settings.allowed_accounts, self.settings.forbidden_accounts
        if (allowed or forbidden) and (self.account in forbidden or (allowed and self.account not in allowed)):
            # Source: aws-sdk-go-base, Config.VerifyAccountIDAllowed.
            raise AccountError(f"AWS account ID not allowed: {self.account}")

    def report(self, urn: str, message: str) -> None:
        """Show progress beside a resource, until something else is shown."""
        self._report(urn, message)

    @property
    def account(self) -> str:
        """The account's id."""
        return str(self.identity["Account"])

    @property
    def partition(self) -> str:
        """The partition of the region: aws, aws-cn, aws-us-gov."""
        return models.session().get_partition_for_region(self.region)

    def arn(self, service: str, resource: str, account: str | None = None) -> str:
        """The ARN of something in this region; `account` is "" for what belongs to none."""
        owner = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{self.region}:{owner}:{resource}"

    @property
    def identity(self) -> Values:
        """Who the calls are made as: Account, Arn, UserId."""
        # Two threads may both ask; they get the same answer.
        if self._known_identity is None:
            self._known_identity = self.call("sts", "GetCallerIdentity", {})
        return self._known_identity

    def _assumed(self) -> Credentials:
        """Those of the last role, or the provider's own."""
        settings = self.settings
        # Two threads may both assume it; either's credentials will do.
        if self._known_credentials is None:
            self._known_credentials = assume(
                settings.roles,
                settings.credentials,
                lambda credentials, request: self._client("sts", credentials).assume_role(**request),
            )
        return self._known_credentials

    def _client(self, service: str, credentials: Credentials) -> Any:
        settings = self.settings
        endpoint = settings.endpoints.get(service) or settings.endpoints.get("")
        if endpoint is None:
            raise CloudError(
                service, "NoEndpoint", "no cloud to talk to: set AWS_ENDPOINT_URL, or name it in aws:endpoints"
            )
        with models.lock:
            return _client(service, self.region, endpoint, settings.max_retries, settings.profile, credentials)


@cache
def _client(
    service: str,
    region: str,
    endpoint: str,
    attempts: int,
    profile: str | None,
    credentials: Credentials,
) -> Any:
    """A client, made once a process: that takes longer than most calls."""
    from botocore.config import Config

    session = models.session()
    if profile:
        session.set_config_variable("profile", profile)
    client = session.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}, max_pool_connections=32),
    )
    client.meta.events.register("before-parse.*.*", _refuse_crash)
    _lift_quota(client, attempts)
    return client


class _Unlimited:
    """In place of botocore's quota of retries."""

    def acquire_retry_quota(self, _context: Any) -> bool:
        return True


def _lift_quota(client: Any, attempts: int) -> None:
    """Let one call's retries not use up another's: the real provider has no quota unless it is given one.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs#token_bucket_rate_limiter_capacity-1
    """
    from botocore.retries import standard

    untyped: Any = standard
    name = client.meta.service_model.service_id.hyphenize()
    client.meta.events.unregister(f"needs-retry.{name}", unique_id=f"retry-config-{name}")
    untyped.register_retry_handler(client, attempts)._retry_quota = _Unlimited()


class _CrashError(Exception):
    """The cloud's server failed while it answered."""


def operation_method(operation: str) -> str:
    """The client's method of an operation."""
    import botocore

    untyped: Any = botocore
    return str(untyped.xform_name(operation))


def _refuse_crash(response_dict: Values, **_: object) -> None:
    # A crashed server answers in HTML, which botocore reports as XML or JSON that it can't parse.
    body = response_dict["body"]
    if response_dict["status_code"] >= 500 and body.lstrip()[:1] == b"<" and b"<html" in body[:200].lower():
        words = re.sub(r"<[^>]+>|\s+", " ", body.decode(errors="replace"))
        raise _CrashError(re.sub(r" +", " ", words).strip()[:300])


def _explained(operation: str, error: Exception) -> CloudError:
    if isinstance(error, _CrashError):
        return CloudError(
            operation, "Crash", f"the cloud's server failed while answering, a gap in its emulation: {error}"
        )
    answer = getattr(error, "response", None)
    if is_object(answer) and "Error" in answer:
        said = answer["Error"]
        return CloudError(operation, str(said.get("Code", "")), str(said.get("Message", "")))
    return CloudError(operation, type(error).__name__, str(error))
