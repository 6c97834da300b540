"""Rows through the store: exact, in any batches, from any start, in bounded memory, with no thread left behind."""

from __future__ import annotations

import gc
import hashlib
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from airflow_artifacts.exceptions import (
    DamagedObjectError,
    ObjectExistsError,
    ObjectNotFoundError,
    StorageError,
    UnsupportedValueError,
)
from airflow_artifacts.rows import Manifest, Rows, RowsRef, RowsWriter, columns, read_rows, writing
from airflow_artifacts.storage import LocalObjectStore, ObjectStore, open_store
from tests.rows.support import ROWS, is_same, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path)


@pytest.fixture
def tiny_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_FRAME_BYTES", 64)


@pytest.fixture(autouse=True)
def no_thread_lives_on() -> Iterator[None]:
    yield
    gc.collect()
    deadline = time.monotonic() + 5
    while threads := ours():
        assert time.monotonic() < deadline, threads
        time.sleep(0.01)


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("airflow-artifacts")]


def numbers(count: int) -> list[dict[str, Any]]:
    return [{"n": n, "text": "x" * (n % 40)} for n in range(count)]


def part_names(store: ObjectStore, ref: RowsRef) -> list[str]:
    return [part.name for part in ref.manifest(store).parts]


@given(ROWS, st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 100, 10_000]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_come_back_exactly(
    tiny_frames: None, rows: list[dict[str, Any]], batch: int, size: int, part_bytes: int
) -> None:
    store = open_store(f"memory://{time.monotonic_ns()}")
    found = Rows(store, [write_rows(store, "a", rows, batch=batch, part_bytes=part_bytes)])
    assert len(found) == len(rows)
    assert is_same(list(found), rows)
    batches = list(found.batches(size))
    assert is_same([row for items in batches for row in items], rows)
    assert [len(items) for items in batches[:-1]] == [size] * len(batches[:-1])
    assert set(found.columns) == {column for row in rows for column in row}
    store.delete_prefix("a")


@pytest.mark.usefixtures("tiny_frames")
def test_batches_at_every_boundary(store: LocalObjectStore) -> None:
    counts = (0, 1, 13, 0, 30)
    refs = [write_rows(store, f"a{n}", numbers(count), batch=7, part_bytes=150) for n, count in enumerate(counts)]
    rows = [row for count in counts for row in numbers(count)]
    assert len(refs[4].manifest(store).parts) > 2
    everything = Rows(store, refs)
    for size, start in itertools.product((1, 2, 6, 7, 8, 13, 44, 45), range(46)):
        expected = [rows[begin : begin + size] for begin in range(start, len(rows), size)]
        assert list(everything.batches(size, start=start)) == expected, (size, start)
    assert everything.columns == {"n": 44, "text": 44}
    assert list(everything.batches(5, start=1000)) == []


@pytest.mark.parametrize(("size", "start"), [(0, 0), (-1, 0), (1, -1)])
def test_batches_that_are_not_possible(store: LocalObjectStore, size: int, start: int) -> None:
    with pytest.raises(ValueError, match="not possible"):
        Rows(store, []).batches(size, start=start)


@pytest.mark.usefixtures("tiny_frames")
def test_parts_before_the_start_are_not_read(store: LocalObjectStore) -> None:
    ref = write_rows(store, "a", numbers(300), part_bytes=1, batch=10)
    for part in ref.manifest(store).parts:
        if part.end < 200 or (part.end == 200 and "open" not in part.name):
            store.delete(f"a/rows/{part.name}")
    assert [row["n"] for batch in Rows(store, [ref]).batches(30, start=200) for row in batch] == [*range(200, 300)]


def test_zero_rows_and_one_row(store: LocalObjectStore) -> None:
    with RowsWriter(store, "none") as writer:
        writer.write([])
        writer.mark(10)
        none = writer.commit(producer={}, step={})
    one = write_rows(store, "one", [{}])
    assert (list(Rows(store, [none])), list(Rows(store, [one]))) == ([], [{}])
    assert none.manifest(store).parts == ()


@pytest.mark.usefixtures("tiny_frames")
def test_names_of_parts_say_what_input_they_cover(store: LocalObjectStore) -> None:
    long = {"text": os.urandom(40).hex()}
    with RowsWriter(store, "a", part_bytes=200) as writer:
        for done, count in ((10, 1), (20, 30), (30, 0), (40, 1), (50, 1), (60, 1)):
            writer.write([long] * count if count != 30 else [{"text": os.urandom(40).hex()} for _ in range(30)])
            writer.mark(done)
        ref = writer.commit(producer={}, step={})
    parts = ref.manifest(store).parts
    assert sum(part.rows for part in parts) == 34
    assert [part.name.split("-")[0] for part in parts] == [f"{n:06d}" for n in range(len(parts))]
    assert (parts[0].start, parts[-1].end) == (0, 60)
    for before, after in itertools.pairwise(parts):
        assert before.end == after.start, "parts are contiguous"
    is_open = [part.name.endswith("-open.rows") for part in parts]
    assert any(is_open), "a part ended within the output of the second batch"
    for part, within in zip(parts, is_open, strict=True):
        assert part.name.endswith(f"-{part.start}-{part.end}{'-open' if within else ''}.rows")
    for part, within in zip(parts, is_open, strict=True):
        if not within:  # then exactly the output of the input before its end is in the parts up to it
            upto = sum(other.rows for other in parts if other.name <= part.name)
            assert upto == {10: 1, 20: 31, 30: 31, 40: 32, 50: 33, 60: 34}[part.end]


