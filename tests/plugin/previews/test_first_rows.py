"""The first rows of an attempt: of whatever values, and without reading a part as a whole."""

from __future__ import annotations

import datetime as dt
import json
import os
import struct
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest

from airflow_artifacts.exceptions import DamagedObjectError, ObjectNotFoundError
from airflow_artifacts.plugin.previews import preview_rows
from airflow_artifacts.rows import load_manifest
from airflow_artifacts.rows.parts import HEADER, Frame, FrameCompressor
from airflow_artifacts.rows.refs import MANIFEST_NAME
from tests.plugin.previews.support import check
from tests.rows.support import write_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.plugin.previews.support import CountingRemoteStore, CountingStore


def first_rows(store: CountingStore | CountingRemoteStore, prefix: str = "files/a") -> dict[str, Any]:
    store.bytes_read = 0
    found = preview_rows(store, prefix)
    assert store.bytes_read <= 2_000_000
    check(found)
    return found


def test_the_first_50_rows_are_shown(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"n": n, **({"text": f"t{n}"} if n % 2 else {})} for n in range(1000)])
    found = first_rows(store)
    assert found["columns"] == [{"name": "n", "type": "integer"}, {"name": "text", "type": "text"}]
    assert found["rows"] == [[str(n), f"t{n}" if n % 2 else None] for n in range(50)]
    expected = ("rows", 1000, 2, None)
    assert (found["format"], found["total_rows"], found["total_columns"], found["note"]) == expected


def test_of_large_parts_only_the_first_frames_are_read(
    store: CountingStore, remote_store: CountingRemoteStore
) -> None:
    rows = [{"n": n, "data": os.urandom(10_000)} for n in range(2000)]
    for place in (store, remote_store):
        ref = write_rows(place, "files/a", rows)
        assert ref.size > 19_000_000
        found = first_rows(place)
        assert (len(found["rows"]), found["note"]) == (50, None)
        assert found["rows"][49] == ["49", "<10000 bytes>"]
    assert store.bytes_read < 700_000


def test_small_parts_are_read_one_after_the_other(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"n": n} for n in range(100)], part_bytes=1, batch=1)
    found = first_rows(store)
    assert found["rows"] == [[str(n)] for n in range(50)]


def test_rows_that_are_too_large_are_left_out(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"data": os.urandom(size)} for size in (200_000, 3_000_000)], batch=1)
    found = first_rows(store)
    assert (found["rows"], found["total_rows"]) == ([["<200000 bytes>"]], 2)
    assert found["note"] == "Rows that follow are left out: too large to be read in part."


def test_rows_that_would_unpack_to_much_are_left_out(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"data": bytes(50_000_000)}])
    assert first_rows(store)["rows"] == []


def write_frames(store: CountingStore, frames: list[Frame], *, rows: int = 50) -> None:
    """Write a part as nobody does."""
    write_rows(store, "files/a", [{"a": 1}] * rows)
    part_of(store).write_bytes(HEADER + b"".join(map(FrameCompressor().compress, frames)))


