"""Files that were made to do harm: each is answered at once, and takes little memory."""

from __future__ import annotations

import json
import os
import struct
import time
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.plugin.previews.support import facts_of, preview, save

if TYPE_CHECKING:
    from tests.plugin.previews.support import CountingStore

GB = 1_000_000_000
POOLS: list[pa.MemoryPool] = []  # kept, because Arrow may give memory back to one at any time


class Limits:
    """Previews a file, and sees to it that this takes little."""

    def __init__(self, store: CountingStore) -> None:
        self.store = store

    def preview(self, path: str, **options: Any) -> dict[str, Any]:
        start = time.process_time()
        found = preview(self.store, path, **options)
        assert time.process_time() - start < 2
        pool = pa.proxy_memory_pool(pa.default_memory_pool())
        POOLS.append(pool)
        pa.set_memory_pool(pool)
        tracemalloc.start()
        try:
            assert preview(self.store, path, **options) == found
            assert tracemalloc.get_traced_memory()[1] < 32_000_000
            assert (pool.max_memory() or 0) < 64_000_000
        finally:
            tracemalloc.stop()
            pa.set_memory_pool(pa.default_memory_pool())
        return found

    def sparse(self, path: str, start: bytes = b"", end: bytes = b"") -> None:
        with (self.store.folder / path).open("wb") as file:
            file.write(start)
            file.truncate(GB)
            file.seek(GB - len(end))
            file.write(end)


@pytest.fixture
def hostile(store: CountingStore) -> Limits:
    return Limits(store)


def test_a_csv_of_10_000_columns(store: CountingStore, hostile: Limits) -> None:
    line = ",".join(map(str, range(10_000)))
    save(store, "a.csv", f"{line}\n".encode() * 200)
    found = hostile.preview("a.csv")
    assert (len(found["columns"]), found["total_columns"], len(found["rows"])) == (100, 10_000, 9)


def test_a_csv_of_one_line_of_1_gb(hostile: Limits) -> None:
    hostile.sparse("a.csv", b"x" * 600_000)
    found = hostile.preview("a.csv")
    assert (found["columns"][0]["name"], found["total_rows"]) == ("x" * 300 + "…", None)
    hostile.sparse("b.csv", b"a,b\n")
    assert hostile.preview("b.csv")["type"] == "none"


