"""What is kept is read again when it is no longer fresh, by one thread at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.artifacts.catalogue import Catalogue, Query
from airflow_artifacts.artifacts.records import now
from airflow_artifacts.artifacts.watched import Refreshed, refreshing
from airflow_artifacts.exceptions import StorageError
from tests.artifacts.support import new_store
from tests.artifacts.test_catalogue import add, anyone, found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Source:
    """Counts how often it is read, takes some time by its own clock, and fails if it is told to."""

    def __init__(self, taking: float = 0.0) -> None:
        self.time = 100.0
        self.count = 0
        self.taking = taking
        self.is_broken = False
        self.refreshed = Refreshed("The source", self.read, lambda: self.time)

    def read(self) -> int:
        self.count += 1
        self.time += self.taking
        if self.is_broken:
            raise StorageError("read", "memory://x", f"it is broken ({self.count})")
        return self.count


class CountedLock:
    """A lock that counts who wants it, and for how long they would wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.lock = threading.Lock()

    def acquire(self, *, blocking: bool = True, timeout: float = -1) -> bool:
        self.waits.append(timeout)
        return self.lock.acquire(blocking=blocking, timeout=timeout)

    def release(self) -> None:
        self.lock.release()


@contextmanager
def one_that_reads(source: Source) -> Iterator[None]:
    """Have a thread read, which does not end before this does."""
    is_reading, may_end = threading.Event(), threading.Event()
    original = source.refreshed._read

    def slow() -> int:
        is_reading.set()
        assert may_end.wait(20)
        source.time += 0.1
        return original()

    source.refreshed._read = slow
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(source.refreshed.get)
        assert is_reading.wait(20)
        yield
        may_end.set()
        assert reader.result(20).value == source.count
    source.refreshed._read = original


@pytest.mark.parametrize(("taking", "fresh"), [(0.0, 1.0), (0.1, 1.0), (0.5, 2.5), (60.0, 300.0)])
def test_it_is_fresh_for_a_second_or_five_times_what_reading_takes(taking: float, fresh: float) -> None:
    source = Source(taking)
    began = source.time
    assert source.refreshed.get().value == 1
    source.time = began + fresh
    assert source.refreshed.get().value == 1
    source.time = began + fresh + 0.01
    assert source.refreshed.get().value == 2
    assert source.refreshed.get().value == 2


def test_refresh_reads_whatever_there_is() -> None:
    source = Source()
    assert source.refreshed.as_of is None
    source.refreshed.refresh()
    first = source.refreshed.as_of
    source.refreshed.refresh()
    assert source.refreshed.get().value == source.count == 2
    assert first is not None
    assert source.refreshed.as_of is not None
    assert first <= source.refreshed.as_of == source.refreshed.get().as_of


def test_it_is_as_of_the_moment_when_reading_began() -> None:
    source = Source()
    read_at: list[str] = []

    def read() -> int:
        read_at.append(now())
        return 1

    source.refreshed._read = read
    assert source.refreshed.get().as_of <= read_at[0]


def test_while_one_thread_reads_others_get_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_WAIT_SECONDS", 60.0)  # longer than the one that reads waits here
    source = Source()
    source.refreshed.get()
    source.time += 2
    is_reading, may_end = threading.Event(), threading.Event()
    original = source.refreshed._read

    def slow() -> int:
        is_reading.set()
        assert may_end.wait(20)
        return original()

    source.refreshed._read = slow
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(source.refreshed.get)
        assert is_reading.wait(20)
        assert source.refreshed.get().value == 1
        may_end.set()
        assert reader.result(20).value == 2


@pytest.mark.parametrize(("taking", "old"), [(0.0, 5.0), (2.0, 50.0)])
def test_who_would_get_what_is_old_waits_for_the_one_that_reads(taking: float, old: float) -> None:
    source, lock = Source(taking), CountedLock()
    source.refreshed._reading = lock  # type: ignore[assignment]
    began = source.time
    source.refreshed.get()
    source.time = began + old + 0.01
    with ThreadPoolExecutor(1) as pool:
        with one_that_reads(source):
            waiting = pool.submit(source.refreshed.get)
            while len(lock.waits) < 3:
                time.sleep(0.001)
            assert not waiting.done()
        assert waiting.result(20).value == source.count == 2


def test_who_waited_gets_what_is_old_where_the_store_fails() -> None:
    source = Source()
    source.refreshed.get()
    source.time += 60
    source.is_broken = True
    assert source.refreshed.get().value == 1


@pytest.mark.parametrize(("taking", "old"), [(0.0, 5.0), (2.0, 50.0)])
def test_nobody_waits_for_a_look_that_is_slow_at_last_where_all_the_time_somebody_asks(
    taking: float, old: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "_WAIT_SECONDS", 60.0)  # longer than the one that reads waits here
    source = Source(taking)
    began = source.time
    source.refreshed.get()
    source.time = began + old
    with one_that_reads(source):
        for _ in range(3):
            assert source.refreshed.get().value == 1
            source.time += 60


def test_once_somebody_waited_in_vain_nobody_waits_for_that_look(monkeypatch: pytest.MonkeyPatch) -> None:
    source, lock = Source(), CountedLock()
    source.refreshed._reading = lock  # type: ignore[assignment]
    monkeypatch.setattr(refreshing, "_WAIT_SECONDS", 0.01)
    for _ in range(2):
        found = source.refreshed.get().value
        source.time += 60
        lock.waits.clear()
        with one_that_reads(source):
            assert [source.refreshed.get().value for _ in range(3)] == [found] * 3
        assert lock.waits == [0.01, 0.01, 0, 0]  # the first is the one that reads
        source.time += 60


