"""EFS: throughput and backups of a file system change; moto has neither call.

https://docs.aws.amazon.com/efs/latest/ug/API_UpdateFileSystem.html
https://docs.aws.amazon.com/efs/latest/ug/API_PutBackupPolicy.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.efs.exceptions import BadRequest, FileSystemNotFound
from moto.efs.responses import EFSResponse

Answer = tuple[int, dict[str, Any], str]


def install() -> None:
    """Give the backend what it lacks."""

    def _update(self: Any) -> Answer:
        system = _file_system(self)
        mode = self._get_param("ThroughputMode") or system.throughput_mode
        provisioned = self._get_param("ProvisionedThroughputInMibps") or system.provisioned_throughput_in_mibps
        if mode == "provisioned" and not provisioned:
            raise BadRequest("ProvisionedThroughputInMibps is required with ThroughputMode provisioned.")
        system.throughput_mode = mode
        system.provisioned_throughput_in_mibps = provisioned if mode == "provisioned" else None
        return _json(202, system.info_json())

    def _back_up(self: Any) -> Answer:
        system = _file_system(self)
        system._backup = self._get_param("BackupPolicy")["Status"] == "ENABLED"
        return _json(200, {"BackupPolicy": {"Status": "ENABLED" if system._backup else "DISABLED"}})

    response: Any = EFSResponse
    response.update_file_system = _update
    response.put_backup_policy = _back_up


def _json(status: int, body: dict[str, Any]) -> Answer:
    return status, {"status": status, "Content-Type": "application/json"}, json.dumps(body, default=str)


def _file_system(response: Any) -> Any:
    systems = response.efs_backend.file_systems_by_id
    id_ = response._get_param("FileSystemId")
    if id_ not in systems:
        raise FileSystemNotFound(id_)
    return systems[id_]