@pytest.mark.parametrize("pattern", [b'"', b'",', b"'\"", b',"\n', b'""', b";,|\t", b"\n", b"\r"])
def test_a_csv_whose_delimiter_is_hard_to_find(store: CountingStore, hostile: Limits, pattern: bytes) -> None:
    save(store, "a.csv", pattern * (600_000 // len(pattern)))
    assert hostile.preview("a.csv")["type"] in {"table", "text"}


@pytest.mark.parametrize(
    "text",
    [b'"a",1\n' + b'"' * 4000 + b"x\n", b'"a",1\n' + b"',\"" * 4000, b"\xff" * 600_000, b"\xff," * 300_000],
    ids=["quotes", "mixed quotes", "no text", "no texts"],
)
def test_a_csv_for_which_csv_sniffer_takes_minutes(store: CountingStore, hostile: Limits, text: bytes) -> None:
    save(store, "a.csv", text)
    assert hostile.preview("a.csv")["type"] in {"table", "none", "text"}


def test_a_text_of_1_gb(hostile: Limits) -> None:
    hostile.sparse("a.txt", b"x" * 300_000)
    assert hostile.preview("a.txt")["is_cut"]


@pytest.mark.parametrize("path", ["a.json", "a.jsonl", "a.yaml"])
@pytest.mark.parametrize("ends", [b"[]", b'{"a":}'], ids=["lists", "objects"])
def test_a_json_nested_10_000_deep(store: CountingStore, hostile: Limits, path: str, ends: bytes) -> None:
    save(store, path, ends[:-1] * 10_000 + b"1" + ends[-1:] * 10_000)
    assert hostile.preview(path)["type"] in {"json", "code", "yaml"}


def test_json_lines_nested_as_deep_as_they_can_be_read(store: CountingStore, hostile: Limits) -> None:
    save(store, "a.jsonl", b'{"a":' + b"[" * 900 + b"]" * 900 + b"}\n")
    found = hostile.preview("a.jsonl")
    assert found["type"] == "code" or found["rows"] == [["[" * 500 + "…"]]


def test_json_lines_with_a_line_of_10_mb(store: CountingStore, hostile: Limits) -> None:
    long = json.dumps({"a": "x" * 10_000_000}).encode()
    save(store, "a.jsonl", long + b'\n{"a": 1}\n')
    found = hostile.preview("a.jsonl")
    assert (found["type"], found["language"], found["is_cut"]) == ("code", "json", True)
    save(store, "b.jsonl", b'{"a": 1}\n' + long)
    assert hostile.preview("b.jsonl")["rows"] == [["1"]]


def test_json_lines_of_many_keys(store: CountingStore, hostile: Limits) -> None:
    save(
        store,
        "a.jsonl",
        b"".join(json.dumps({f"{n} {k}": k for k in range(300)}).encode() + b"\n" for n in range(90)),
    )
    found = hostile.preview("a.jsonl")
    assert (len(found["columns"]), found["total_columns"]) == (100, 27_000)


@pytest.mark.parametrize(("columns", "kind"), [(6000, "table"), (10_000, "none")])
def test_a_parquet_of_thousands_of_columns(store: CountingStore, hostile: Limits, columns: int, kind: str) -> None:
    table = pa.table({f"c{n}": pa.array([1, 2]) for n in range(columns)})
    pq.write_table(table, store.folder / "a.parquet")
    del table
    found = hostile.preview("a.parquet")
    assert found["type"] == kind
    if kind == "table":
        assert (found["total_columns"], found["rows"][1]) == (columns, ["2"] * 100)
    else:
        assert "too many for a preview" in found["reason"]


@pytest.mark.parametrize("length", [0, 5000, 1_000_000, 2**32 - 1])
def test_a_parquet_of_garbage(store: CountingStore, hostile: Limits, length: int) -> None:
    save(store, "a.parquet", b"PAR1" + os.urandom(1_500_000) + struct.pack("<I", length) + b"PAR1")
    assert hostile.preview("a.parquet")["type"] == "none"


def test_a_parquet_of_1_gb_without_anything(hostile: Limits) -> None:
    hostile.sparse("a.parquet", b"PAR1", struct.pack("<I", 2000) + b"PAR1")
    assert hostile.preview("a.parquet")["type"] == "none"


def varint(number: int) -> bytes:
    return b"" if number < 0 else bytes([number & 127 | 128 * (number > 127)]) + varint((number >> 7) or -1)


def thrift_list(kind: int, items: list[bytes], declared: int | None = None) -> bytes:
    return bytes([0xF0 | kind]) + varint(len(items) if declared is None else declared) + b"".join(items)


def thrift_text(text: bytes) -> bytes:
    return varint(len(text)) + text


def parquet_of(footer: bytes) -> bytes:
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


# Fields of FileMetaData, each preceded by its head: version 1, a schema of an integer "a" in "r", no rows.
ROOT = b"\x48\x01r\x15\x02\0"
START = b"\x15\x02\x19" + thrift_list(12, [ROOT, b"\x15\x02\x25\x02\x18\x01a\0"]) + b"\x16\0\x19"


@pytest.mark.parametrize(
    "rest",
    [
        thrift_list(12, [], declared=999_999),
        thrift_list(12, [b"\x19" + thrift_list(12, [], declared=999_999)]),
        thrift_list(12, [b"\x19" + thrift_list(12, [b"\x26\0\0"] * 450_000) + b"\x16\0\x16\0\0"]) + b"\0",
    ],
    ids=["row groups", "columns", "empty columns"],
)
def test_a_parquet_whose_footer_claims_much(store: CountingStore, hostile: Limits, rest: bytes) -> None:
    save(store, "a.parquet", parquet_of(START + rest + bytes(20)))
    assert "Exceeded size limit" in hostile.preview("a.parquet")["reason"]


def test_a_parquet_whose_schema_has_much_of_nothing(store: CountingStore, hostile: Limits) -> None:
    save(store, "a.parquet", parquet_of(b"\x15\x02\x19" + thrift_list(12, [b"\0"] * 1_000_000)))
    assert hostile.preview("a.parquet")["reason"] == "Its directory is too large for a preview."


@pytest.mark.parametrize("name", [b"x" * 1_000_000, b"x." * 99 + b"x" * 10_000], ids=["long", "dots"])
def test_a_parquet_whose_paths_are_long_altogether(store: CountingStore, hostile: Limits, name: bytes) -> None:
    leaves = [b"\x15\x02\x25\x02\x18" + thrift_text(b"%d" % n) + b"\0" for n in range(2000)]
    group = b"\x48" + thrift_text(name) + b"\x15" + varint(4000) + b"\0"
    schema = thrift_list(12, [ROOT, group, *leaves])
    save(store, "a.parquet", parquet_of(b"\x15\x02\x19" + schema + b"\x16\0\x19\x0c\0"))
    assert hostile.preview("a.parquet")["reason"] == "Its columns are nested too deep for a preview."


def test_a_parquet_of_thousands_of_empty_pages(store: CountingStore, hostile: Limits) -> None:
    pq.write_table(pa.table({"a": [1]}), store.folder / "a.parquet", use_dictionary=False)
    data = (store.folder / "a.parquet").read_bytes()
    page = b"\x15\0\x15\0\x15\0\x2c\x15\0\x15\0\x15\x06\x15\x06\0\0"
    pages = page * 6000
    footer = pq.read_metadata(store.folder / "a.parquet").row_group(0)
    size, start = footer.column(0).total_compressed_size, footer.column(0).data_page_offset
    footer_bytes = data[-8 - struct.unpack("<I", data[-8:-4])[0] : -8]
    # Size and offset of the first column, as Thrift writes them.
    old, new = b"\x16" + varint(2 * size), b"\x16" + varint(2 * len(pages))
    assert footer_bytes.count(old + b"\x26" + varint(2 * start)) == 1
    footer_bytes = footer_bytes.replace(old + b"\x26" + varint(2 * start), new + b"\x26" + varint(8))
    save(store, "a.parquet", b"PAR1" + pages + footer_bytes + struct.pack("<I", len(footer_bytes)) + b"PAR1")
    found = hostile.preview("a.parquet")
    assert (found["rows"], found["note"]) == ([[None]], "1 column is left out: too large to be read in part.")
    assert store.bytes_read < 300_000


def test_a_parquet_with_a_value_that_unpacks_to_much(store: CountingStore, hostile: Limits) -> None:
    columns = {"bomb": ["x" * 40_000_000, "y"], "n": [1, 2]}
    for options in ({"use_dictionary": False}, {"use_dictionary": True}):
        pq.write_table(pa.table(columns), store.folder / "a.parquet", compression="zstd", **options)
        found = hostile.preview("a.parquet")
        assert found["rows"] == [[None, "1"], [None, "2"]]
        assert found["note"] == "1 column is left out: too large to be read in part."


def test_a_parquet_with_lists_that_unpack_to_much(store: CountingStore, hostile: Limits) -> None:
    values = pa.array(np.zeros(20_000_000, "i1"))
    column = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    pq.write_table(pa.table({"bomb": column, "n": [1]}), store.folder / "a.parquet", compression="zstd")
    del values, column
    assert hostile.preview("a.parquet")["rows"] == [[None, "1"]]


def lists(rows: int, values: pa.Array) -> pa.Array:
    """Lists of equally many of some values."""
    return pa.ListArray.from_arrays(pa.array(np.linspace(0, len(values), rows + 1), pa.int32()), values)


TEXT = "x" * 2_000_000


def test_a_parquet_with_a_large_entry_in_a_dictionary(store: CountingStore, hostile: Limits) -> None:
    pq.write_table(pa.table({"bomb": ["x" * 20_000_000, "y"], "n": [1, 2]}), store.folder / "a.parquet")
    assert hostile.preview("a.parquet")["rows"] == [[None, "1"], [None, "2"]]


def test_a_parquet_with_a_dictionary_of_many_entries(store: CountingStore, hostile: Limits) -> None:
    table = pa.table({"a": [str(n) for n in range(300_000)]})
    pq.write_table(table, store.folder / "a.parquet", compression="zstd", dictionary_pagesize_limit=8_000_000)
    del table
    assert hostile.preview("a.parquet")["rows"] == [[str(n)] for n in range(100)]


@pytest.mark.parametrize(
    ("text", "count"), [("\1" * 6_000_000, 30), ("\1" * 8000, 60_000)], ids=["large", "many values"]
)
def test_a_parquet_with_lists_of_one_text_of_a_dictionary(
    store: CountingStore, hostile: Limits, text: str, count: int
) -> None:
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, "i4")), pa.array([text]))
    table = pa.table({"a": lists(2, values)})
    pq.write_table(table, store.folder / "a.parquet", store_schema=False, row_group_size=1)
    assert hostile.preview("a.parquet")["rows"] == [['["' + r"\u0001" * 83 + "…"]] * 2
    # The same, saying of one row group that it has an encoding whose texts cannot be left in a dictionary.
    data = (store.folder / "a.parquet").read_bytes()
    assert data.count(b"\x19\x35\0\x06\x10") == 2
    save(store, "a.parquet", data.replace(b"\x19\x35\0\x06\x10", b"\x19\x35\0\x06\x0e", 1))
    assert hostile.preview("a.parquet")["rows"] == [[None]] * 2


