"""Stores on S3 keep the contract: through obstore, and through s3fs, which connections use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.exceptions import ObjectNotFoundError, StorageError, UrlError
from airflow_artifacts.storage import ObjectStore, open_store
from airflow_artifacts.storage.s3 import S3ObjectStore
from tests.storage.contract import ObjectStoreContract
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["s3_environment", "s3_root", "s3_server"]


class TestS3ObjectStore(ObjectStoreContract):
    @pytest.fixture
    def store(self, s3_root: str) -> ObjectStore:
        store = open_store(s3_root)
        assert isinstance(store, S3ObjectStore)
        return store

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_store(store.root)


class TestS3ThroughFsspec(ObjectStoreContract):
    @pytest.fixture
    def store(self, s3_root: str) -> ObjectStore:
        return self.open(s3_root)

    def another(self, store: ObjectStore) -> ObjectStore:
        return self.open(store.root)

    def open(self, root: str) -> ObjectStore:
        import s3fs

        return open_store(root, s3fs.S3FileSystem(use_listings_cache=False))


@pytest.mark.usefixtures("s3_environment")
def test_a_bucket_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = open_store("s3://no-such-bucket/prefix")
    (tmp_path / "a").write_bytes(b"1")
    for act in (
        lambda: store.create("a", b""),
        lambda: store.upload(tmp_path / "a", "a"),
        store.list,
        lambda: store.read("a"),
    ):
        with pytest.raises(StorageError, match=r"s3://no-such-bucket/prefix.*no such bucket") as caught:
            act()
        assert not isinstance(caught.value, ObjectNotFoundError)


def test_no_credentials_are_an_error_and_not_anonymous_access(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(UrlError, match="no AWS credentials"):
        open_store("s3://bucket/prefix")


def test_a_server_that_is_not_there_is_an_error_that_names_the_key(
    s3_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("airflow_artifacts.storage.s3._RETRY", {"max_retries": 1, "retry_timeout": _second()})
    with pytest.raises(StorageError, match="s3://bucket/prefix/a") as caught:
        open_store("s3://bucket/prefix").read("a")
    assert caught.value.retryable
    assert "something" not in str(caught.value), "the secret key"


def _second() -> object:
    from datetime import timedelta

    return timedelta(seconds=1)
