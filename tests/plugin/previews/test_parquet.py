"""Parquet: the first rows, of as many columns as can be read in part."""

from __future__ import annotations

import datetime as dt
import os
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.plugin.previews.support import preview, save

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.previews.support import CountingRemoteStore, CountingStore

MIB = 1024 * 1024


def write(store: CountingStore, path: str, columns: dict[str, Any], **options: Any) -> None:
    pq.write_table(pa.table(columns), store.folder / path, **options)


def incompressible(rows: int) -> pa.Table:
    """A table of about 1.6 KB a row that no compression makes smaller."""
    random = np.random.default_rng(0)
    data = random.bytes(rows * 1000)
    offsets = pa.py_buffer(np.arange(0, rows * 1000 + 1, 1000, dtype="i4"))
    return pa.table(
        {
            "id": random.integers(0, 2**63, rows),
            "payload": pa.Array.from_buffers(pa.binary(), rows, [None, offsets, pa.py_buffer(data)]),
            "flag": random.random(rows) > 0.5,
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(random.random(rows * 128, dtype="f4")), 128),
            "score": random.random(rows),
        }
    )


@pytest.mark.parametrize(
    ("megabytes", "groups"), [(64, 1), (64, 4), pytest.param(1024, 4, marks=pytest.mark.thorough)]
)
def test_of_a_large_file_less_than_2_mb_are_read(store: CountingStore, megabytes: int, groups: int) -> None:
    path = store.folder / "a.parquet"
    table = incompressible(megabytes * MIB // groups // 1600)
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(groups):
            writer.write_table(table, row_group_size=len(table))
    try:
        assert path.stat().st_size > 0.95 * megabytes * MIB
        found = preview(store, "a.parquet")
    finally:
        path.unlink()  # pytest keeps folders of tests for a while
    assert store.bytes_read < 2_000_000
    assert (found["total_rows"], found["total_columns"]) == (len(table) * groups, 5)
    flags = ["true" if flag else "false" for flag in table["flag"][:100].to_pylist()]
    assert [row[2] for row in found["rows"]] == flags
    assert [row[0] for row in found["rows"]] == [str(number) for number in table["id"][:100].to_pylist()]
    assert {row[1] for row in found["rows"]} == {None}
    assert "too large to be read in part" in found["note"]


def test_of_a_remote_file_less_than_2_mb_are_fetched(remote_store: CountingRemoteStore, tmp_path: Path) -> None:
    pq.write_table(incompressible(40_000), tmp_path / "a")
    remote_store.create("files/a", (tmp_path / "a").read_bytes())
    found = preview(remote_store, "a.parquet", key="files/a")
    assert {row[2] for row in found["rows"]} == {"true", "false"}


def test_small_columns_are_shown_before_large_ones(store: CountingStore) -> None:
    rows = 3000
    large = {f"large{n}": np.random.default_rng(n).bytes(400 * rows) for n in range(5)}
    columns = {
        name: pa.Array.from_buffers(
            pa.binary(),
            rows,
            [None, pa.py_buffer(np.arange(0, 400 * rows + 1, 400, dtype="i4")), pa.py_buffer(data)],
        )
        for name, data in large.items()
    }
    small = {f"small{n}": pa.array(range(rows)) for n in range(20)}
    write(store, "a.parquet", {**columns, **small})
    found = preview(store, "a.parquet")
    assert all(found["rows"][99][5:])
    assert [cell for cell in found["rows"][0][:5] if cell] == ["<400 bytes>"]
    assert found["note"] == "4 columns are left out: too large to be read in part."


def test_first_rows_come_from_several_row_groups(store: CountingStore) -> None:
    numbers = range(300)
    columns = {"a": list(numbers), "b": [[n] for n in numbers], "c": [[{"d": f"t{n}"}] for n in numbers]}
    write(store, "a.parquet", columns, row_group_size=7)
    found = preview(store, "a.parquet")
    assert found["rows"] == [[str(n), f"[{n}]", f'[{{"d": "t{n}"}}]'] for n in range(100)]
    assert (found["total_rows"], found["note"]) == (300, None)


def test_a_dictionary_may_end_anywhere(store: CountingStore) -> None:
    texts = [f"t{n}" for n in range(300)]
    columns = {"a": texts, "b": [[text, None] for text in texts]}
    write(store, "a.parquet", columns, dictionary_pagesize_limit=200, data_page_size=100, write_batch_size=13)
    found = preview(store, "a.parquet")
    assert found["rows"] == [[text, f'["{text}", null]'] for text in texts[:100]]


def test_of_thousands_of_row_groups_only_the_first_are_looked_at(store: CountingStore) -> None:
    write(store, "a.parquet", {"a": list(range(2500))}, row_group_size=1)
    found = preview(store, "a.parquet")
    assert (found["rows"], found["note"]) == ([[str(n)] for n in range(100)], None)


def test_of_the_last_row_group_only_the_rows_that_are_missing_are_wanted(store: CountingStore) -> None:
    tables = [pa.table({"a": [b"x"] * 99}), pa.table({"a": [os.urandom(100_000) for _ in range(100)]})]
    with pq.ParquetWriter(
        store.folder / "a.parquet", tables[0].schema, use_dictionary=False, data_page_size=1, write_batch_size=1
    ) as writer:
        for table in tables:
            writer.write_table(table)
    found = preview(store, "a.parquet")
    assert (found["rows"][98:], found["note"]) == ([["<1 bytes>"], ["<100000 bytes>"]], None)


def test_rows_that_the_footer_only_claims_are_empty(store: CountingStore) -> None:
    write(store, "a.parquet", {"a": list(range(10))})
    data = (store.folder / "a.parquet").read_bytes()
    place = -8 - struct.unpack("<I", data[-8:-4])[0]
    save(store, "a.parquet", data[:place] + data[place:].replace(b"\x16\x14", b"\x16\x16"))  # 11 for 10
    assert [row[0] for row in preview(store, "a.parquet")["rows"]] == [*map(str, range(10)), None]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (pa.string(), "text {} \ufffd"),
        (pa.large_string(), "text {} \ufffd"),
        (pa.large_binary(), "<{size} bytes>"),
        (pa.binary_view(), "<{size} bytes>"),
    ],
    ids=str,
)
def test_texts_that_repeat_the_one_before_are_shown(store: CountingStore, kind: pa.DataType, shown: str) -> None:
    texts = [b"text %d \xff" % n for n in range(20_000)]
    binary = pa.large_binary() if kind == pa.large_string() else pa.binary()
    column = pa.array(texts, binary).view(kind) if "string" in str(kind) else pa.array(texts, kind)
    options = {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}}
    write(store, "a.parquet", {"a": column}, **options)
    expected = [[shown.format(n, size=len(texts[n]))] for n in range(100)]
    assert preview(store, "a.parquet")["rows"] == expected


