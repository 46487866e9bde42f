"""A backend in PostgreSQL, as the engine lays it out (`backend/diy/postgres` of its module)."""

from __future__ import annotations

import base64
from typing import Any, LiteralString
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
from psycopg import sql

from operations.errors import OperationError


class Table:
    """`postgres://…?table=…`: a key a row, its content in base64 in a JSON document."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = parse_qsl(parts.query)
        self._table = sql.Identifier(*dict(asked).get("table", "pulumi_state").lower().split("."))
        rest = urlencode([(key, value) for key, value in asked if key != "table"])
        # The engine takes the URL's path for a folder too: every key begins with the database's name.
        self._folder = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
        self._url = parts._replace(query=rest).geturl()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def keys(self, prefix: str) -> list[str]:
        """Sorted, whatever the database's own order is."""
        rows = self._rows("SELECT key FROM {} WHERE starts_with(key, %s)", f"{self._folder}{prefix}")
        return sorted(str(row[0]).removeprefix(self._folder) for row in rows)

    def read(self, key: str) -> bytes:
        """A row's content."""
        for row in self._rows("SELECT data->>'data' FROM {} WHERE key = %s", f"{self._folder}{key}"):
            return base64.b64decode(row[0])
        raise OperationError(f"{key} of the backend can't be read: there is no such row")

    def _rows(self, query: LiteralString, value: str) -> list[tuple[Any, ...]]:
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._url, autocommit=True)
            return self._connection.execute(sql.SQL(query).format(self._table), (value,)).fetchall()
        except psycopg.Error as error:
            raise OperationError(f"The backend's database can't be read: {' '.join(str(error).split())}") from None
