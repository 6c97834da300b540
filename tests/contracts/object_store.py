"""What every object store has to do, as tests to inherit. A store's test class supplies the fixture ``store``.

What only some stores can be asked is in the modules beside this one, as classes to inherit as well: what several
processes share (``sharing``), what is reached over a network (``network``), what has buckets or credentials
(``refusals``), and what takes long (``large``).

The helpers look at the store only through a second instance of it, which ``another`` makes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar

import pytest

from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError, UnsafeNameError
from tests.contracts.signing import fetch

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

KEYS = [
    "a",
    "deep/er/and/deeper",
    "with space/und ümläute",
    "日本/名前.txt",
    "hash#mark",
    "question?mark=1&x",
    "percent%20sign",
    "100%",
    "plus+equals=at@semi;comma,",
    "colon:",
    "quotes'\"`",
    "brackets[1]{2}(3)<4>",
    "star*dollar$bang!pipe|caret^tilde~",
    ".hidden",
    "-dash",
    "e\u0301",
    "x" * 255,
]


def odd_bytes(size: int) -> bytes:
    """Give bytes no two pieces of which are the same, and always the same ones."""
    return hashlib.shake_128(b"odd").digest(size)


class ObjectStoreContract:
    """Supply the fixture ``store``, ``another``, and in ``backend`` a name for the table of results."""

    backend: ClassVar[str]
    races: ClassVar[int] = 10  # of threads that create one object
    signs: ClassVar[bool] = False  # whether it can sign URLs

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise NotImplementedError

    def another(self, store: ObjectStore) -> ObjectStore:
        """Open the same store anew, as another process would."""
        raise NotImplementedError

    @pytest.mark.parametrize("size", [0, 1, 8 * 1024 * 1024 + 1])
    def test_content_comes_back(self, store: ObjectStore, tmp_path: Path, size: int) -> None:
        data = bytes(range(256)) * (size // 256) + bytes(size % 256)
        store.create("created", data)
        store.replace("replaced", data)
        store.write("written/by/one", data)
        source = tmp_path / "source"
        source.write_bytes(data)
        assert store.upload(source, "folder/uploaded") is None
        assert store.upload(source, "folder/uploaded", hashed=True) == hashlib.sha256(data).hexdigest()
        seen = self.another(store)
        for key in ("created", "replaced", "folder/uploaded", "written/by/one"):
            assert seen.read(key) == data
            assert b"".join(seen.stream(key)) == data
            seen.download(key, tmp_path / "new" / key)
            assert (tmp_path / "new" / key).read_bytes() == data
            with seen.open(key) as file:
                assert file.seek(size // 2) == size // 2
                assert file.read() == data[size // 2 :]
        assert [(info.key, info.size) for info in seen.list()] == [
            ("created", size),
            ("folder/uploaded", size),
            ("replaced", size),
            ("written/by/one", size),
        ]

    def test_ranges_are_read(self, store: ObjectStore) -> None:
        data = odd_bytes(3_000_001)
        store.create("a", data)
        with store.open("a") as file:
            assert file.readable()
            assert file.seekable()
            assert file.read(10) == data[:10]
            assert file.tell() == 10
            assert file.seek(2_500_000) == 2_500_000
            assert file.read(20) == data[2_500_000:2_500_020]
            assert file.seek(-5, os.SEEK_END) == 2_999_996
            assert file.read() == data[-5:]
            assert file.read() == b""
            assert file.seek(100) == 100
            assert file.seek(50, os.SEEK_CUR) == 150
            assert file.read(1_000_000) == data[150:1_000_150]
            assert file.seek(4_000_000) == 4_000_000
            assert file.read(1) == b"", "beyond the end is nothing"
        assert file.closed

    @pytest.mark.parametrize("key", KEYS)
    def test_odd_characters_in_keys(self, store: ObjectStore, key: str) -> None:
        store.create(key, b"1")
        store.replace(key, b"2")
        assert store.read(key) == b"2"
        assert [info.key for info in self.another(store).list()] == [key]
        store.delete(key)
        assert store.list() == []

    @pytest.mark.parametrize(
        "key", ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\0", "C:a", "\ud800"]
    )
    def test_unsafe_keys(self, store: ObjectStore, tmp_path: Path, key: str) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"")
        for act in (
            lambda: store.read(key),
            lambda: store.create(key, b""),
            lambda: store.replace(key, b""),
            lambda: store.write(key, b""),
            lambda: store.upload(source, key),
            lambda: store.download(key, source),
            lambda: store.open(key),
            lambda: store.exists(key),
            lambda: store.delete(key),
            lambda: store.delete_prefix(key),
            lambda: store.list(key or "/"),
            lambda: store.signed_url(key, 60),
        ):
            with pytest.raises(UnsafeNameError):
                act()

    def test_missing_objects(self, store: ObjectStore, tmp_path: Path) -> None:
        store.create("a/b", b"")
        for key in ("none", "a/none", "none/none"):
            for act in (
                lambda key=key: store.read(key),
                lambda key=key: store.open(key),
                lambda key=key: store.download(key, tmp_path / "x"),
                lambda key=key: list(store.stream(key)),
            ):
                with pytest.raises(ObjectNotFoundError) as caught:
                    act()
                assert not (tmp_path / "x").exists()
                assert caught.value.url == store.url(key)
            assert not store.exists(key)
            assert store.list(key) == []
            store.delete(key)
            store.delete_prefix(key)
        with pytest.raises(FileNotFoundError, match="no such file"):
            store.upload(tmp_path / "no such file", "c")
        assert [info.key for info in store.list()] == ["a/b"]

    def test_create_once(self, store: ObjectStore) -> None:
        store.create("a", b"first")
        with pytest.raises(ObjectExistsError) as caught:
            self.another(store).create("a", b"second")
        assert caught.value.url == store.url("a")
        assert store.read("a") == b"first"

    def test_one_of_many_threads_creates(self, store: ObjectStore) -> None:
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)  # threads take turns within every function
        try:
            self.check_one_creates(store)
        finally:
            sys.setswitchinterval(interval)

    def check_one_creates(self, store: ObjectStore) -> None:
        for attempt in range(self.races):
            contents = [bytes([n]) * 50_000 for n in range(16)]
            together = threading.Barrier(16)

            def create(content: bytes, key: str = f"race/{attempt}", start: threading.Barrier = together) -> bool:
                mine = self.another(store)
                start.wait()
                try:
                    mine.create(key, content)
                except ObjectExistsError:
                    return False
                return True

            with ThreadPoolExecutor(16) as pool:
                won = list(pool.map(create, contents))
            assert won.count(True) == 1
            assert store.read(f"race/{attempt}") == contents[won.index(True)]

    def test_replace_shows_old_or_new(self, store: ObjectStore) -> None:
        contents = {bytes([n]) * 300_000 for n in range(2)}
        first, second = contents
        store.replace("a", first)
        stop = threading.Event()
        seen: set[bytes] = set()

        def read() -> None:
            mine = self.another(store)
            while not stop.is_set():
                seen.add(mine.read("a"))

        reader = threading.Thread(target=read)
        reader.start()
        for n in range(100):
            store.replace("a", second if n % 2 else first)
        stop.set()
        reader.join()
        assert seen <= contents

    def test_exists_sees_others_at_once(self, store: ObjectStore) -> None:
        other = self.another(store)
        assert not store.exists("a/b")
        assert store.list("a") == []
        other.create("a/b", b"")
        assert store.exists("a/b")
        assert [info.key for info in store.list("a")] == ["a/b"]
        other.delete("a/b")
        assert not store.exists("a/b")
        assert store.list("a") == []

    def test_list_is_sorted_whole_and_ends_at_a_segment(self, store: ObjectStore) -> None:
        keys = [f"a/b/{n % 7}/{n:04d}" for n in range(1100)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.write(key, b"12"), [*keys, "a/bc", "a/b.txt", "a/bcd/e", "ab"]))
        assert [info.key for info in store.list("a/b")] == sorted(keys)
        assert {info.size for info in store.list("a/b")} == {2}
        assert [info.key for info in store.list("a")] == sorted([*keys, "a/bc", "a/b.txt", "a/bcd/e"])
        assert store.list("a/b.txt") == [], "an object is not below itself"
        store.delete_prefix("a/b")
        assert [info.key for info in self.another(store).list()] == ["a/b.txt", "a/bc", "a/bcd/e", "ab"]

    def test_folders_are_listed_without_what_is_in_them(self, store: ObjectStore) -> None:
        for key in ("a/b/1", "a/b/c/2", "a/bc/3", "a/file", "a/z z#/4", "ab/5"):
            store.create(key, b"1")
        assert self.another(store).folders("a") == ["b", "bc", "z z#"]
        assert store.folders("a/bc") == []
        assert store.folders("a/file") == []
        assert store.folders("none") == []
        self.another(store).create("a/new/6", b"")
        assert store.folders("a") == ["b", "bc", "new", "z z#"], "what others make is seen at once"

    def test_delete_prefix_ends_at_a_segment(self, store: ObjectStore) -> None:
        for key in ("a/b/1", "a/b/c/2", "a/bc", "a/b.txt", "d"):
            store.create(key, b"")
        store.delete_prefix("a/b")
        assert [info.key for info in store.list()] == ["a/b.txt", "a/bc", "d"]
        store.delete_prefix("d")
        assert store.exists("d"), "an object is not below itself"

    def test_an_object_is_no_folder(self, store: ObjectStore) -> None:
        store.create("a", b"1")
        assert not store.exists("a/b")
        with pytest.raises(StorageError):
            store.read("a/b")
        store.delete("a/b")
        assert store.read("a") == b"1"

    def test_a_url_is_signed_where_the_store_can(self, store: ObjectStore) -> None:
        store.create("a", b"1")
        url = store.signed_url("a", 60)
        assert (url is not None) == self.signs
        if url is not None:
            assert fetch(url) == b"1"

    def test_what_is_too_large_is_not_read_whole(self, store: ObjectStore) -> None:
        store.replace("small", b"12345")
        store.replace("large", b"123456")
        store.read_limit = 5
        assert store.read("small") == b"12345"
        with pytest.raises(StorageError, match="it has 6 bytes, and is read whole only up to 5"):
            store.read("large")
        assert b"".join(map(bytes, store.stream("large"))) == b"123456"

    def test_repr_and_url(self, store: ObjectStore) -> None:
        assert store.url("a/b") == f"{store.root}/a/b"
        assert store.root in repr(store)
