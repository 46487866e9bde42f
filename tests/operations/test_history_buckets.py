"""The URLs of backends, read as the engine reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.history.buckets import S3, Folder, open_bucket


def test_a_folder_is_read_by_keys(tmp_path: Path) -> None:
    (tmp_path / "with space" / "a").mkdir(parents=True)
    for name in ("2", "10", "1"):
        (tmp_path / "with space" / "a" / name).write_text(name)
    bucket = open_bucket(f"{(tmp_path / 'with space').as_uri()}?metadata=skip")
    assert bucket is not None
    assert bucket.keys("a/") == ["a/1", "a/10", "a/2"]
    assert bucket.keys("b/") == []
    assert bucket.read("a/10") == b"10"
    with pytest.raises(OperationError, match=r"^a/3 of the backend can't be read: No such file or directory$"):
        bucket.read("a/3")


def test_a_folder_in_the_home_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("here")
    monkeypatch.setenv("HOME", str(tmp_path))
    bucket = open_bucket("file://~")
    assert isinstance(bucket, Folder)
    assert bucket.read("a") == b"here"


@pytest.mark.parametrize(
    ("query", "endpoint"),
    [
        ("region=eu-west-1", "https://s3.eu-west-1.amazonaws.com"),
        ("region=eu-west-1&endpoint=127.0.0.1:1&disableSSL=true", "http://127.0.0.1:1"),
        ("region=eu-west-1&endpoint=127.0.0.1:1&disable_https=true", "http://127.0.0.1:1"),
        ("region=eu-west-1&endpoint=127.0.0.1:1", "https://127.0.0.1:1"),
        ("region=eu-west-1&endpoint=http://127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_s3_is_asked_where_the_engine_asks_it(query: str, endpoint: str) -> None:
    bucket = open_bucket(f"s3://state/of/teams?{query}")
    assert isinstance(bucket, S3)
    assert bucket.endpoint == endpoint


def test_what_is_not_known_is_none() -> None:
    for url in ("gs://state", "azblob://state", "https://app.pulumi.com/team", ""):
        assert open_bucket(url) is None
