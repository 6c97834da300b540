"""CSV and JSON Lines as tables of their first rows."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from tests.plugin.previews.support import preview, save

if TYPE_CHECKING:
    from tests.plugin.previews.support import CountingStore


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_out(store: CountingStore, delimiter: str, end: str) -> None:
    lines = ["name,count", *(f"n{number},{number}" for number in range(5))]
    save(store, "a.csv", end.join(lines).replace(",", delimiter).encode())
    found = preview(store, "a.csv")
    assert found["columns"] == [{"name": "name", "type": "text"}, {"name": "count", "type": "text"}]
    assert found["rows"] == [[f"n{number}", str(number)] for number in range(5)]
    assert (found["format"], found["total_rows"], found["total_columns"]) == ("csv", 5, 2)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2,5\n3,5;1,2\n", ";"),
        ("a,b\n1;2;3,x\ny,2\n", ","),
        ('a,b\n"x;y;z",1\n"x;y;z",2\n', ","),
        ("only\na, b\nc\n", ","),
        ("a,b,c\n1\n2,3\n", ","),
        ("a|b\n" + "1,|2\n" * 10_000, "|"),
        ("a,1;b\n" + ("1,5" + "x" * 5000 + ";2\n") * 10, ";"),
    ],
    ids=["decimals", "semicolons", "quotes", "one column", "ragged", "long", "long rows"],
)
def test_the_delimiter_is_what_gives_all_rows_as_many_columns(
    store: CountingStore, text: str, delimiter: str
) -> None:
    save(store, "a.csv", text.encode())
    names = [column["name"] for column in preview(store, "a.csv")["columns"]]
    assert [name for name in names if name] == text.split("\n", 1)[0].split(delimiter)


def test_tsv_has_tabs_whatever_it_looks_like(store: CountingStore) -> None:
    save(store, "a.tsv", b"a,b\tc\n1,2\t3\n")
    found = preview(store, "a.tsv")
    assert (found["format"], found["rows"]) == ("tsv", [["1,2", "3"]])


def test_only_the_first_rows_are_shown_and_all_are_counted(store: CountingStore) -> None:
    save(store, "a.csv", b"a,b\n" + b"1,2\n\n" * 1000)
    found = preview(store, "a.csv")
    assert (len(found["rows"]), found["total_rows"]) == (100, 1000)
    save(store, "b.jsonl", b'{"a": 1}\n\n' * 1000)
    found = preview(store, "b.jsonl")
    assert (len(found["rows"]), found["total_rows"]) == (100, 1000)


def test_of_a_large_file_the_last_half_line_is_dropped(store: CountingStore) -> None:
    row = "x" * 10_000
    save(store, "a.csv", b"a,b\n" + f"{row},end\n".encode() * 100)
    found = preview(store, "a.csv")
    assert {cells[1] for cells in found["rows"]} == {"end"}
    assert (len(found["rows"]), found["total_rows"]) == (52, None)
    assert store.bytes_read <= 512 * 1024
    save(store, "a.jsonl", json.dumps({"a": row}).encode() + b"\n" + json.dumps({"a": row}).encode() * 100)
    found = preview(store, "a.jsonl")
    assert (len(found["rows"]), found["total_rows"]) == (1, None)


def test_a_last_line_without_an_end_is_a_row(store: CountingStore) -> None:
    save(store, "a.csv", b"a,b\n1,2")
    assert preview(store, "a.csv")["rows"] == [["1", "2"]]
    save(store, "a.jsonl", b'{"a": 1}\n{"a": 2}')
    assert preview(store, "a.jsonl")["rows"] == [["1"], ["2"]]


def test_ragged_rows_are_filled_up(store: CountingStore) -> None:
    save(store, "a.csv", b"a,b\n1\n1,2,3\n")
    found = preview(store, "a.csv")
    assert [column["name"] for column in found["columns"]] == ["a", "b", ""]
    assert found["rows"] == [["1", None, None], ["1", "2", "3"]]


def test_a_quote_that_never_closes_does_no_harm(store: CountingStore) -> None:
    limit = csv.field_size_limit(1000)
    try:
        save(store, "a.csv", b'a,b\n1,"' + b"x,y\n" * 100_000)
        found = preview(store, "a.csv")
    finally:
        csv.field_size_limit(limit)
    assert found["rows"][0][1] == "x,y\n" * 125 + "…"


def test_long_cells_are_cut(store: CountingStore) -> None:
    save(store, "a.csv", f"a,b\n{'x' * 500},{'é' * 501}\n".encode())
    assert preview(store, "a.csv")["rows"] == [["x" * 500, "é" * 500 + "…"]]


def test_all_cells_are_cut_shorter_where_there_are_many(store: CountingStore) -> None:
    save(
        store,
        "a.jsonl",
        b"".join(json.dumps({f"c{n}": "é" * 50 for n in range(99)}).encode() + b"\n" for _ in "ab"),
    )
    assert preview(store, "a.jsonl")["rows"][0][0] == "é" * 50
    rows = [{f"c{n}": "\\" * 45 for n in range(100)} for _ in range(100)]
    save(store, "b.csv", "\n".join(",".join(row.values()) for row in rows).encode())
    assert preview(store, "b.csv")["rows"][0][0] == "\\" * 15 + "…"


def test_values_of_json_are_written_as_people_read_them(store: CountingStore) -> None:
    row = {"a": "x", "b": 1, "c": 1.5, "d": True, "e": None, "f": [1, {"g": "é"}], "h": float("nan")}
    save(store, "a.jsonl", json.dumps(row).encode() + b'\n{"a": 2, "z": "last"}\n')
    found = preview(store, "a.jsonl")
    assert found["rows"] == [
        ["x", "1", "1.5", "true", None, '[1, {"g": "é"}]', "nan", None],
        ["2", None, None, None, None, None, None, "last"],
    ]
    types = ["integer | text", "integer", "number", "boolean", "null", "list", "number", "text"]
    assert [column["type"] for column in found["columns"]] == types


@pytest.mark.parametrize(
    "line", [b"[1, 2]", b"not JSON", b'{"a": ' + b"9" * 5000 + b"}"], ids=["list", "text", "digits"]
)
def test_lines_that_are_no_objects_are_shown_as_a_text(store: CountingStore, line: bytes) -> None:
    save(store, "a.jsonl", b'{"a": 1}\n' + line + b"\n")
    found = preview(store, "a.jsonl")
    assert (found["type"], found["language"]) == ("code", "json")


def test_a_table_in_utf_16_is_one_too(store: CountingStore) -> None:
    save(store, "a.csv", "\ufeffä,b\n1,2\n".encode("utf-16-le"))
    assert preview(store, "a.csv")["columns"][0]["name"] == "ä"
