"""The reader of a part: no byte twice, none that exceeds the budget, from whatever store."""

from __future__ import annotations

import errno
import io
import os
import time
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_artifacts.exceptions import ObjectNotFoundError, StorageError
from airflow_artifacts.plugin.previews import preview_file
from airflow_artifacts.plugin.previews.reading import BudgetExceeded, BudgetReader
from airflow_artifacts.storage import LocalObjectStore
from tests.plugin.previews.support import save

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.previews.support import CountingRemoteStore, CountingStore

DATA = os.urandom(3_000_000)


def test_what_is_read_is_read_once(store: CountingStore) -> None:
    save(store, "file", DATA)
    with BudgetReader(store, "file") as reader:
        assert reader.fetch(1000, 2000) == DATA[1000:2000]
        assert reader.fetch(3000, 4000) == DATA[3000:4000]
        assert reader.fetch(500, 4500) == DATA[500:4500]
        assert reader.fetch(500, 4500) == DATA[500:4500]
    assert store.bytes_read == 4000


def test_thousands_of_pieces_are_found_at_once(store: CountingStore) -> None:
    save(store, "file", DATA)
    starts = [number * 37 % 100_000 for number in range(5_000)]
    start = time.process_time()
    with BudgetReader(store, "file") as reader:
        for _ in range(3):
            assert all(reader.fetch(at * 10, at * 10 + 5) == DATA[at * 10 : at * 10 + 5] for at in starts)
        assert store.bytes_read == 25_000
        assert reader.fetch(0, 1_000_000) == DATA[:1_000_000]
    assert store.bytes_read == 1_000_000
    assert time.process_time() - start < 2


def test_what_is_wanted_soon_is_read_too(store: CountingStore) -> None:
    save(store, "file", DATA)
    with BudgetReader(store, "file") as reader:
        assert reader.fetch(100, 110, ahead=1000) == DATA[100:110]
        assert reader.fetch(105, 106, ahead=2000) == DATA[105:106]
        assert store.bytes_read == 900


def test_it_is_a_file(store: CountingStore) -> None:
    save(store, "file", DATA)
    with BudgetReader(store, "file") as reader:
        assert (reader.readable(), reader.seekable(), reader.size) == (True, True, len(DATA))
        assert reader.read(10) == DATA[:10]
        assert (reader.seek(5, io.SEEK_CUR), reader.tell()) == (15, 15)
        assert reader.read(10) == DATA[15:25]
        assert reader.seek(-10, io.SEEK_END) == len(DATA) - 10
        assert (reader.read(), reader.read(1)) == (DATA[-10:], b"")
        with pytest.raises(ValueError, match="no offset"):
            reader.seek(-1)


def test_a_read_that_exceeds_the_budget_reads_nothing(store: CountingStore) -> None:
    save(store, "file", DATA)
    with BudgetReader(store, "file", 1000) as reader:
        reader.fetch(0, 600)
        with pytest.raises(BudgetExceeded):
            reader.fetch(600, 1001)
        assert store.bytes_read == 600
        assert reader.fetch(600, 1000) == DATA[600:1000]


@pytest.mark.parametrize("step", [1000, 100_000, 300_000, 700_000])
@pytest.mark.parametrize("order", [1, -1, 7])
def test_a_remote_store_fetches_no_more_than_the_budget(
    remote_store: CountingRemoteStore, step: int, order: int
) -> None:
    remote_store.create("files/a", DATA)
    starts = list(range(0, len(DATA), step))
    with BudgetReader(remote_store, "files/a", 2_000_000) as reader:
        for number in range(min(len(starts), 1000)):
            start = starts[number * order % len(starts)]
            try:
                assert reader.fetch(start, start + step) == DATA[start : start + step]
            except BudgetExceeded:
                break
        assert remote_store.bytes_read == 2_000_000 - reader.left
    assert 700_000 <= remote_store.bytes_read <= 2_000_000


def test_all_that_is_opened_is_closed(remote_store: CountingRemoteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    remote_store.create("files/a", DATA)
    opened: list[Any] = []
    really = remote_store.open

    def keep(key: str) -> BinaryIO:
        file = cast("io.BufferedReader", really(key))
        opened.append(file.raw)
        return file

    monkeypatch.setattr(remote_store, "open", keep)
    with BudgetReader(remote_store, "files/a") as reader:
        assert b"".join(reader.read(400_000) for _ in range(4)) == DATA[:1_600_000]
    assert [file.closed for file in opened] == [True] * 4


class ShortFile(io.FileIO):
    """A file that gives a few bytes at a time, as files may."""

    def read(self, size: int | None = -1) -> Any:
        return super().read(min(size or 0, 1000))


class ShortStore(LocalObjectStore):
    def open(self, key: str) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(ShortFile(self._path(key))))


def test_a_file_that_gives_a_little_at_a_time_is_read_on(store: CountingStore) -> None:
    save(store, "file", DATA)
    with BudgetReader(ShortStore(store.folder), "file", 9000) as reader:
        assert reader.fetch(100, 9100) == DATA[100:9100]
        assert reader.left == 0


def test_errors_are_those_of_the_store(store: CountingStore, remote_store: CountingRemoteStore) -> None:
    for missing_in in (store, remote_store):
        with pytest.raises(ObjectNotFoundError):
            BudgetReader(missing_in, "files/none")


def test_a_file_that_gets_shorter_meanwhile_is_an_error(store: CountingStore) -> None:
    save(store, "file", DATA)
    with BudgetReader(store, "file") as reader:
        save(store, "file", b"")
        with pytest.raises(StorageError, match="cut while it was read"):
            reader.fetch(0, 10)


class BrokenFile(io.FileIO):
    """A file on a disk that can no longer be read from an offset on."""

    def read(self, size: int | None = -1) -> Any:
        if self.tell() < 500:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(-1 if size is None else size)


class BrokenStore(LocalObjectStore):
    def open(self, key: str) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(BrokenFile(self._path(key))))


@pytest.mark.parametrize("path", ["a.parquet", "a.csv", "a.npy", "a.txt"])
def test_a_disk_that_fails_is_an_error_of_the_store(tmp_path: Path, path: str) -> None:
    pq.write_table(pa.table({"a": list(range(20_000))}), tmp_path / path)  # whose end can be read
    store = BrokenStore(tmp_path)
    with pytest.raises(StorageError, match=f"Could not read .*{path}.*Input/output error"):
        preview_file(store, path, path=path, size=1, media_type=None, facts={})
