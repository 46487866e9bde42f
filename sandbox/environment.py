"""The environment variables that put plain `pulumi`, `aws` and boto3 into the sandbox."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.home import PASSPHRASE, REGION, Home

#: What would lead a client elsewhere, or make it ask for other credentials.
UNSET = (
    "AWS_CA_BUNDLE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_STACK",
)

_SERVICE_ENDPOINT = "AWS_ENDPOINT_URL_"
_LOOPBACK = ("127.0.0.1", "localhost")


def environment(home: Home, url: str) -> dict[str, str]:
    """What to set, so that only the sandbox at `home` with its cloud at `url` can be reached."""
    return {
        "PATH": _path(home),
        "PULUMI_HOME": str(home.pulumi_home),
        # Without sidecar files, which the engine does not write atomically: a killed update would leave an empty one,
        # and `failed to load checkpoint: EOF`. https://pkg.go.dev/gocloud.dev/blob/fileblob
        "PULUMI_BACKEND_URL": f"{home.backend.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # Hooks that guard a delete live in the program, so `destroy` has to run it.
        "PULUMI_RUN_PROGRAM": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(home.aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        # For the real plugin, which otherwise checks credentials before it looks for an endpoint.
        "AWS_SKIP_CREDENTIALS_VALIDATION": "true",
        "AWS_SKIP_METADATA_API_CHECK": "true",
        **unproxied(),
    }


def unset(ambient: Mapping[str, str]) -> list[str]:
    """The variables of `ambient` that have to go."""
    return sorted(name for name in ambient if name in UNSET or name.startswith(_SERVICE_ENDPOINT))


def process_environment(home: Home, url: str) -> dict[str, str]:
    """The whole environment of a process in the sandbox: ours over the user's."""
    kept = {name: value for name, value in os.environ.items() if name not in unset(os.environ)}
    return kept | environment(home, url)


def enter(home: Home, url: str) -> None:
    """Put this process into the sandbox: from here on its own boto3 clients talk to the cloud at `url`."""
    inside = process_environment(home, url)
    os.environ.clear()
    os.environ.update(inside)


def unproxied() -> dict[str, str]:
    """What keeps the user's proxy, if there is one, from being asked for the loopback address."""
    ambient = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = dict.fromkeys([*filter(None, ambient.split(",")), *_LOOPBACK])
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))


def _path(home: Home) -> str:
    ours = [str(home.bin), str(Path(sys.executable).parent)]
    ambient = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*ours, *(folder for folder in ambient if folder not in ours)])
