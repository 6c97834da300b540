"""Small files of a store far away are read several at once, into the same archive, in bounded memory."""

from __future__ import annotations

import io
import threading
import time
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from fsspec.implementations.memory import MemoryFileSystem

from airflow_artifacts.exceptions import ArtifactsError
from airflow_artifacts.plugin.content import Note
from airflow_artifacts.plugin.content.archives import zip_parts
from airflow_artifacts.plugin.content.parts import PART
from airflow_artifacts.storage.objects import MemoryObjectStore
from tests.plugin.content.support import (
    LARGE,
    SAVED_AT,
    eventually,
    member,
    receive,
    running,
    saved,
    served,
    stalled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_artifacts.plugin.content import Member
    from airflow_artifacts.storage import ObjectStore

BYTES_AT_ONCE, FILES_AT_ONCE, THREADS = 4 * PART, 32, 8


class FarStore(MemoryObjectStore):
    """A store whose reads take their time, and that knows of them."""

    def __init__(self) -> None:
        name = f"far-{uuid.uuid4().hex}"
        super().__init__(f"memory://{name}", MemoryFileSystem(), f"/{name}")
        self.wait: Callable[[str], object] = lambda _: time.sleep(0.01)
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.readers: set[int] = set()
        self.most = self.bytes = 0
        self._counting = threading.Lock()

    @property
    def under_way(self) -> int:
        return len(self.begun) - len(self.ended)

    def _read(self, path: str, limit: int | None = None) -> Any:
        return self._watched(path, lambda: super(FarStore, self)._read(path, limit))

    def _fetch(self, path: str, start: int, end: int) -> Any:
        return self._watched(path, lambda: super(FarStore, self)._fetch(path, start, end))

    def _watched(self, path: str, read: Callable[[], Any]) -> Any:
        key = path.rpartition("/")[2]
        with self._counting:
            self.begun.append(key)
            self.readers.add(threading.get_ident())
            self.most = max(self.most, self.under_way)
        data = b""
        try:
            self.wait(key)
            data = read()
        finally:
            with self._counting:
                self.ended.append(key)
                self.bytes += len(data)
        return data


@pytest.fixture
def far() -> Iterator[FarStore]:
    store = FarStore()
    yield store
    for info in store.list():
        store.delete(info.key)


def wait_for(far: FarStore, key: str, other: str) -> None:
    """Let the read of a key end after that of another one."""

    def wait(which: str) -> None:
        if which == key:
            eventually(lambda: other in far.ended, 20)

    far.wait = wait


def many(count: int, size: int) -> dict[str, bytes]:
    return {f"{number:03}": (b"%03d" % number + LARGE[:size])[:size] for number in range(count)}


def members_of(store: ObjectStore, files: Mapping[str, bytes]) -> list[Member]:
    return [member(store, saved(store, key, data)) for key, data in files.items()]


def reading_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


MIXED = {
    **many(20, 5_000),
    "empty": b"",
    "a whole part": LARGE[:PART],
    "large": LARGE[: PART + 1],
    "between": b"1",
    "larger": LARGE[: 3 * PART],
    "after": LARGE[:900_000],
    "last": b"2",
}


@pytest.mark.parametrize(
    "files", [MIXED, many(40, 0), many(1, 10), many(1, 0), many(33, 1), many(9, PART)], ids=len
)
def test_the_archive_is_the_same_in_whatever_order_reads_end(
    local: ObjectStore, far: FarStore, files: dict[str, bytes]
) -> None:
    note = Note("NOTE.txt", b"of these", SAVED_AT)
    if len(files) > 1:
        wait_for(far, "000", "001")
    parts = b"".join(zip_parts([*members_of(far, files), note]))
    assert parts == b"".join(zip_parts([*members_of(local, files), note]))
    with zipfile.ZipFile(io.BytesIO(parts)) as archive:
        assert archive.namelist() == [*files, "NOTE.txt"]
        assert all(archive.read(path) == data for path, data in files.items())


def test_several_are_read_at_once_and_no_more(far: FarStore) -> None:
    files = many(100, 1_000)
    list(zip_parts(members_of(far, files)))
    assert 1 < far.most <= THREADS
    assert sorted(far.begun) == list(files), "each is read once"


@pytest.mark.parametrize(("count", "size"), [(80, 150_000), (30, 400_000), (16, PART)])
def test_what_is_read_and_not_taken_is_bounded(far: FarStore, count: int, size: int) -> None:
    members, threads, given, held = members_of(far, many(count, size)), threading.enumerate(), 0, []
    for part in zip_parts(members):
        given += len(part)
        held.append(far.bytes - given)
        assert far.under_way == 0, "who takes nothing makes nobody read"
        assert set(threading.enumerate()) <= set(threads)
    assert PART < max(held) <= BYTES_AT_ONCE + PART


def test_few_are_read_at_once_however_small(far: FarStore) -> None:
    parts = zip_parts(members_of(far, many(100, 40_000)))
    next(parts)
    assert len(far.begun) == FILES_AT_ONCE
    parts.close()


@pytest.mark.parametrize("files", [many(1, 1_000), many(3, PART + 1)], ids=["single", "large"])
def test_what_is_alone_is_read_by_who_takes_it(far: FarStore, files: dict[str, bytes]) -> None:
    list(zip_parts([*members_of(far, files), Note("NOTE.txt", b"of these", SAVED_AT)]))
    assert far.readers == {threading.get_ident()}


def test_files_on_a_disk_are_read_by_who_takes_them(local: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    readers, stream = [], local.stream

    def watched(key: str) -> Any:
        readers.append(threading.get_ident())
        return stream(key)

    monkeypatch.setattr(local, "stream", watched)
    list(zip_parts(members_of(local, many(10, 1_000))))
    assert readers == 10 * [threading.get_ident()]


def damage(far: FarStore, key: str) -> None:
    far.replace(key, b"x" * len(far.read(key)))


def fail(far: FarStore, key: str) -> None:
    def wait(which: str) -> None:
        if which == key:
            raise OSError("the line is dead")

    far.wait = wait


@pytest.mark.parametrize(("harm", "problem"), [(damage, "SHA-256"), (fail, "the line is dead")])
def test_an_error_in_the_middle_breaks_the_archive_off(
    far: FarStore, caplog: pytest.LogCaptureFixture, harm: Callable[[FarStore, str], None], problem: str
) -> None:
    members = members_of(far, many(100, 100_000))
    whole = b"".join(zip_parts(members))
    harm(far, "050")
    far.begun.clear()
    far.ended.clear()
    with running(served(far, members[0].file, members=members)) as url:
        received, error = receive(f"{url}/archive")
    assert "without sending complete message body" in str(error)
    assert PART <= len(received) < 50 * 100_000
    assert whole.startswith(received)
    assert not zipfile.is_zipfile(io.BytesIO(received))
    (text,) = [text for text in caplog.messages if "broken off" in text]
    assert far.url("050") in text
    assert problem in text
    assert len(far.begun) <= 2 * FILES_AT_ONCE
    assert far.under_way == 0


def test_of_several_errors_the_first_in_order_is_raised(far: FarStore) -> None:
    members = members_of(far, many(20, 1_000))
    damage(far, "003")
    damage(far, "005")
    wait_for(far, "003", "005")
    with pytest.raises(ArtifactsError, match="/003 "):
        list(zip_parts(members))
    assert far.under_way == 0


def test_an_error_among_the_first_is_an_answer(far: FarStore) -> None:
    members = members_of(far, many(20, 100_000))
    damage(far, "019")
    answer = TestClient(served(far, members[0].file, members=members)).get("/app/archive")
    assert answer.status_code == 502
    assert far.url("019") in answer.json()["detail"]


def test_nothing_is_read_for_a_client_that_takes_nothing(far: FarStore) -> None:
    members = members_of(far, many(400, 100_000))
    with running(served(far, members[0].file, members=members)) as url:
        with stalled(url, "/archive"):
            time.sleep(1)  # until the server waits
            begun = len(far.begun)
            time.sleep(0.3)
            assert len(far.begun) == begun < len(members)
            assert reading_threads() == []
        time.sleep(0.3)
        assert len(far.begun) == begun


def test_a_client_that_goes_away_ends_the_reading(far: FarStore) -> None:
    members, may_go_on = members_of(far, many(200, 20_000)), threading.Event()
    far.wait = lambda key: key < "064" or may_go_on.wait(20)
    with running(served(far, members[0].file, members=members)) as url:
        with stalled(url, "/archive") as connection:
            left = PART - 110_000  # the server goes on once it has sent the first part
            while left > 0:
                left -= len(connection.recv(left))
            eventually(lambda: far.under_way == THREADS)
        time.sleep(0.3)  # until the server knows
        may_go_on.set()
        eventually(lambda: not reading_threads())
        assert far.under_way == 0
        time.sleep(0.3)
        assert len(far.begun) <= 4 * FILES_AT_ONCE, "those of the part that was begun"
        assert receive(f"{url}/file") == (far.read("000"), None)
