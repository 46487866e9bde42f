"""What AWS does with what keeps data, and moto alone does not: it holds in the sandbox's cloud only."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cloud_truths_operations import a_name, aws
from tests.sandbox.cloud_world import World


def _table(world: World, **settings: Any) -> str:
    name = a_name("table")
    aws(world, "dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        **settings,
    )
    return name


def _told(world: World, table: str) -> dict[str, Any]:
    return aws(world, "dynamodb").describe_table(TableName=table)["Table"]


def a_tables_class_is_kept_and_changes(world: World) -> None:
    table = _table(world, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert _told(world, table)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    aws(world, "dynamodb").update_table(TableName=table, TableClass="STANDARD")
    assert _told(world, table)["TableClassSummary"]["TableClass"] == "STANDARD"


def a_tables_encryption_changes(world: World) -> None:
    table = _table(world)
    aws(world, "dynamodb").update_table(TableName=table, SSESpecification={"Enabled": True})
    assert _told(world, table)["SSEDescription"]["Status"] == "ENABLED"


def a_stream_that_was_ended_can_begin_again(world: World) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = _table(world, StreamSpecification=stream)
    aws(world, "dynamodb").update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    aws(world, "dynamodb").update_table(TableName=table, StreamSpecification=stream)
    assert _told(world, table)["StreamSpecification"] == stream


def a_file_systems_throughput_changes(world: World) -> None:
    made = aws(world, "efs").create_file_system(CreationToken=a_name("files"))["FileSystemId"]
    aws(world, "efs").update_file_system(
        FileSystemId=made, ThroughputMode="provisioned", ProvisionedThroughputInMibps=8
    )
    (told,) = aws(world, "efs").describe_file_systems(FileSystemId=made)["FileSystems"]
    assert (told["ThroughputMode"], told["ProvisionedThroughputInMibps"]) == ("provisioned", 8)


def a_file_systems_backups_are_switched(world: World) -> None:
    made = aws(world, "efs").create_file_system(CreationToken=a_name("files"))["FileSystemId"]
    aws(world, "efs").put_backup_policy(FileSystemId=made, BackupPolicy={"Status": "ENABLED"})
    assert aws(world, "efs").describe_backup_policy(FileSystemId=made)["BackupPolicy"]["Status"] == "ENABLED"


TRUTHS = [
    a_tables_class_is_kept_and_changes,
    a_tables_encryption_changes,
    a_stream_that_was_ended_can_begin_again,
    a_file_systems_throughput_changes,
    a_file_systems_backups_are_switched,
]