@pytest.mark.parametrize("rows", [["x" * 6_000_000] * 12, [[TEXT] * 100]], ids=["texts", "lists"])
def test_a_parquet_of_texts_that_repeat_the_one_before(
    store: CountingStore, hostile: Limits, rows: list[Any]
) -> None:
    encoding = {"a" if isinstance(rows[0], str) else "a.list.element": "DELTA_BYTE_ARRAY"}
    options = {"use_dictionary": False, "column_encoding": encoding}
    pq.write_table(pa.table({"a": rows}), store.folder / "a.parquet", compression="zstd", **options)
    found = hostile.preview("a.parquet")
    assert found["rows"] == [[None]] * len(rows)
    assert found["note"] == "1 column is left out: too large to be read in part."
    pq.write_table(pa.table({"a": [row[:1] for row in rows]}), store.folder / "a.parquet", **options)
    assert None not in hostile.preview("a.parquet")["rows"][0]


def test_a_parquet_of_structs_with_large_texts(store: CountingStore, hostile: Limits) -> None:
    table = pa.table({"a": [{name: name * 2_000_000 for name in "abcd"}] * 12})
    pq.write_table(table, store.folder / "a.parquet")
    del table
    assert hostile.preview("a.parquet")["rows"][0] == ['{"a": "' + "a" * 493 + "…"]


