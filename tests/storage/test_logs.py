"""A log has no gap, whoever dies or is overtaken, and is read with few requests."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import DamagedObjectError, ObjectExistsError, ObjectNotFoundError, StorageError
from airflow_artifacts.storage import LocalObjectStore, Log

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "registry/a"


class CountingStore(LocalObjectStore):
    """Counts what is asked of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.requests: list[str] = []

    def read(self, key: str) -> bytes:
        self.requests.append(key)
        return super().read(key)

    def create(self, key: str, data: bytes) -> None:
        self.requests.append(key)
        super().create(key, data)

    def replace(self, key: str, data: bytes) -> None:
        self.requests.append(key)
        super().replace(key, data)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path)


def fill(log: Log, entries: int) -> None:
    for _ in range(entries):
        log.append(lambda number: {"n": number})


def numbers(log: Log) -> list[int]:
    return [entry["n"] for entry in log.read_all()]


@pytest.mark.parametrize("entries", [0, 1, 2, 15, 16, 17, 31, 32, 255, 256, 257, 300])
def test_entries_come_back_in_order(store: CountingStore, entries: int) -> None:
    log = Log(store, PREFIX)
    fill(log, entries)
    other = Log(LocalObjectStore(store.folder), PREFIX)
    assert other.last() == entries
    assert numbers(other) == list(range(1, entries + 1))
    if entries:
        assert other.read(entries) == {"n": entries}
    with pytest.raises(ObjectNotFoundError):
        other.read(entries + 1)


def test_many_entries_are_read_with_few_requests(store: CountingStore) -> None:
    log = Log(store, PREFIX)
    fill(log, 600)
    store.requests.clear()
    assert len(numbers(log)) == 600
    assert len(store.requests) == 3 + 2 + 5 + 8, "last, two looks at entries, and 256+256+5*16+8 of them"
    store.requests.clear()
    assert log.last() == 600
    assert len(store.requests) == 3


def test_appending_costs_the_same_however_many_there_are(store: CountingStore) -> None:
    log = Log(store, PREFIX)
    costs = []
    for _ in range(512):
        store.requests.clear()
        log.append(lambda number: {"n": number})
        costs.append(len(store.requests))
    assert costs[:2] == [2, 6]
    assert {cost for number, cost in enumerate(costs, 1) if number % 16 and number > 2} == {4}
    assert sum(costs[256:]) == sum(costs[2:258]), "blocks included"


def test_only_the_entries_are_the_log(store: CountingStore) -> None:
    """A writer may die before it has written a block or the number, or write an old number."""
    log = Log(store, PREFIX)
    fill(log, 300)
    for damage in (
        lambda: store.delete_prefix(f"{PREFIX}/blocks"),
        lambda: store.delete(f"{PREFIX}/last"),
        lambda: store.replace(f"{PREFIX}/last", b"7"),
        lambda: store.replace(f"{PREFIX}/last", b"500"),
        lambda: store.replace(f"{PREFIX}/last", b"no number"),
        lambda: store.replace(f"{PREFIX}/last", b"9" * 5000),
        lambda: store.replace(f"{PREFIX}/blocks/1-256", b'{"n":1}'),
    ):
        damage()  # type: ignore[no-untyped-call]
        assert numbers(log) == list(range(1, 301))
        assert log.last() == 300
    assert log.append(lambda number: {"n": number}) == 301
    assert numbers(log) == list(range(1, 302))


def test_blocks_keep_the_brief_form_and_entries_all(store: CountingStore) -> None:
    log = Log(store, PREFIX, brief=lambda entry: {"n": entry["n"]})
    for _ in range(20):
        log.append(lambda number: {"n": number, "long": "x" * 1000})
    assert log.read_all() == [{"n": number} for number in range(1, 21)]
    assert len(log.read(3)["long"]) == 1000


def test_threads_share_a_log(store: CountingStore) -> None:
    counter = itertools.count()

    def write(_: int) -> list[int]:
        log = Log(LocalObjectStore(store.folder), PREFIX)
        return [log.append(lambda number: {"n": number, "id": next(counter)}) for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        given = [number for batch in pool.map(write, range(8)) for number in batch]
    assert sorted(given) == list(range(1, 161)), "each number once"
    assert numbers(Log(store, PREFIX)) == list(range(1, 161))


def test_an_entry_is_made_anew_for_each_number_that_is_tried(store: CountingStore) -> None:
    log = Log(store, PREFIX)
    tried = []

    def entry(number: int) -> dict[str, int]:
        tried.append(number)
        if len(tried) == 1:
            fill(Log(LocalObjectStore(store.folder), PREFIX), 3)
        return {"n": number, "me": 1}

    assert log.append(entry) == 4
    assert tried == [1, 4]
    assert [entry.get("me") for entry in log.read_all()] == [None, None, None, 1]


def test_an_entry_that_raises_leaves_nothing(store: CountingStore) -> None:
    def refuse(_: int) -> dict[str, int]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Log(store, PREFIX).append(refuse)
    assert store.list() == []


def test_a_lost_answer_makes_no_second_entry(store: CountingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    create = CountingStore.create

    def lossy(self: CountingStore, key: str, data: bytes) -> None:
        create(self, key, data)
        raise ObjectExistsError(self.url(key))  # what the second request of a client that tries again ends with

    monkeypatch.setattr(CountingStore, "create", lossy)
    assert Log(store, PREFIX).append(lambda _: {"me": 1}) == 1
    assert [info.key for info in store.list()] == [f"{PREFIX}/1"]


def test_what_only_saves_requests_may_fail(store: CountingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: CountingStore, key: str, data: bytes) -> None:
        raise StorageError("write", self.url(key), "the disk is full.")

    monkeypatch.setattr(CountingStore, "replace", fail)
    fill(Log(store, PREFIX), 33)
    assert numbers(Log(store, PREFIX)) == list(range(1, 34))


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_a_damaged_entry_is_named(store: CountingStore, content: bytes) -> None:
    store.create(f"{PREFIX}/1", content)
    log = Log(store, PREFIX)
    for read in (log.read_all, lambda: log.read(1)):
        with pytest.raises(DamagedObjectError) as caught:
            read()
        assert PREFIX in str(caught.value)


def test_no_entry_can_hold_what_json_has_not(store: CountingStore) -> None:
    entry: dict[str, Any] = {"x": float("nan")}
    with pytest.raises(ValueError, match="JSON"):
        Log(store, PREFIX).append(lambda _: entry)
    assert store.list() == []


def test_a_damaged_entry_does_not_undo_the_next_one(store: CountingStore) -> None:
    log = Log(store, PREFIX)
    fill(log, 14)
    store.replace(f"{PREFIX}/3", b"{garbage")
    fill(log, 3)
    assert log.last() == 17
    assert log.read(16) == {"n": 16}


def test_missing_blocks_do_not_multiply_threads(store: CountingStore) -> None:
    log = Log(store, PREFIX)
    fill(log, 700)
    store.delete_prefix(f"{PREFIX}/blocks")
    most = 0
    read = store.read

    def counted(key: str) -> bytes:
        nonlocal most
        most = max(most, threading.active_count())
        return read(key)

    store.read = counted  # type: ignore[method-assign]
    before = threading.active_count()
    assert len(numbers(log)) == 700
    assert most - before <= 8