@pytest.mark.parametrize("is_broken", [False, True])
def test_where_there_is_nothing_yet_all_wait_for_the_one_that_reads(is_broken: bool) -> None:
    source = Source()
    source.is_broken = is_broken
    is_reading, may_end = threading.Event(), threading.Event()
    original, lock = source.refreshed._read, CountedLock()
    source.refreshed._reading = lock  # type: ignore[assignment]

    def slow() -> int:
        is_reading.set()
        assert may_end.wait(20)
        source.time += 0.5
        return original()

    source.refreshed._read = slow

    def get() -> object:
        try:
            return source.refreshed.get().value
        except StorageError as error:
            return str(error)

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(get)
        assert is_reading.wait(20)
        source.time += 0.1
        others = [pool.submit(get) for _ in range(4)]
        while len(lock.waits) < 5:
            time.sleep(0.001)
        may_end.set()
        results = [first.result(20), *(each.result(20) for each in others)]
    assert source.count == 1
    assert len(set(results)) == 1


def test_nobody_waits_for_very_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_WAIT_SECONDS", 0.01)
    source = Source()
    begin = time.monotonic()
    with source.refreshed._reading, pytest.raises(StorageError, match=r"The source.*it takes long"):
        source.refreshed.get()
    assert time.monotonic() - begin < 5
    assert source.refreshed.get().value == 1


def test_a_store_that_fails_later_leaves_what_there_was(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    source.refreshed.get()
    as_of = source.refreshed.as_of
    source.is_broken = True
    for _ in range(3):
        source.time += 2
        assert source.refreshed.get().value == 1
        source.refreshed.refresh()
    assert source.refreshed.as_of == as_of
    assert source.refreshed.is_failing
    (warning,) = [each.getMessage() for each in caplog.records]
    assert warning.startswith("The source is not up to date: ")
    source.is_broken = False
    source.time += 2
    assert source.refreshed.get().value == source.count == 8
    assert not source.refreshed.is_failing


def test_a_store_that_fails_at_first_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    source.is_broken = True
    for count in (1, 2):
        with pytest.raises(StorageError, match=rf"it is broken \({count}\)"):
            source.refreshed.get()
    with pytest.raises(StorageError, match=r"it is broken \(3\)"):
        source.refreshed.refresh()
    source.is_broken = False
    assert source.refreshed.get().value == 4
    assert caplog.records == [], "whoever asked has been told"


def test_an_error_of_the_program_is_not_kept() -> None:
    source = Source()
    source.refreshed.get()
    source.time += 2
    source.refreshed._read = lambda: 1 // 0
    with pytest.raises(ZeroDivisionError):
        source.refreshed.get()
    assert source.refreshed.get().value == 1


def test_who_waited_for_an_error_of_the_program_does_not_try_in_turn() -> None:
    source, lock = Source(), CountedLock()
    source.refreshed._reading = lock  # type: ignore[assignment]
    is_reading, may_end, count = threading.Event(), threading.Event(), [0]

    def read() -> int:
        count[0] += 1
        is_reading.set()
        assert may_end.wait(20)
        source.time += 0.5
        return 1 // 0

    source.refreshed._read = read
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(source.refreshed.get)
        assert is_reading.wait(20)
        other = pool.submit(source.refreshed.get)
        while len(lock.waits) < 2:
            time.sleep(0.001)
        may_end.set()
        with pytest.raises(ZeroDivisionError):
            first.result(20)
        with pytest.raises(RuntimeError, match="The source was not read"):
            other.result(20)
    assert count == [1]


def test_one_thread_at_a_time_refreshes() -> None:
    source, inside, most = Source(), [0], [0]

    def slow() -> int:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        inside[0] -= 1
        return 1

    source.refreshed._read = slow
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(source.refreshed.refresh) for _ in range(4)]:
            each.result(20)
    assert most == [1]


def test_the_catalogue_says_when_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("local", tmp_path)
    catalogue = Catalogue(store)
    assert catalogue.as_of is None
    add(store, "a")
    assert catalogue.find(Query(), anyone).as_of == catalogue.as_of
    assert catalogue.find(Query(), anyone).total == 1
    add(store, "b")
    monkeypatch.setattr(store, "list", lambda _: 1 // 0)
    assert catalogue.find(Query(), anyone).total == 1, "it is fresh"
    monkeypatch.undo()
    assert len(found(catalogue)) == 2


def test_a_store_that_cannot_be_listed_is_an_error_only_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store("local", tmp_path)
    add(store, "a")

    def fail(prefix: str) -> None:
        raise StorageError("list", store.url(prefix), "it is down")

    with monkeypatch.context() as patch:
        patch.setattr(store, "list", fail)
        catalogue = Catalogue(store)
        with pytest.raises(StorageError, match="it is down"):
            catalogue.refresh()
        with pytest.raises(StorageError, match="it is down"):
            catalogue.find(Query(), anyone)
        assert catalogue.is_failing
    assert found(catalogue) == ["a@1"]
    assert not catalogue.is_failing
    monkeypatch.setattr(store, "list", fail)
    assert found(catalogue) == ["a@1"]
