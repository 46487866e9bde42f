"""DynamoDB: encryption and class of a table change, and a stream comes again after it went; moto forgets or refuses.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from sandbox.cloud.truth.replacing import around


def install() -> None:
    """Make the backend keep what AWS keeps."""

    @around(DynamoDBBackend, "update_table_streams")
    def _stream(original: Any, self: Any, table: Any, stream: dict[str, Any]) -> None:
        specification: dict[str, Any] = table.stream_specification or {}
        if not specification.get("StreamEnabled"):
            table.latest_stream_label = None  # Of the stream before.
        original(self, table, stream)

    @around(DynamoHandler, "create_table", "update_table")
    def _keep(original: Any, self: Any) -> Any:
        answer = original(self)
        table: Any = self.dynamodb_backend.get_table(self.body["TableName"])
        table.table_class = self.body.get("TableClass") or getattr(table, "table_class", None)
        if encryption := self.body.get("SSESpecification"):
            key = table._get_default_encryption_key(table.account_id, table.region_name)
            table.sse_specification = {"KMSMasterKeyId": key, **encryption}
        return answer

    @around(Table, "describe")
    def _describe(original: Any, self: Any, base_key: str = "TableDescription") -> dict[str, Any]:
        answer = original(self, base_key)
        if table_class := getattr(self, "table_class", None):
            answer[base_key]["TableClassSummary"] = {"TableClass": table_class}
        return answer