def test_a_parquet_of_many_large_texts(store: CountingStore, hostile: Limits) -> None:
    table = pa.table({f"c{n}": [TEXT] * 10 for n in range(10)})
    pq.write_table(table, store.folder / "a.parquet", compression="zstd", use_dictionary=False)
    del table
    assert hostile.preview("a.parquet")["rows"][9] == ["x" * 500 + "…"] * 10


def test_a_parquet_with_lists_in_lists(store: CountingStore, hostile: Limits) -> None:
    column = lists(1, lists(1, pa.array(np.arange(1_900_000) // 1000 + 1000, pa.int32())))
    pq.write_table(pa.table({"a": column}), store.folder / "a.parquet", compression="zstd")
    assert hostile.preview("a.parquet")["rows"] == [["[" + str([1000] * 100)[:499] + "…"]]


def test_a_parquet_with_many_pages_of_lists(store: CountingStore, hostile: Limits) -> None:
    column = lists(40, pa.array(np.zeros(40 * 1_900_000, "i1")))
    pq.write_table(pa.table({"a": column}), store.folder / "a.parquet", compression="zstd", row_group_size=1)
    del column
    assert hostile.preview("a.parquet")["rows"] == [[None]] * 40


def test_a_parquet_with_lists_of_values_of_a_fixed_length(store: CountingStore, hostile: Limits) -> None:
    values = pa.array([bytes(1_000_000)] * 100, pa.binary(1_000_000))
    pq.write_table(pa.table({"a": lists(1, values)}), store.folder / "a.parquet", compression="zstd")
    del values
    assert hostile.preview("a.parquet")["rows"] == [[None]]


def test_a_parquet_whose_schema_is_nested_deep(store: CountingStore, hostile: Limits) -> None:
    kind = pa.int64()
    for _ in range(150):
        kind = pa.struct([("a", kind)])
    pq.write_table(pa.table({"a": pa.nulls(1, kind)}), store.folder / "a.parquet")
    assert hostile.preview("a.parquet")["reason"] == "Its columns are nested too deep for a preview."


def test_a_parquet_whose_names_have_many_beginnings(store: CountingStore, hostile: Limits) -> None:
    pq.write_table(pa.table({"a" + ".a" * 200_000: [1]}), store.folder / "a.parquet")
    assert hostile.preview("a.parquet")["reason"] == "Its columns are nested too deep for a preview."


@pytest.mark.parametrize("version", [1, 2])
def test_an_array_with_a_huge_header(store: CountingStore, hostile: Limits, version: int) -> None:
    length = struct.pack("<H", 2**16 - 1) if version == 1 else struct.pack("<I", 2**32 - 1)
    hostile.sparse("a.npy", b"\x93NUMPY" + bytes([version, 0]) + length)
    assert hostile.preview("a.npy")["type"] == "none"


def test_an_archive_that_unpacks_to_much(store: CountingStore, hostile: Limits) -> None:
    with zipfile.ZipFile(store.folder / "a.npz", "w") as archive:
        for name, method in {"deflated": zipfile.ZIP_DEFLATED, "lzma": zipfile.ZIP_LZMA}.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as file:
                file.write(b"")
            member = zipfile.ZipInfo(f"{name} bomb.npy")
            member.compress_type = method
            archive.writestr(member, bytes(40_000_000))
    facts = facts_of(hostile.preview("a.npz"))
    assert facts["deflated bomb"] == facts["lzma bomb"] == "40000000 bytes"


@pytest.mark.parametrize("members", [15_000, 100_000])
def test_an_archive_of_thousands_of_members(store: CountingStore, hostile: Limits, members: int) -> None:
    member = b"PK\x01\x02" + bytes(24) + struct.pack("<HHHHHII", 8, 0, 0, 0, 0, 0, 0) + b"name.npy"
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, members * len(member), 0, 0)
    save(store, "a.npz", member * members + end)
    found = hostile.preview("a.npz")
    if members == 15_000:
        assert facts_of(found)["…"] == "and 14950 more"
    else:
        assert found["reason"] == "Its directory is too large for a preview."


def test_an_archive_that_claims_a_directory_of_900_mb(hostile: Limits) -> None:
    hostile.sparse("a.npz", b"", b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, 900_000_000, 0, 0))
    assert hostile.preview("a.npz")["type"] == "none"


def test_names_with_quotes_and_angle_brackets(store: CountingStore, hostile: Limits) -> None:
    for path in (
        'it\'s "<b>".txt',
        "<script>alert(1)</script>.csv",
        "a\u202etxt.jsonl",
        "." * 200,
        "a." + "x" * 200,
    ):
        save(store, "file", b'{"a": 1}\n')
        assert hostile.preview(path, key="file")["type"] in {"text", "table"}
