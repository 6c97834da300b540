"""What is read of a folder into which others write, too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.exceptions import ObjectNotFoundError, StorageError
from airflow_artifacts.storage import LocalObjectStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "real")  # the root itself may be one
    store = LocalObjectStore(tmp_path / "root", is_confined=True)
    store.create("a/mine", b"mine")
    store.create("b/other", b"other")
    (tmp_path / "secret").write_bytes(b"secret")
    return store


@pytest.mark.parametrize("target", ["secret", "real/b/other", "real/a/mine"])
def test_no_link_is_followed(store: LocalObjectStore, tmp_path: Path, target: str) -> None:
    (tmp_path / "real" / "a" / "link").symlink_to(tmp_path / target)
    for read in (store.read, store.open, lambda key: b"".join(store.stream(key))):
        with pytest.raises(StorageError, match=r"a/link.*a link leads to it"):
            read("a/link")
    assert LocalObjectStore(store.folder).read("a/link")
    assert store.read("a/mine") == b"mine"


def test_no_folder_that_is_a_link_is_entered(store: LocalObjectStore, tmp_path: Path) -> None:
    (tmp_path / "real" / "c").symlink_to(tmp_path / "real" / "b")
    with pytest.raises(StorageError, match="a link leads to it"):
        store.read("c/other")
    with pytest.raises(ObjectNotFoundError):
        store.read("c/nothing")


@pytest.mark.parametrize("is_confined", [False, True])
def test_a_pipe_or_a_device_is_not_waited_for(
    store: LocalObjectStore, tmp_path: Path, *, is_confined: bool
) -> None:
    os.mkfifo(tmp_path / "real" / "a" / "pipe")
    (tmp_path / "real" / "a" / "device").symlink_to("/dev/zero")
    reader = LocalObjectStore(store.folder, is_confined=is_confined)
    for key in ("a/pipe", "a/device"):
        with pytest.raises(StorageError, match="it is no regular file"):
            reader.read(key)
