from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
import math
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.exceptions import SourceFileError
from airflow_artifacts.steps import LoadDataFromFiles, run_step

if TYPE_CHECKING:
    from pathlib import Path

COMPRESS: dict[str, Any] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


def load(path: Path, content: Any, **fields: Any) -> Any:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run_step(LoadDataFromFiles(data_files=path, **fields)).rows


@pytest.fixture
def jsonl(tmp_path: Path) -> Any:
    return lambda content, **fields: load(tmp_path / "x.jsonl", content, **fields)


@pytest.fixture
def table(tmp_path: Path) -> Any:
    return lambda content, name="x.csv", **fields: load(tmp_path / name, content, **fields)


class TestJsonLines:
    def test_empty_lines_are_skipped_and_the_last_line_may_have_no_end(self, jsonl: Any) -> None:
        assert jsonl('\n{"a": 1}\r\n  \n\n{"a": 2}') == [{"a": 1}, {"a": 2}]
        assert jsonl("") == []

    def test_values_are_exact(self, jsonl: Any) -> None:
        [row] = jsonl(
            '{"big": 123456789012345678901234567890, "nan": NaN, "u": "\\ud83d\\ude00 \u2028 ä", "n": null}'
        )
        assert row.pop("nan") != 0
        assert row == {"big": 123456789012345678901234567890, "u": "😀 \u2028 ä", "n": None}
        assert math.isnan(jsonl('{"a": NaN}')[0]["a"])

    def test_a_byte_order_mark(self, jsonl: Any) -> None:
        assert jsonl(b'\xef\xbb\xbf{"a": 1}\n') == [{"a": 1}]

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (b'{"a": ', "not JSON"),
            (b"[1]", "a row is a JSON object, but this is a list"),
            (b"3", "this is a int"),
            (b'{"a": "\xff"}', "not UTF-8"),
            (b'{"a": %s}' % (b"9" * 5000), "not JSON"),
            (b"[" * 100_000, "not JSON"),
        ],
    )
    def test_a_line_that_is_no_object_is_named(self, jsonl: Any, line: Any, problem: Any) -> None:
        with pytest.raises(SourceFileError, match=rf"x.jsonl, line 3: .*{problem}"):
            jsonl(b'{"a": 1}\n\n' + line + b"\n")

    @pytest.mark.parametrize("start", ["[", "\n  [\n", "\ufeff["])
    def test_one_big_array(self, jsonl: Any, start: Any) -> None:
        with pytest.raises(SourceFileError, match=r"holds one JSON array. JSON Lines are needed.*jq -c"):
            jsonl(f'{start}{{"a": 1}}]')

    def test_an_object_over_several_lines(self, jsonl: Any) -> None:
        with pytest.raises(SourceFileError, match=r"line 1: it is not JSON .*the whole of it on that line"):
            jsonl('{\n  "a": 1\n}')

    def test_a_row_without_a_chosen_column(self, jsonl: Any) -> None:
        with pytest.raises(SourceFileError, match=r"line 2: there is no column 'a'. Columns there: 'b'"):
            jsonl('{"a": 1, "b": 2}\n{"b": 3}', columns=["a"])


class TestCsv:
    def test_values_stay_text(self, table: Any) -> None:
        assert table("id,n,empty\n007, 1.50,\n1e5,NaN,null\n") == [
            {"id": "007", "n": " 1.50", "empty": ""},
            {"id": "1e5", "n": "NaN", "empty": "null"},
        ]

    def test_quotes_newlines_and_byte_order_marks(self, table: Any) -> None:
        content = '\ufeffa,b\r\n"x\r\ny","say ""hi"", now"\r\n\r\nz,\u2028\r\n'
        assert table(content) == [{"a": "x\r\ny", "b": 'say "hi", now'}, {"a": "z", "b": "\u2028"}]

    def test_delimiters(self, table: Any) -> None:
        assert table("a\tb,c\n1\t2\n", "x.tsv") == [{"a": "1", "b,c": "2"}]
        assert table("a;b\n1;2\n", delimiter=";") == [{"a": "1", "b": "2"}]
        assert table("a\tb\n1\t2\n", "x.TSV.gz".removesuffix(".gz")) == [{"a": "1", "b": "2"}]

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("a,b\n1,2\n3\n", "line 3: it has 1 fields, but the header has 2"),
            ('a,b\n"1\n1",2,3\n', "line 3: it has 3 fields"),
            ("a,b,a\n1,2,3\n", "line 1: the header has the column 'a' twice"),
            ("", "it has no header"),
            ("\n\n", "it has no header"),
            ('a,b\n"1,2\n3,4\n', "it is not CSV"),
            ('a,b\n"1"2,3\n', "line 2: it is not CSV"),
        ],
    )
    def test_what_is_refused(self, table: Any, content: Any, problem: Any) -> None:
        with pytest.raises(SourceFileError, match=problem):
            table(content)

    def test_bytes_that_are_no_text(self, table: Any) -> None:
        with pytest.raises(SourceFileError, match="line 2: it is not UTF-8"):
            table(b"a\n\xe4\n")

    def test_long_fields(self, table: Any) -> None:
        text = "x" * 1_000_000
        assert table(f"a\n{text}\n") == [{"a": text}]

    def test_only_a_header(self, table: Any) -> None:
        assert table("a,b\n") == []

    @given(
        records=st.lists(
            st.lists(
                st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])),
                min_size=2,
                max_size=2,
            )
        )
    )
    def test_what_python_writes_comes_back(self, tmp_path_factory: pytest.TempPathFactory, records: Any) -> None:
        path = tmp_path_factory.mktemp("csv") / "x.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *records])
        assert [list(row.values()) for row in run_step(LoadDataFromFiles(data_files=path)).rows] == records


@pytest.mark.parametrize("compression", COMPRESS)
class TestCompression:
    def test_it_is_decompressed(self, tmp_path: Path, compression: Any) -> None:
        content = COMPRESS[compression](b'{"a": 1}\n' * 50_000)
        rows = load(tmp_path / f"x.jsonl.{compression}", content)
        assert len(rows) == 50_000
        content = COMPRESS[compression](b"a\n1\n")
        assert load(tmp_path / f"x.csv.{compression}", content) == [{"a": "1"}]

    def test_bytes_of_something_else(self, tmp_path: Path, compression: Any) -> None:
        with pytest.raises(SourceFileError, match=f"x.jsonl.{compression}: it cannot be decompressed"):
            load(tmp_path / f"x.jsonl.{compression}", b'{"a": 1}\n' * 100)

    @pytest.mark.parametrize("end", [-1, 1000])
    def test_a_file_that_was_cut(self, tmp_path: Path, compression: Any, end: Any) -> None:
        lines = "".join(json.dumps({"a": number}) + "\n" for number in range(100_000))
        content = COMPRESS[compression](lines.encode())[:end]
        with pytest.raises(SourceFileError, match="cannot be decompressed"):
            load(tmp_path / f"x.jsonl.{compression}", content)

    def test_files_one_after_the_other(self, tmp_path: Path, compression: Any) -> None:
        content = COMPRESS[compression](b'{"a": 1}\n') * 3 + COMPRESS[compression](b'{"a": 2}\n' * 50_000)
        assert len(load(tmp_path / f"x.jsonl.{compression}", content)) == 50_003


def test_frames_of_zstandard_that_are_to_be_skipped(tmp_path: Path) -> None:
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    frame = COMPRESS["zst"](b'{"a": 1}\n')
    assert load(tmp_path / "x.jsonl.zst", skipped + frame + skipped + frame) == [{"a": 1}] * 2
