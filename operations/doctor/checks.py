"""Every check, by the name that is told if it gives no answer."""

from __future__ import annotations

from collections.abc import Mapping

from operations.doctor import aws, backend, tools
from operations.doctor.finding import Check
from operations.doctor.quotas import quotas

CHECKS: Mapping[str, Check] = {
    "python": tools.python,
    "packages": tools.packages,
    "pulumi": tools.engine,
    "plugin aws": tools.plugin,
    "git": tools.git,
    "config": backend.config,
    "backend": backend.backend,
    "secrets": backend.secrets,
    "credentials": aws.credentials,
    "region": aws.region,
    "images": aws.images,
    "quotas": quotas,
}
