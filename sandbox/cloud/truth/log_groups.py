"""Log groups: their class, key and protection, which moto forgets.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException, ValidationException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Make the backend keep what AWS keeps."""

    @around(LogsResponse, "create_log_group")
    def _create(original: Any, self: Any) -> str:
        answer = original(self)
        group = _group(self)
        group.log_group_class = self._get_param("logGroupClass") or "STANDARD"
        group.is_protected = bool(self._get_param("deletionProtectionEnabled"))
        return answer

    @around(LogGroup, "to_describe_dict")
    def _describe(original: Any, self: Any) -> dict[str, Any]:
        more = {
            "logGroupClass": getattr(self, "log_group_class", "STANDARD"),
            "deletionProtectionEnabled": getattr(self, "is_protected", False),
        }
        return {**original(self), **more}

    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html
    @around(LogsBackend, "delete_log_group")
    def _delete(original: Any, self: Any, log_group_name: str) -> None:
        if getattr(self.groups.get(log_group_name), "is_protected", False):
            raise ValidationException("The log group is protected from deletion")
        original(self, log_group_name)

    def _protect(self: Any) -> str:
        _group(self).is_protected = self._get_param("deletionProtectionEnabled")
        return ""

    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
    def _associate(self: Any) -> str:
        _group(self).kms_key_id = self._get_param("kmsKeyId")
        return ""

    response: Any = LogsResponse
    response.put_log_group_deletion_protection = _protect
    response.associate_kms_key = _associate
    response.disassociate_kms_key = _associate  # It names no key.


def _group(response: Any) -> Any:
    """The group that a call names, by name or by ARN."""
    told = response._get_param("logGroupName") or response._get_param("logGroupIdentifier")
    name = str(told).partition(":log-group:")[2] or told
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException
    return response.logs_backend.groups[name]
