"""What stores have to do that several processes use, as tests to inherit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError
from tests.contracts.object_store import ObjectStoreContract
from tests.contracts.other_process import create_in_turns

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore
    from tests.contracts.other_process import OtherProcess


class SharedStoreContract(ObjectStoreContract):
    def shared_url(self, store: ObjectStore) -> str:
        """Give the URL by which another process opens the store."""
        return store.root

    def test_what_another_process_does_is_seen_at_once(
        self, store: ObjectStore, other_process: OtherProcess
    ) -> None:
        url = self.shared_url(store)
        store.create("a/old", b"old")
        assert [info.key for info in store.list("a")] == ["a/old"]
        assert store.folders("a") == []
        assert not store.exists("a/b")
        assert not store.exists("a/b/1")

        other_process.do("create", url, "a/b/1", b"first")
        assert [(info.key, info.size) for info in store.list("a")] == [("a/b/1", 5), ("a/old", 3)]
        assert store.folders("a") == ["b"]
        assert store.exists("a/b")
        assert store.exists("a/b/1")
        assert store.read("a/b/1") == b"first"
        with store.open("a/b/1") as file:
            assert file.read() == b"first"
        with pytest.raises(ObjectExistsError):
            store.create("a/b/1", b"mine")

        other_process.do("replace", url, "a/b/1", b"the second")
        assert store.read("a/b/1") == b"the second"
        with store.open("a/b/1") as file:
            assert file.read() == b"the second", "also after it was open with another size"
        assert [(info.key, info.size) for info in store.list("a/b")] == [("a/b/1", 10)]

        other_process.do("delete", url, "a/b/1")
        assert not store.exists("a/b/1")
        assert store.list("a/b") == []
        with pytest.raises(ObjectNotFoundError):
            store.read("a/b/1")
        with pytest.raises(ObjectNotFoundError):
            store.open("a/b/1").read()
        store.create("a/b/1", b"mine")
        assert store.read("a/b/1") == b"mine"

    def test_one_of_two_processes_creates(self, store: ObjectStore, other_process: OtherProcess) -> None:
        url = self.shared_url(store)
        other_process.do("open", url)
        keys = [f"race/{number}" for number in range(40)]
        start, pause = time.time() + 0.1, 0.02
        other_process.send("create in turns", url, keys, b"other" * 10_000, start, pause)
        mine = create_in_turns(store, keys, b"mine" * 10_000, start, pause)
        others = other_process.receive()
        assert sorted(mine + others) == sorted(keys), "each was created once"
        for key in keys:
            assert store.read(key) == (b"mine" if key in mine else b"other") * 10_000
