"""Stores on S3 keep the contract: through obstore, and through s3fs where obstore was used before a fork."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import ObjectNotFoundError, StorageError, UnsafeUrlError, UrlError
from airflow_artifacts.storage import ObjectStore, open_store, remote, retries
from airflow_artifacts.storage.remote import RemoteObjectStore
from airflow_artifacts.storage.transfers import PART
from tests.contracts.large import LargeFileContract
from tests.contracts.network import NetworkContract
from tests.contracts.refusals import BucketContract
from tests.contracts.sharing import SharedStoreContract
from tests.servers.faults import ALWAYS, running_proxy
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["s3_environment", "s3_root", "s3_server"]


class S3Contract(SharedStoreContract, BucketContract):
    def open(self, url: str) -> ObjectStore:
        raise NotImplementedError

    @pytest.fixture
    def store(self, s3_root: str) -> ObjectStore:
        return self.open(s3_root)

    def another(self, store: ObjectStore) -> ObjectStore:
        return self.open(store.root)

    @pytest.fixture
    def bucketless(self, s3_root: str) -> ObjectStore:
        return self.open("s3://no-such-bucket/prefix")


class TestS3(S3Contract, NetworkContract, LargeFileContract):
    backend = "S3 (moto)"
    signs = True
    secrets = ("something",)

    def open(self, url: str) -> ObjectStore:
        store = open_store(url)
        assert isinstance(store, RemoteObjectStore)
        return store

    @pytest.fixture
    def server(self, s3_server: str) -> str:
        return s3_server

    def reach(self, store: ObjectStore, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        return self.open(store.root)


@pytest.mark.thorough
class TestS3AfterFork(S3Contract):
    """A process that was forked after the use of obstore goes through s3fs, which has its own patience."""

    backend = "S3 after a fork (moto)"
    races = 2  # each of their threads begins with a second of s3fs

    @pytest.fixture(autouse=True)
    def forked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(remote, "_used_in", -1)

    def open(self, url: str) -> ObjectStore:
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
        store = open_store(url)
        assert isinstance(store._filesystem, s3fs.S3FileSystem)
        return store

    def test_faults(self, store: ObjectStore, s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        store.create("a", b"1")
        with running_proxy(s3_server) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            through = self.open(store.root)
            assert through.read("a") == b"1"
            proxy.fail("503", 2)
            assert through.read("a") == b"1"
            assert proxy.failed == 2
            proxy.fail("503", ALWAYS)
            start = time.monotonic()
            with pytest.raises(StorageError, match=f"{store.root}/a") as caught:
                through.read("a")
            assert caught.value.retryable
            assert time.monotonic() - start < 45


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
    monkeypatch.setattr(retries, "PATIENCE", retries.Patience(tries=2, pause=0.01))
    with pytest.raises(StorageError, match="s3://bucket/prefix/a") as caught:
        open_store("s3://bucket/prefix").read("a")
    assert caught.value.retryable
    assert "something" not in str(caught.value), "the secret key"


_FORKING = """
import os, sys
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import StorageError

root = sys.argv[1]
before = ArtifactClient(root)
before.save_artifact("a", 1)
child = os.fork()
if child == 0:
    code = 1
    try:
        try:
            before.load_artifact("a")
        except StorageError as error:
            assert "forked" in str(error)
            ArtifactClient(root).save_artifact("b", 2)
            code = 0
    finally:
        os._exit(code)
assert os.waitpid(child, 0)[1] == 0
assert before.load_artifact("b") == 2
"""


def test_a_forked_child_does_not_hang(s3_root: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, s3_root], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_credentials_in_the_url_are_refused_and_not_shown() -> None:
    with pytest.raises(UnsafeUrlError, match=r"^s3://bucket/prefix is refused: credentials do not") as caught:
        open_store("s3://AKIAX:hunter2@bucket/prefix")
    assert "hunter2" not in str(caught.value)


def test_a_store_can_be_copied_and_sent_to_another_process(s3_root: str) -> None:
    store = open_store(s3_root)
    store.create("a", b"1")
    for other in (copy.deepcopy(store), pickle.loads(pickle.dumps(store))):  # noqa: S301
        assert other.read("a") == b"1"


def test_the_endpoint_of_a_profile_is_used(
    s3_root: str, s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    open_store(s3_root).create("a", b"1")
    (tmp_path / "config").write_text(f"[default]\nendpoint_url = {s3_server}\n")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert open_store(s3_root).read("a") == b"1"


def test_an_object_that_goes_while_it_is_open(s3_root: str) -> None:
    store = open_store(s3_root)
    store.create("a", bytes(100))
    file = store.open("a")
    store.delete("a")
    with pytest.raises(ObjectNotFoundError, match="prefix/a"):
        file.read()


@pytest.mark.parametrize("before", [None, b"short", bytes(PART + 1)], ids=["none", "another", "same size"])
@pytest.mark.parametrize("is_completed", [True, False])
def test_an_upload_that_is_gone(
    s3_root: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: bytes | None, *, is_completed: bool
) -> None:
    """It was completed, with an answer that was lost; or somebody took its parts away."""
    import obstore

    monkeypatch.setattr(retries, "PATIENCE", retries.Patience(tries=2, pause=0.01))
    store, data = open_store(s3_root), b"1" * (PART + 1)
    (tmp_path / "file").write_bytes(data)
    if before is not None:
        store.replace("a", before)

    tries = []

    def put(bucket: Any, path: str, parts: Any, **_: object) -> None:
        tries.append(path)
        if is_completed:
            obstore.put(bucket, path, b"".join(parts))
        raise obstore.exceptions.NotFoundError("NoSuchUpload")

    monkeypatch.setattr(store, "_obstore", SimpleNamespace(**{**vars(obstore), "put": put}))
    if is_completed:
        store.upload(tmp_path / "file", "a")
        assert store.read("a") == data
        assert len(tries) == 1
        return
    with pytest.raises(StorageError, match=f"write {s3_root}/a.* upload is gone") as caught:
        store.upload(tmp_path / "file", "a")
    assert caught.value.retryable
    assert len(tries) == 2, "it was begun anew"
