"""The provider's own config, as programs and stacks write it for the real provider."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from sandbox.provider import roles
from sandbox.provider.aws import Settings
from sandbox.provider.roles import Credentials
from sandbox.provider.values import Values

_HEEDED = {
    "accessKey",
    "allowedAccountIds",
    "assumeRoles",
    "defaultTags",
    "endpoints",
    "forbiddenAccountIds",
    "maxRetries",
    "profile",
    "region",
    "secretKey",
    "token",
}

#: What changes nothing in a sandbox: checks that would need the real AWS, and the engine's own keys.
_HARMLESS = {
    "pluginDownloadURL",
    "s3UsePathStyle",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "version",
}

_NO_ENDPOINT = (
    "The sandbox's AWS provider has no cloud to talk to: AWS_ENDPOINT_URL is not set, and without it calls would go to "
    'the real AWS. Put the shell into the sandbox: eval "$(python -m sandbox env)"'
)


class ConfigError(Exception):
    """The provider can't work with its config or environment."""


def problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Keys that would not be heeded, each with the reason."""
    unheeded = sorted(set(values) - _HEEDED - _HARMLESS - {"__internal"})
    return [(key, f"aws:{key} is not supported by the sandbox's provider; leave it out") for key in unheeded]


def parse(values: Mapping[str, Any]) -> Settings:
    """The settings; whatever isn't an object itself arrives as JSON text.

    Raises:
        ConfigError: no region, or no address of a cloud.
    """
    config = {key: _decoded(value) for key, value in values.items()}
    region = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ConfigError("The AWS provider has no region. Set it: pulumi config set aws:region eu-west-1")
    listed: list[Values] = config.get("endpoints") or []
    endpoints = {service: url for entry in listed for service, url in entry.items()}
    default_tags: Values = config.get("defaultTags") or {}
    assumed: list[Values] = config.get("assumeRoles") or []
    default = os.environ.get("AWS_ENDPOINT_URL")
    if default is None and not endpoints:
        raise ConfigError(_NO_ENDPOINT)
    return Settings(
        region=region,
        endpoints=_by_botocore_name(endpoints) | ({"": default} if default else {}),
        credentials=Credentials(config.get("accessKey"), config.get("secretKey"), config.get("token")),
        profile=config.get("profile"),
        roles=tuple(map(roles.request, assumed)),
        allowed_accounts=tuple(config.get("allowedAccountIds") or []),
        forbidden_accounts=tuple(config.get("forbiddenAccountIds") or []),
        default_tags=default_tags.get("tags") or {},
        # The real one takes 0 for nothing said.
        max_retries=int(config.get("maxRetries") or Settings.max_retries),
    )


def _by_botocore_name(endpoints: Values) -> dict[str, str]:
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/custom-service-endpoints
    names = {
        "alb": "elbv2",
        "cloudwatchlog": "logs",
        "cloudwatchlogs": "logs",
        "elasticloadbalancingv2": "elbv2",
        "elb": "elbv2",
    }
    return {names.get(service, service): url for service, url in endpoints.items()}


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value
