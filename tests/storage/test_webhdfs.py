"""Stores on HDFS keep the contract, through its web interface on a server of the tests."""

from __future__ import annotations

import socket
import threading
import time
import traceback
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import ObjectStore, open_store, retries
from airflow_artifacts.storage.webhdfs import open_webhdfs
from tests.contracts.large import LargeFileContract
from tests.contracts.network import NetworkContract
from tests.contracts.refusals import CredentialsContract
from tests.contracts.sharing import SharedStoreContract
from tests.servers import webhdfs
from tests.servers.hdfs_names import HadoopNames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


class Gateway(webhdfs._Handler):
    """As HttpFS: it knows no options of a rename."""

    users = frozenset()

    def _put_rename(self) -> None:
        self.asked.pop("renameoptions", None)
        super()._put_rename()


@contextmanager
def running_gateway(names: HadoopNames) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Gateway,), {"names": names})) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "webhdfs://{}:{}/folder".format(*server.server_address[:2])
        server.shutdown()


def test_a_gateway_that_ignores_how_to_rename_is_refused() -> None:
    names = HadoopNames()
    names.create("/folder/a", overwrite=False)
    with running_gateway(names) as root:
        store = open_store(root)
        for write in (store.create, store.replace):
            with pytest.raises(StorageError, match=r"HttpFS gateway .* Name the web address of the name node"):
                write("a", b"1")
    assert [each["pathSuffix"] for each in names.listed("/folder")] == ["a"], "what was written aside is gone"


def test_a_delegation_token_is_in_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(retries, "PATIENCE", retries.Patience(tries=1))
    (tmp_path / "file").write_bytes(b"1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
    url = f"webhdfs://{place}/folder"
    store = open_store(url, open_webhdfs(url, {"token": "s3cr3t-t0ken"}))
    acts: dict[str, Callable[[], object]] = {
        "read": lambda: store.read("a"),
        "create": lambda: store.create("a", b"1"),
        "upload": lambda: store.upload(tmp_path / "file", "a"),
        "list": store.list,
        "delete": lambda: store.delete("a"),
    }
    for act in acts.values():
        with pytest.raises(StorageError, match=f"{place} gave no answer") as caught:
            act()
        assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