@pytest.mark.usefixtures("tiny_frames")
def test_large_output_of_every_batch_still_ends_at_boundaries(store: LocalObjectStore) -> None:
    rows = [{"text": os.urandom(30).hex()} for _ in range(60)]
    ref = write_rows(store, "a", rows, batch=3, part_bytes=250)
    assert not any("open" in name for name in part_names(store, ref))


def test_rows_are_encoded_before_write_returns(store: LocalObjectStore) -> None:
    row = {"a": [1]}
    with RowsWriter(store, "a") as writer:
        writer.write([row])
        row["a"].append(2)
        ref = writer.commit(producer={}, step={})
    assert list(Rows(store, [ref])) == [{"a": [1]}]


def test_rows_may_be_mappings_and_models(store: LocalObjectStore) -> None:
    class Row(BaseModel):
        a: int = 1

    from types import MappingProxyType

    ref = write_rows(store, "a", [Row(), MappingProxyType({"b": 2})])  # type: ignore[list-item]
    assert list(Rows(store, [ref])) == [{"a": 1}, {"b": 2}]
    for bad in (["a"], [None], [[("a", 1)]]):
        with pytest.raises(UnsupportedValueError, match="Row 0 cannot"):
            write_rows(store, "bad", bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("column", [1, None, b"a", ("a",)])
def test_names_of_columns_are_texts(store: LocalObjectStore, column: Any) -> None:
    with pytest.raises(UnsupportedValueError, match="has to be a str") as caught:
        write_rows(store, "a", [{"a": 1}] * 7 + [{column: 1}])
    assert (caught.value.row, caught.value.column) == (7, column)


def test_every_row_with_other_columns(store: LocalObjectStore) -> None:
    rows = [{f"c{n}-{m}": n for m in range(10)} for n in range(1500)]
    found = Rows(store, [write_rows(store, "a", rows)])
    assert found.columns == {f"c{n}-{m}": 1 for n in range(1500) for m in range(10)}
    assert list(found) == rows


def test_ten_thousand_columns_in_changing_order(store: LocalObjectStore) -> None:
    names = [f"c{n}" for n in range(10_000)]
    rows = [dict.fromkeys(names[n:] + names[:n], n) for n in range(30)]
    found = Rows(store, [write_rows(store, "a", rows)])
    assert found.columns == dict.fromkeys(names, 30)
    assert list(found.columns) == names


def test_too_many_columns_are_refused(store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_COLUMNS_LIMIT", 100)
    monkeypatch.setattr(columns, "_PENDING_LIMIT", 100)
    with pytest.raises(UnsupportedValueError, match="more than 100 columns"):
        write_rows(store, "a", [{f"c{n}": 1} for n in range(300)])


def test_a_refused_row_closes_the_writer(store: LocalObjectStore) -> None:
    with RowsWriter(store, "a") as writer:
        with pytest.raises(UnsupportedValueError):
            writer.write([{"a": 1}, {"a": object()}])
        with pytest.raises(ValueError, match="takes no more"):
            writer.commit(producer={}, step={})
    assert store.list() == []


def test_writing_after_the_end_is_an_error(store: LocalObjectStore) -> None:
    with RowsWriter(store, "a") as writer:
        writer.commit(producer={}, step={})
        with pytest.raises(ValueError, match="takes no more"):
            writer.write([{"a": 1}])
        with pytest.raises(ValueError, match="takes no more"):
            writer.mark(1)
    with pytest.raises(ValueError, match="takes no more"):
        writer.commit(producer={}, step={})


def test_one_attempt_commits_once(store: LocalObjectStore) -> None:
    write_rows(store, "a", [])
    with pytest.raises(ObjectExistsError, match=r"manifest\.json"):
        write_rows(store, "a", numbers(1))


class ForgetfulStore(LocalObjectStore):
    """Loses the answer to what it creates, so that its client asks again, and is told that it is there."""

    def create(self, key: str, data: bytes) -> None:
        super().create(key, data)
        raise ObjectExistsError(self.url(key))


def test_a_lost_answer_does_not_fail_the_attempt(tmp_path: Path, tiny_frames: None) -> None:
    store = ForgetfulStore(tmp_path)
    ref = write_rows(store, "a", numbers(100), part_bytes=1)
    assert len(part_names(store, ref)) > 1
    assert list(Rows(store, [ref])) == numbers(100)


def test_a_part_of_somebody_else_is_not_taken_for_ours(store: LocalObjectStore) -> None:
    name = part_names(store, write_rows(store, "a", numbers(10)))[0]
    store.create(f"b/rows/{name}", b"other bytes")
    with pytest.raises(ObjectExistsError, match=name):
        write_rows(store, "b", numbers(10))
    assert store.read(f"b/rows/{name}") == b"other bytes"


class FailingStore(LocalObjectStore):
    """Fails, or waits, when the part with a number is stored."""

    def __init__(self, folder: Path, number: int, wait: threading.Event | None = None) -> None:
        super().__init__(folder)
        self.number = number
        self.wait = wait

    def create(self, key: str, data: bytes) -> None:
        if f"/{self.number:06d}-" in key:
            if self.wait is None:
                raise StorageError("create", self.url(key), "the disk is on fire")
            assert self.wait.wait(20)
        super().create(key, data)


@pytest.mark.usefixtures("tiny_frames")
@pytest.mark.parametrize("number", [0, 1, 7])
def test_a_store_that_fails_stops_the_writer(tmp_path: Path, number: int) -> None:
    store = FailingStore(tmp_path, number)
    with pytest.raises(StorageError, match="on fire"):
        write_rows(store, "a", numbers(5000), part_bytes=200)
    assert not store.exists("a/manifest.json")
    assert len(store.list()) == number


@pytest.mark.usefixtures("tiny_frames")
def test_a_store_that_fails_at_the_end_fails_the_commit(tmp_path: Path) -> None:
    store = FailingStore(tmp_path, 0)
    with RowsWriter(store, "a") as writer:
        writer.write(numbers(3))
        with pytest.raises(StorageError, match="on fire"):
            writer.commit(producer={}, step={})
    assert store.list() == []


@pytest.mark.usefixtures("tiny_frames")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_of_the_step_leaves_no_manifest_and_no_thread(
    store: LocalObjectStore, error: type[BaseException]
) -> None:
    with pytest.raises(error), RowsWriter(store, "a", part_bytes=100) as writer:  # noqa: PT012
        writer.write(numbers(1000))
        raise error
    assert ours() == [], "the threads ended with the context"
    assert not store.exists("a/manifest.json")


@pytest.mark.usefixtures("tiny_frames", "interrupts")
def test_an_interrupt_while_the_queue_is_full(tmp_path: Path) -> None:
    import _thread

    release = threading.Event()
    store = FailingStore(tmp_path, 0, release)
    threading.Timer(0.3, _thread.interrupt_main).start()
    threading.Timer(0.8, release.set).start()
    with pytest.raises(KeyboardInterrupt), RowsWriter(store, "a", part_bytes=100) as writer:
        writer.write(numbers(5000))
    assert not store.exists("a/manifest.json")


@pytest.mark.usefixtures("tiny_frames")
def test_a_hanging_store_does_not_hang_who_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_artifacts.rows.background._PATIENCE", 0.1)
    release = threading.Event()
    start = time.monotonic()
    with RowsWriter(FailingStore(tmp_path, 0, release), "a", part_bytes=100) as writer:
        writer.write(numbers(10))
        writer.mark(10)
    assert time.monotonic() - start < 5
    release.set()


@pytest.mark.usefixtures("tiny_frames")
def test_a_forgotten_writer_ends_its_threads(store: LocalObjectStore) -> None:
    writer = RowsWriter(store, "a", part_bytes=100)
    writer.write(numbers(100))
    assert ours()
    del writer  # the fixture sees that the threads end


@pytest.mark.usefixtures("tiny_frames")
def test_a_forgotten_reader_ends_its_thread(store: LocalObjectStore) -> None:
    rows = Rows(store, [write_rows(store, "a", numbers(2000), part_bytes=500)])
    for iterator in (iter(rows), rows.batches(10)):
        next(iterator)
        assert ours()
    for row in rows:
        assert row
        break


def test_several_writers_at_once(store: LocalObjectStore) -> None:
    payloads = [[{"n": n, "text": f"{k}" * 200 + os.urandom(30).hex()} for n in range(3000)] for k in range(4)]
    refs: dict[int, RowsRef] = {}

    def write(k: int) -> None:
        refs[k] = write_rows(store, f"w{k}", payloads[k], part_bytes=20_000)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, payload in enumerate(payloads):
        assert list(Rows(store, [refs[k]])) == payload


def test_writing_in_a_forked_process(store: LocalObjectStore, tmp_path: Path) -> None:
    write_rows(store, "parent", numbers(100))
    process = multiprocessing.get_context("fork").Process(target=write_rows, args=(store, "child", numbers(1000)))
    process.start()
    process.join(30)
    assert process.exitcode == 0
    assert store.exists("child/manifest.json")


def test_the_garbage_collector_stays_as_it_was(store: LocalObjectStore) -> None:
    rows = Rows(store, [write_rows(store, "a", numbers(10))])
    assert list(rows)
    assert gc.isenabled()
    gc.disable()
    try:
        list(rows)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.fixture
def written(store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch) -> RowsRef:
    monkeypatch.setattr(writing, "_FRAME_BYTES", 500)
    return write_rows(store, "a", numbers(400), part_bytes=2000)


def spoil(store: LocalObjectStore, key: str, content: bytes) -> None:
    store.replace(key, content)


@pytest.mark.parametrize("how", ["flip", "truncate", "empty", "append", "swap", "text"])
def test_nothing_of_a_damaged_part_is_handed_out(store: LocalObjectStore, written: RowsRef, how: str) -> None:
    first, second = (f"a/rows/{name}" for name in part_names(store, written)[:2])
    data = store.read(second)
    spoiled = {
        "flip": data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
        "truncate": data[:-1],
        "empty": b"",
        "append": data + data[16:],
        "swap": store.read(first),
        "text": b"no rows at all",
    }
    spoil(store, second, spoiled[how])
    expected = written.manifest(store).parts[0].rows
    seen = []
    with pytest.raises(DamagedObjectError, match="000001-") as caught:  # noqa: PT012
        for row in Rows(store, [written]):
            seen.append(row)  # noqa: PERF402
    assert seen == numbers(400)[:expected]
    assert caught.value.url == store.url(second)


def test_a_part_whose_sum_is_right_and_whose_content_is_not(store: LocalObjectStore, written: RowsRef) -> None:
    good = store.read(f"a/rows/{part_names(store, written)[0]}")
    for content in (
        b"no rows",
        good[:-1],
        good[:16] + b"\0" * 20,
        good[:28] + b"\xff" * 4 + good[32:],
        good[:24] + b"\x01\0\0\0" + good[28:],
        good[:40],
        good[:33] + b"\0\0\0\0" + good[37:],
        good + good[16:],
    ):
        manifest = json.loads(store.read("a/manifest.json"))
        manifest["parts"][0]["sha256"] = hashlib.sha256(content).hexdigest()
        data = json.dumps(manifest).encode()
        ref = RowsRef("a", written.rows, written.size, hashlib.sha256(data).hexdigest())
        store.replace("a/manifest.json", data)
        spoil(store, f"a/rows/{manifest['parts'][0]['name']}", content)
        with pytest.raises(DamagedObjectError, match="000000-"):
            list(Rows(store, [ref]))


def test_missing_objects(store: LocalObjectStore, written: RowsRef) -> None:
    store.delete(f"a/rows/{part_names(store, written)[1]}")
    with pytest.raises(ObjectNotFoundError, match="000001-"):
        list(Rows(store, [written]))
    store.delete("a/manifest.json")
    with pytest.raises(ObjectNotFoundError, match=r"manifest\.json"):
        list(Rows(store, [written]))


def test_read_rows_for_people(store: LocalObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = write_rows(store, "a", numbers(5))
    assert list(read_rows(ref.to_xcom(), root=str(tmp_path))) == numbers(5)
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", tmp_path.as_uri())
    both = read_rows([ref.to_xcom(), ref])
    assert list(both) == numbers(5) * 2
    assert [manifest.rows for manifest in both.manifests] == [5, 5]
    assert isinstance(both.manifests[0], Manifest)


_MEMORY = """
import sys
from pathlib import Path
from airflow_artifacts.rows import Rows, RowsWriter
from airflow_artifacts.storage import LocalObjectStore

def peak():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024

store = LocalObjectStore(Path(sys.argv[1]))
count, width = int(sys.argv[2]), int(sys.argv[3])
rows = [{"n": n, "text": chr(97 + n % 26) * width} for n in range(count)] if width < 1000 else [
    {"n": n, "data": bytes(width)} for n in range(count)]
before = peak()
with RowsWriter(store, "a") as writer:
    writer.write(rows)
    writer.mark(count)
    ref = writer.commit(producer={}, step={})
assert sum(1 for _ in Rows(store, [ref])) == count
print(peak() - before)
"""


@pytest.mark.parametrize(("count", "width", "limit"), [(1_000_000, 20, 60), (60, 5_000_000, 160)])
def test_memory_is_bounded(tmp_path: Path, count: int, width: int, limit: int) -> None:
    command = [sys.executable, "-c", _MEMORY, str(tmp_path), str(count), str(width)]
    done = subprocess.run(
        command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    assert int(done.stdout) < limit
