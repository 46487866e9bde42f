"""The account: who asks, whether clocks agree, the region, the images that the config names."""

from __future__ import annotations

import functools
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from operations.doctor.finding import Finding, Machine, fail, ok, warn

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html: a request is good for five minutes.
_SKEW, _SOON = timedelta(minutes=5), timedelta(hours=1)
_LOGIN = "aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID with its secret"
_NETWORK = "See to the network, the proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL"


class SilentError(Exception):
    """AWS can't be asked; the message says why, and `remedy` what to do."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.remedy = remedy


def client(machine: Machine, service: str) -> Any:
    """A client that gives up soon: another try is the next run of the doctor."""
    with asked(), _making:
        return made(service, machine.region, machine.declared.profile)


@functools.cache
def made(service: str, region: str | None, profile: str | None) -> Any:
    """A client, once."""
    import boto3  # As in `operations.cloud`.
    from botocore.config import Config

    boto: Any = boto3
    bounded = Config(connect_timeout=4, read_timeout=8, retries={"total_max_attempts": 2})
    return boto.Session(profile_name=profile, region_name=region).client(service, config=bounded)


_making = threading.Lock()
"""One takes a tenth of a second to make: checks at the same time must not make two."""


@contextmanager
def asked() -> Generator[None]:
    """What AWS or boto3 refuse inside is a SilentError."""
    try:
        yield
    except ClientError as error:
        answer: Any = error.response
        raise SilentError(f"{answer['Error'].get('Code')}: {answer['Error'].get('Message')}", _LOGIN) from error
    except (exceptions.ConnectionError, HTTPClientError) as error:
        raise SilentError(" ".join(str(error).split()), _NETWORK) from error
    except BotoCoreError as error:
        raise SilentError(" ".join(str(error).split()), _LOGIN) from error


def credentials(machine: Machine) -> Iterator[Finding]:
    """Whose they are, and until when; the clock, by the answer's own."""
    try:
        sts = client(machine, "sts")
        with asked():
            answer = sts.get_caller_identity()
    except SilentError as error:
        yield fail("credentials", str(error), error.remedy)
        return
    now = datetime.now(UTC)
    until = _until(sts, machine.environment)
    said = answer["Arn"] + (f", until {until:%Y-%m-%d %H:%M} UTC" if until else "")
    if until and until - now < _SOON:
        minutes = max(0, int((until - now).total_seconds() // 60))
        yield warn("credentials", f"{said}: {minutes} minutes", f"{_LOGIN}: an update may outlast them")
    else:
        yield ok("credentials", said)
    yield from clock(answer["ResponseMetadata"]["HTTPHeaders"], now)


def clock(headers: Mapping[str, str], now: datetime) -> Iterator[Finding]:
    """This machine's, against the one that an answer was made by."""
    if "date" not in headers:
        return
    off = abs(now - parsedate_to_datetime(headers["date"]))
    said = f"{off.total_seconds():.0f} s from AWS's"
    if off >= _SKEW:
        yield fail("clock", said, "Set it, and keep it by NTP: AWS refuses requests that are five minutes off")
    elif off >= timedelta(minutes=1):
        yield warn("clock", said, "Keep it by NTP: AWS refuses requests that are five minutes off")
    else:
        yield ok("clock", said)


def region(machine: Machine) -> Iterator[Finding]:
    """The config's, the environment's, and whether AWS has it."""
    named, ambient = machine.declared.region, machine.ambient_region
    if machine.region is None:
        yield fail("region", "neither the config nor the environment names one", "pulumi config set aws:region …")
        return
    import botocore.loaders

    boto: Any = botocore.loaders  # A session would need the profile to exist.
    known = {one for each in boto.create_loader().load_data("partitions")["partitions"] for one in each["regions"]}
    if machine.region not in known:
        yield fail("region", f"{machine.region} is none of AWS's that botocore knows", "pulumi config set aws:region …")
    elif named and ambient and named != ambient:
        yield warn(
            "region",
            f"the config says {named}, the environment {ambient}: the aws CLI looks elsewhere than the stack",
            f"export AWS_REGION={named}",
        )
    else:
        yield ok("region", machine.region)


def images(machine: Machine) -> Iterator[Finding]:
    """Those of the config's releases exist."""
    settings = machine.declared.settings
    if settings is None:
        return
    wanted = {
        release.image: f"{name} {release.label}"
        for name, service in settings.services.items()
        for release in service.releases
    }
    try:
        ec2 = client(machine, "ec2")
        with asked():
            found = ec2.describe_images(
                Filters=[{"Name": "image-id", "Values": sorted(wanted)}], IncludeDeprecated=True
            )["Images"]
    except SilentError as error:
        yield warn("images", f"not known: {error}", "See the finding about credentials first")
        return
    there = {image["ImageId"]: image for image in found}
    for image, of in wanted.items():
        if image not in there:
            yield fail("images", f"{image} of {of} is not in {machine.region}", "Pin an image that exists")
        elif there[image]["State"] != "available":
            yield fail("images", f"{image} of {of} is {there[image]['State']}", "Pin an image that is available")
        elif _is_past(there[image].get("DeprecationTime")):
            yield warn("images", f"{image} of {of} is deprecated", "Roll out a newer one before it is taken away")
    if wanted.keys() <= there.keys():
        yield ok("images", f"{len(wanted)} of {len(wanted)} exist")


def _until(sts: Any, environment: Mapping[str, str]) -> datetime | None:
    """When a session ends; None for keys that don't, and where nobody says."""
    if told := environment.get("AWS_CREDENTIAL_EXPIRATION"):  # as `aws configure export-credentials` has it
        return datetime.fromisoformat(told.replace("Z", "+00:00"))
    found: datetime | None = getattr(sts._request_signer._credentials, "_expiry_time", None)
    return found


def _is_past(told: str | None) -> bool:
    return told is not None and datetime.fromisoformat(told.replace("Z", "+00:00")) < datetime.now(UTC)
