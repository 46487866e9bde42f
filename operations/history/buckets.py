"""What a backend of one's own keeps, read where it lies: a folder, an S3 bucket, a PostgreSQL table.

The engine's CLI shows of an old update everything but its checkpoint. Read only, by the same URL that the engine takes:
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import OperationError


class Bucket(Protocol):
    """Keys with forward slashes, as the engine writes them."""

    def keys(self, prefix: str) -> list[str]:
        """Those that begin with `prefix`, which ends with a slash; sorted. Raises OperationError."""
        ...

    def read(self, key: str) -> bytes:
        """What lies there. Raises OperationError."""
        ...


def open_bucket(url: str) -> Bucket | None:
    """The bucket of a backend; None for Pulumi Cloud and for kinds that are not known here (`azblob`, `gs`)."""
    match urlsplit(url).scheme:
        case "file":
            return Folder(Path(unquote(url.removeprefix("file://").partition("?")[0])).expanduser().absolute())
        case "s3":
            return S3(url)
        case "postgres":
            # Half a second to import, which all other commands would wait for.
            from operations.history.postgres import Table

            return Table(url)
        case _:
            return None


class Folder:
    """A backend in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keys(self, prefix: str) -> list[str]:
        """Sorted."""
        folder = self._root / prefix
        return sorted(f"{prefix}{one.name}" for one in folder.iterdir()) if folder.is_dir() else []

    def read(self, key: str) -> bytes:
        """A file's content."""
        try:
            return (self._root / key).read_bytes()
        except OSError as error:
            raise OperationError(f"{key} of the backend can't be read: {error.strerror}") from None


class S3:
    """`s3://bucket/prefix?region=…&endpoint=…`, with the parameters that the engine knows, old names and new."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self._bucket, folder = parts.netloc, parts.path.strip("/")
        self._folder = f"{folder}/" if folder else ""
        import boto3  # As in `operations.cloud`.

        session: Any = boto3
        self._client = session.Session(profile_name=asked.get("profile"), region_name=asked.get("region")).client(
            "s3", endpoint_url=_endpoint(asked), config=_s3_config(asked)
        )

    @property
    def endpoint(self) -> str:
        """The address that is asked."""
        return self._client.meta.endpoint_url

    def keys(self, prefix: str) -> list[str]:
        """Sorted, as S3 lists them."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._folder}{prefix}"
            )
            return [one["Key"].removeprefix(self._folder) for page in pages for one in page.get("Contents", ())]
        except (BotoCoreError, ClientError) as error:
            raise OperationError(f"The backend's bucket {self._bucket} can't be read: {error}") from None

    def read(self, key: str) -> bytes:
        """An object's content."""
        try:
            return self._client.get_object(Bucket=self._bucket, Key=f"{self._folder}{key}")["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise OperationError(f"{key} of the backend can't be read: {error}") from None


def _endpoint(asked: dict[str, str]) -> str | None:
    """One without a scheme gets one, as the engine gives it."""
    endpoint = asked.get("endpoint")
    if endpoint is None or "://" in endpoint:
        return endpoint
    return f"{'http' if _yes(asked, 'disableSSL', 'disable_https') else 'https'}://{endpoint}"


def _s3_config(asked: dict[str, str]) -> Any:
    from botocore.config import Config

    style = "path" if _yes(asked, "s3ForcePathStyle", "use_path_style") else "auto"
    # Other makers' servers know no checksums that nobody asked for.
    return Config(s3={"addressing_style": style}, response_checksum_validation="when_required", max_pool_connections=32)


def _yes(asked: dict[str, str], *keys: str) -> bool:
    return any(asked.get(key, "").lower() in ("true", "1", "t") for key in keys)
