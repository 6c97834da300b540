"""Parts, memory and progress of large files."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from airflow_artifacts.storage import transfers
from airflow_artifacts.storage.transfers import (
    PART,
    Progress,
    RangeReader,
    fetch_parts,
    in_flight,
    part_size,
    parts_at_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
LIMIT = 128 * MIB


@pytest.mark.parametrize(
    ("size", "part"),
    [(0, PART), (PART + 1, PART), (10_000 * PART, PART), (10_000 * PART + 1, PART + MIB), (1 << 40, 105 * MIB)],
)
def test_no_file_has_more_parts_than_a_store_takes(size: int, part: int) -> None:
    assert part_size(size) == part
    assert -(-size // part) <= 10_000


def test_parts_in_flight_fit_into_memory() -> None:
    assert parts_at_once(1 << 30, LIMIT) == 8
    assert parts_at_once(1 << 30, LIMIT, 3) * 3 * PART <= LIMIT
    assert parts_at_once(PART + 1, LIMIT) == 2
    assert parts_at_once(1 << 30, 1) == 1


def test_transfers_wait_for_each_other_and_large_ones_have_their_turn() -> None:
    order = []

    def transfer(name: str, size: int) -> None:
        with in_flight(size, LIMIT):
            order.append(name)

    with in_flight(8 * PART, 8 * PART):
        threads = []
        for name, size in (("large", 1 << 30), ("small", 1)):
            threads.append(threading.Thread(target=lambda name=name, size=size: transfer(name, size)))
            threads[-1].start()
            time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert order == ["large", "small"]


def test_a_limit_smaller_than_a_part_stops_nothing() -> None:
    with in_flight(1 << 30, 1):
        assert transfers._memory._taken == PART
    assert transfers._memory._taken == 0


def test_parts_are_fetched_at_once_and_given_in_order() -> None:
    lock = threading.Lock()
    now = most = 0

    def fetch(start: int, end: int) -> bytes:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02 if start % (2 * PART) else 0.04)
        with lock:
            now -= 1
        return bytes([start // PART]) * (end - start)

    parts = [part[:1] for part in fetch_parts(fetch, 9 * PART + 1, Progress("Reading", 0), LIMIT)]
    assert parts == [bytes([number]) for number in range(10)]
    assert 1 < most <= LIMIT // PART // 3


def test_a_part_that_fails_ends_it_and_frees_the_memory() -> None:
    def fetch(start: int, end: int) -> bytes:
        if start:
            raise OSError("gone")
        return bytes(end)

    parts = fetch_parts(fetch, 5 * PART, Progress("Reading", 0), LIMIT)
    assert len(next(parts)) == PART
    with pytest.raises(OSError, match="gone"):
        next(parts)
    assert transfers._memory._taken == 0


def test_progress_is_logged_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = iter([0.0, 9.0, 10.0, 11.0, 20.0])
    monkeypatch.setattr("airflow_artifacts.storage.transfers.time.monotonic", lambda: next(clock))
    progress = Progress("Writing s3://bucket/a", 200 * MIB)
    with caplog.at_level("INFO"):
        for _ in range(4):
            progress.add(40 * MIB)
    assert [record.getMessage() for record in caplog.records] == [
        "Writing s3://bucket/a: 80 of 200 MiB done, 8.0 MiB/s, 15 s left",
        "Writing s3://bucket/a: 160 of 200 MiB done, 8.0 MiB/s, 5 s left",
    ]


class TestRangeReader:
    data = bytes(range(256)) * 40_000  # ten million

    @pytest.fixture
    def asked(self) -> list[tuple[int, int]]:
        return []

    @pytest.fixture
    def file(self, asked: list[tuple[int, int]]) -> Iterator[BinaryIO]:
        def fetch(start: int, end: int) -> bytes:
            asked.append((start, end))
            return self.data[start:end]

        with io.BufferedReader(RangeReader(fetch, len(self.data))) as file:
            yield cast("BinaryIO", file)

    def test_little_is_fetched_for_a_range(self, file: BinaryIO, asked: list[tuple[int, int]]) -> None:
        file.seek(5_000_000)
        assert file.read(10) == self.data[5_000_000:5_000_010]
        assert sum(end - start for start, end in asked) <= 300_000

    def test_what_is_read_in_order_comes_in_growing_pieces(
        self, file: BinaryIO, asked: list[tuple[int, int]]
    ) -> None:
        assert b"".join(iter(lambda: file.read(10_000), b"")) == self.data
        sizes = [end - start for start, end in asked]
        assert sizes[:-1] == sorted(sizes[:-1])
        assert len(sizes) < 8

    def test_seeking(self, file: BinaryIO) -> None:
        assert file.seek(-6, io.SEEK_END) == len(self.data) - 6
        assert file.read() == self.data[-6:]
        assert file.read() == b""
        file.seek(0)
        assert (file.read(3), file.seek(2, io.SEEK_CUR), file.read(1)) == (self.data[:3], 5, self.data[5:6])
        assert file.seekable()
        with pytest.raises(ValueError, match="no offset -1"):
            file.seek(-1)
        file.seek(3 * len(self.data))
        assert file.read(1) == b""