VALUES: dict[str, tuple[Any, list[str | None]]] = {
    "integer": (pa.array([1, None]), ["1", None]),
    "double": (pa.array([0.1, float("nan")]), ["0.1", "nan"]),
    "half": (pa.array(np.array([0.5, np.inf], "f2")), ["0.5", "inf"]),
    "boolean": (pa.array([True, False]), ["true", "false"]),
    "text": (pa.array(["é" * 501, ""]), ["é" * 500 + "…", ""]),
    "binary": (pa.array([b"abc", b""]), ["<3 bytes>", "<0 bytes>"]),
    "fixed binary": (pa.array([b"abc", None], pa.binary(3)), ["<3 bytes>", None]),
    "single": (pa.array([1e-7, 1e5], pa.float32()), ["1.0000000116860974e-07", "100000.0"]),
    "large binary": (pa.array([b"abc", None], pa.large_binary()), ["<3 bytes>", None]),
    "view of binary": (pa.array([b"abc", None], pa.binary_view()), ["<3 bytes>", None]),
    "null": (pa.nulls(2), [None, None]),
    "nanoseconds": (pa.array([1, None], pa.timestamp("ns")), ["1970-01-01 00:00:00.000000001", None]),
    "zone": (pa.array([dt.datetime(2020, 1, 1)] * 2, pa.timestamp("ms", "UTC")), ["2020-01-01 00:00:00.000Z"] * 2),
    "decimal": (pa.array([Decimal("1.50"), None]), ["1.50", None]),
    "dictionary": (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
    "dictionary of bytes": (pa.array([b"abc", None]).dictionary_encode(), ["<3 bytes>", None]),
    "list": (pa.array([[1.5, float("nan")], None]), ["[1.5, NaN]", None]),
    "struct": (pa.array([{"a": b"abc", "b": [None]}] * 2), ['{"a": "<3 bytes>", "b": [null]}'] * 2),
    "map": (pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())), ['[["k", 1]]', "[]"]),
    "long list": (pa.array([list(range(10_000)), [1]]), [str(list(range(250)))[:500] + "…", "[1]"]),
    "fixed list": (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), ["[1, 2]", None]),
    "large list": (pa.array([["é", None], []], pa.large_list(pa.string())), ['["é", null]', "[]"]),
    "list of lists": (pa.array([[[1], None], None]), ["[[1], null]", None]),
    "list of dates": (pa.array([[dt.date(2020, 1, 2)], [None]]), ['["2020-01-02"]', "[null]"]),
    "list of texts": (pa.array([["é" * 501], ["", None]]), ['["' + "é" * 498 + "…", '["", null]']),
    "list of bytes": (pa.array([[b"abc"], [None]]), ['["<3 bytes>"]', "[null]"]),
    "identifier": (pa.array([b"x" * 16, None], pa.uuid()), ["<16 bytes>", None]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_all_types_are_texts(store: CountingStore, name: str) -> None:
    array, expected = VALUES[name]
    write(store, "a.parquet", {"a": array})
    found = preview(store, "a.parquet")
    assert [row[0] for row in found["rows"]] == expected
    assert found["columns"] == [
        {"name": "a", "type": str(pq.read_schema(store.folder / "a.parquet").field(0).type)}
    ]


def test_values_that_python_does_not_hold_are_shown_too(store: CountingStore) -> None:
    far = pa.array([2**60, None], pa.timestamp("ms"))
    broken = pa.array([b"a\xff", None]).view(pa.string())
    write(store, "a.parquet", {"far": far, "in lists": pa.ListArray.from_arrays([0, 1, 2], far), "broken": broken})
    found = preview(store, "a.parquet")
    assert "1152921504606846976" in found["rows"][0][0]
    assert [found["rows"][0][1].count(end) for end in "[]"] == [1, 1]
    assert "1152921504606846976" in found["rows"][0][1]
    assert [row[2] for row in found["rows"]] == ["a\ufffd", None]


def test_names_are_kept_apart_whatever_they_are(store: CountingStore) -> None:
    table = pa.table([[1], [{"b": 2}], [3], [4], [5]], names=["a.b", "a", "x", "x", 'it\'s "<b>"'])
    pq.write_table(table, store.folder / "a.parquet")
    found = preview(store, "a.parquet")
    assert [column["name"] for column in found["columns"]] == table.column_names
    assert found["rows"] == [["1", '{"b": 2}', "3", "4", "5"]]


def test_an_answer_is_measured_in_bytes(store: CountingStore) -> None:
    write(store, "a.parquet", {f"c{n}": ["é" * 40] * 100 for n in range(100)})
    assert preview(store, "a.parquet")["rows"][0] == ["é" * 15 + "…"] * 100


def test_a_table_without_rows_has_its_columns(store: CountingStore) -> None:
    write(store, "a.parquet", {"a": pa.array([], pa.int64())})
    found = preview(store, "a.parquet")
    assert (found["columns"], found["rows"], found["total_rows"]) == ([{"name": "a", "type": "int64"}], [], 0)


@pytest.mark.parametrize("part", ["footer", "page header", "page", "magic", "end"])
def test_a_damaged_file_says_so(store: CountingStore, part: str) -> None:
    write(store, "a.parquet", {"a": list(range(1000))}, compression="none", use_dictionary=False)
    data = bytearray((store.folder / "a.parquet").read_bytes())
    damage = {"footer": slice(-300, -8), "page header": slice(4, 20), "magic": slice(-4, None)}
    if part == "page":
        write(
            store, "b.parquet", {"a": [str(n**50) for n in range(1000)]}, compression="zstd", use_dictionary=False
        )
        data = bytearray((store.folder / "b.parquet").read_bytes())
    if part == "end":
        del data[-1000:]
    else:
        place = damage.get(part, slice(100, 5000))
        data[place] = b"\xff" * len(data[place])
    save(store, "a.parquet", bytes(data))
    found = preview(store, "a.parquet")
    assert found["type"] == "none"
    assert "damaged" in found["reason"]


def test_an_encrypted_file_says_so(store: CountingStore) -> None:
    save(store, "a.parquet", b"PARE" + bytes(100) + b"\x08\0\0\0PARE")
    assert preview(store, "a.parquet") == {"type": "none", "reason": "The file is encrypted."}
