"""Stores on HDFS keep the contract, through its web interface on a server of the tests."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import ObjectStore, open_store
from tests.contracts.large import LargeFileContract
from tests.contracts.network import NetworkContract
from tests.contracts.refusals import CredentialsContract
from tests.contracts.sharing import SharedStoreContract

if TYPE_CHECKING:
    from pathlib import Path


class TestWebHdfs(SharedStoreContract, NetworkContract, CredentialsContract, LargeFileContract):
    backend = "HDFS (WebHDFS)"

    @pytest.fixture
    def store(self, webhdfs_root: str) -> ObjectStore:
        return open_store(webhdfs_root)

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_store(store.root)

    @pytest.fixture
    def server(self, webhdfs_server: str) -> str:
        return webhdfs_server

    def reach(self, store: ObjectStore, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        return open_store(f"webhdfs://{urlsplit(endpoint).netloc}{urlsplit(store.root).path}")

    @pytest.fixture
    def stranger(self, strict_webhdfs_server: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        monkeypatch.setenv("HADOOP_USER_NAME", "nobody")
        return open_store(f"{strict_webhdfs_server.replace('http', 'webhdfs', 1)}/folder")


def test_the_user_of_the_environment(strict_webhdfs_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADOOP_USER_NAME", "somebody")
    store = open_store(f"{strict_webhdfs_server.replace('http', 'webhdfs', 1)}/folder")
    store.create("a", b"1")
    assert store.read("a") == b"1"


def test_a_file_that_is_being_written_is_not_seen(webhdfs_root: str, tmp_path: Path) -> None:
    store, reader = open_store(webhdfs_root), open_store(webhdfs_root)
    (tmp_path / "source").write_bytes(bytes(40_000_000))
    writer = threading.Thread(target=lambda: store.upload(tmp_path / "source", "folder/a"))
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(tuple((info.key, info.size) for info in reader.list()))
        seen.add(tuple((name, 0) for name in reader.folders("folder")))
        time.sleep(0.005)
    writer.join()
    assert seen <= {(), (("folder/a", 40_000_000),)}
    assert [(info.key, info.size) for info in reader.list()] == [("folder/a", 40_000_000)]


def test_a_folder_is_no_object(webhdfs_root: str) -> None:
    store = open_store(webhdfs_root)
    store.create("a/b", b"1")
    with pytest.raises(StorageError):
        store.read("a")
    with pytest.raises(StorageError):
        store.replace("a", b"1")
    store.delete_prefix("a/none")
    assert store.read("a/b") == b"1"