def peak_of(act: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def list_of(count: int, item: bytes) -> bytes:
    """A row with a list."""
    return b"\x91\x81\xa1a\xdd" + struct.pack(">I", count) + item * count


@pytest.mark.parametrize("frames", [1, 50])
@pytest.mark.parametrize("item", [b"\x80", b"\x81\xa0" * 50 + b"\x80"], ids=["maps", "maps in maps"])
def test_a_row_of_millions_of_maps_is_left_out(store: CountingStore, item: bytes, frames: int) -> None:
    write_frames(store, [Frame(1, list_of(2_000_000 // len(item), item))] * frames)
    assert peak_of(lambda: first_rows(store)) < 10_000_000
    found = first_rows(store)
    assert (found["rows"], found["note"]) == ([], "Rows that follow are left out: too large to be read in part.")


def test_all_frames_together_are_limited(store: CountingStore) -> None:
    body = b"\x91\x81\xa1a\xc6" + struct.pack(">I", 500_000) + bytes(500_000)
    write_frames(store, [Frame(1, body)] * 50)
    assert len(first_rows(store)["rows"]) == 3


def test_the_frames_of_all_parts_together_are_limited(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"a": bytes(500_000)}] * 10, part_bytes=1, batch=1)
    assert first_rows(store)["rows"] == [["<500000 bytes>"]] * 3


def test_frames_with_much_that_is_not_theirs_are_left_out(store: CountingStore) -> None:
    data = FrameCompressor().compress(Frame(1, b"\x91\x81\xa1a\x01"))
    counts = data.index(b"\x28\xb5\x2f\xfd") - 4  # where zstd begins; before it, how long it is
    (length,) = struct.unpack_from("<I", data, counts)
    junk = bytes(1_400_000)
    frame = data[:counts] + struct.pack("<I", length + len(junk)) + data[counts + 4 :] + junk
    write_rows(store, "files/a", [{"a": 1}])
    part_of(store).write_bytes(HEADER + frame)
    manifest = store.folder / "files/a" / MANIFEST_NAME
    content = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps({**content, "rows": 3, "parts": content["parts"] * 3}))
    assert first_rows(store)["rows"] == [["1"]]


def test_bytes_that_look_like_a_tuple_are_shown(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"a": b"\xc9\0\xff\xff\xff\x0a"}])
    assert first_rows(store)["rows"] == [["<6 bytes>"]]


@pytest.mark.parametrize("frame", [Frame(4_000_000, b"\xdd\0\x3d\x09\0" + b"\x80" * 10), Frame(0, b"\x90")])
def test_a_frame_of_other_rows_than_it_has_room_for_says_so(store: CountingStore, frame: Frame) -> None:
    write_frames(store, [frame] * 20_000)
    with pytest.raises(DamagedObjectError, match=r"a frame has \d+ rows in \d+ bytes"):
        first_rows(store)


@pytest.mark.parametrize("body", [b"\x91\x01", b"\x91\xa1a", b"\x81\xa1a\x01"])
def test_values_that_are_no_rows_say_so(store: CountingStore, body: bytes) -> None:
    write_frames(store, [Frame(1, body)])
    with pytest.raises(DamagedObjectError):
        first_rows(store)


@pytest.mark.parametrize("size", [1 << 20, 0x0A1000], ids=["a size", "a size with a line feed in it"])
def test_tuples_in_one_another_are_not_copied_hundreds_of_times(store: CountingStore, size: int) -> None:
    value = b"\xc6" + struct.pack(">I", size) + bytes(size)
    for _ in range(240):
        value = b"\xc9" + struct.pack(">I", len(value) + 1) + b"\x0a\x91" + value
    write_frames(store, [Frame(1, b"\x91\x81\xa1a" + value)])
    assert peak_of(lambda: first_rows(store)) < 20_000_000


def test_of_a_large_array_only_the_first_numbers_are_unpacked(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"a": np.zeros(1_500_000, "i1")}])
    assert peak_of(lambda: first_rows(store)) < 10_000_000
    assert first_rows(store)["rows"] == [[str([0] * 250)[:500] + "…"]]


