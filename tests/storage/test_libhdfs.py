"""What ``hdfs://`` does with a file system whose renames replace nothing, as those of Hadoop's library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError, UrlError
from airflow_artifacts.storage import ObjectStore, open_store
from airflow_artifacts.storage.hadoop import LibhdfsObjectStore
from tests.contracts.object_store import ObjectStoreContract


class NoReplacing(LocalFileSystem):  # type: ignore[misc]
    """A disk whose renames are as HDFS has them."""

    cachable = False

    def mv(self, path1: str, path2: str, **_: Any) -> None:
        try:
            os.link(path1, path2)
        except FileExistsError:
            message = f"rename of {path1} failed"  # it does not say why
            raise OSError(message) from None
        Path(path1).unlink()


class TestLibhdfs(ObjectStoreContract):
    backend = "hdfs (its code, on a disk)"

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return LibhdfsObjectStore("hdfs://host/root", NoReplacing(), f"{tmp_path}/root")

    def another(self, store: ObjectStore) -> ObjectStore:
        return LibhdfsObjectStore(store.root, NoReplacing(), store._base)


def test_without_hadoop_the_error_names_another_way() -> None:
    with pytest.raises(UrlError, match=r"^hdfs://host:8020/root cannot .* Hadoop's library .*webhdfs://host:9870"):
        open_store("hdfs://host:8020/root")


def test_a_read_between_two_renames_is_tried_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LibhdfsObjectStore("hdfs://host/root", NoReplacing(), str(tmp_path))
    pauses: list[float] = []

    def write(seconds: float) -> None:
        pauses.append(seconds)
        (tmp_path / "a").write_bytes(b"1")

    monkeypatch.setattr("airflow_artifacts.storage.hadoop.time.sleep", write)
    assert store.read("a") == b"1"
    monkeypatch.setattr("airflow_artifacts.storage.hadoop.time.sleep", pauses.append)
    with pytest.raises(ObjectNotFoundError):
        store.read("b")
    assert len(pauses) == 2


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    store = LibhdfsObjectStore("hdfs://host/root", NoReplacing(), str(tmp_path))
    store.create("a/b", b"1")
    for write in (store.replace, store.create):
        with pytest.raises(StorageError, match="a is a folder"):
            write("a", b"2")
    assert store.read("a/b") == b"1"
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "b"], "what was written aside is gone"


def test_a_folder_that_comes_meanwhile_is_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LibhdfsObjectStore("hdfs://host/root", NoReplacing(), str(tmp_path))
    store.create("a/b", b"1")
    before = iter([False])
    is_folder = NoReplacing.isdir
    monkeypatch.setattr(NoReplacing, "isdir", lambda self, path: next(before, True) and is_folder(self, path))
    with pytest.raises(StorageError, match="write hdfs://host/root/a"):
        store.replace("a", b"2")
    assert store.read("a/b") == b"1"


def test_a_rename_that_fails_for_another_reason_is_no_other_writer(tmp_path: Path) -> None:
    store = LibhdfsObjectStore("hdfs://host/root", NoReplacing(), str(tmp_path))
    store.create("a", b"1")
    with pytest.raises(ObjectExistsError):
        store.create("a", b"2")
    assert [path.name for path in tmp_path.iterdir()] == ["a"], "what was written aside is gone"