@pytest.mark.thorough
@pytest.mark.parametrize("item", [b"\x80", b"\x81\xa0" * 50 + b"\x80", b"\xd4\x0b\x90"])
def test_what_is_just_not_left_out_takes_less_than_150_mb(store: CountingStore, item: bytes) -> None:
    write_frames(store, [Frame(1, list_of(1_570_000 // len(item), item))])
    assert peak_of(lambda: first_rows(store)) < 150_000_000
    assert len(first_rows(store)["rows"]) == 1


def test_parts_without_rows_are_not_all_opened(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"a": 1}])
    part_of(store).write_bytes(HEADER)
    manifest = store.folder / "files/a" / MANIFEST_NAME
    content = json.loads(manifest.read_bytes())
    content["parts"] = [{**content["parts"][0], "rows": 0}] * 20 + content["parts"]
    manifest.write_text(json.dumps(content))
    assert first_rows(store)["rows"] == []
    assert store.bytes_read == len(HEADER)


VALUES: list[tuple[Any, str | None, str]] = [
    (None, None, "null"),
    ("a\ud800", "a\ufffd", "text"),
    ("x" * 501, "x" * 500 + "…", "text"),
    ("\ud800" + "x" * 500, "\ufffd" + "x" * 499 + "…", "text"),
    (float("nan"), "nan", "number"),
    (2**70, str(2**70), "integer"),
    (16**9999, "0x1" + "0" * 497 + "…", "integer"),
    (b"abc", "<3 bytes>", "bytes"),
    (dt.datetime(2020, 1, 2, 3, tzinfo=dt.timezone.utc), "2020-01-02T03:00:00+00:00", "datetime"),
    (dt.date(2020, 1, 2), "2020-01-02", "date"),
    (dt.timedelta(hours=1), "1:00:00", "timedelta"),
    (Decimal("1.50"), "1.50", "Decimal"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001", "UUID"),
    (1 + 2j, "(1+2j)", "complex"),
    ((1, "a"), '[1, "a"]', "list"),
    ({"a": {1}, "b": b"x"}, '{"a": "[1]", "b": "<1 bytes>"}', "object"),
    ({(1, 2): 3}, "…", "object"),
    ({"a": 16**9999}, "…", "object"),
    (np.float32(0.5), "0.5", "float32"),
    (np.arange(3), "[0, 1, 2]", "int64[3]"),
    (np.zeros((100, 100), "f4"), ("[" + "0.0, " * 100)[:500] + "…", "float32[100, 100]"),
    ([[[]] * 200] * 3, str([[[]] * 200])[:-1][:500] + "…", "list"),
]


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_values_of_all_types_are_texts(store: CountingStore, number: int) -> None:
    value, expected, kind = VALUES[number]
    write_rows(store, "files/a", [{"a": value}])
    found = first_rows(store)
    shown = found["rows"][0][0]
    assert shown == expected if expected != "…" else shown.endswith("…")
    assert found["columns"] == [{"name": "a", "type": kind}]


def test_types_are_those_that_were_seen(store: CountingStore) -> None:
    write_rows(store, "files/a", [{"a": 1}, {"a": "x"}, {"a": None}, {"b": True}])
    assert [column["type"] for column in first_rows(store)["columns"]] == ["integer | text", "boolean"]


def test_of_many_columns_the_first_are_shown(store: CountingStore) -> None:
    write_rows(store, "files/a", [{f"it's <{n}>": n for n in range(10_000)}])
    found = first_rows(store)
    assert (len(found["columns"]), found["total_columns"]) == (100, 10_000)


def test_no_rows_are_a_table_too(store: CountingStore) -> None:
    write_rows(store, "files/a", [])
    found = first_rows(store)
    assert (found["columns"], found["rows"], found["total_rows"], found["note"]) == ([], [], 0, None)


def test_an_attempt_that_is_missing_is_the_error_of_the_store(store: CountingStore) -> None:
    with pytest.raises(ObjectNotFoundError):
        first_rows(store)
    write_rows(store, "files/a", [{"a": 1}])
    part_of(store).unlink()
    with pytest.raises(ObjectNotFoundError):
        first_rows(store)


def part_of(store: CountingStore) -> Path:
    (part,) = load_manifest(store, "files/a").parts
    return store.folder / "files/a/rows" / part.name


@pytest.mark.parametrize("place", [slice(0, 1), slice(16, 20), slice(40, 60), slice(20, None), slice(60, None)])
def test_a_damaged_part_says_so(store: CountingStore, place: slice) -> None:
    write_rows(store, "files/a", [{"a": n, "text": "x" * n} for n in range(100)])
    data = bytearray(part_of(store).read_bytes())
    data[place] = b"" if place.stop is None else b"\xff" * len(data[place])
    part_of(store).write_bytes(data)
    with pytest.raises(DamagedObjectError):
        first_rows(store)
