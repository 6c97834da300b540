from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from airflow_artifacts.exceptions import SourceFileError
from airflow_artifacts.steps import LoadDataFromFiles, run_step
from airflow_artifacts.steps.files import filesystem_opener

ROWS = [{"n": number, "text": f"row {number}"} for number in range(7)]


def write_jsonl(path: Path, rows: Any) -> Any:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write(folder: Path, file_type: Any, rows: Any) -> Any:
    """Write rows of numbers and texts, in the order of the names of the files that are made."""
    if file_type == "jsonl":
        return write_jsonl(folder / "rows.jsonl", rows)
    if file_type == "csv":
        (folder / "rows.csv").write_text("n,text\n" + "".join(f"{row['n']},{row['text']}\n" for row in rows))
        return folder / "rows.csv"
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet", row_group_size=3)
    return folder / "rows.parquet"


def numbers(step: Any, offset: Any = 0) -> Any:
    return [[int(row["n"]) for row in rows] for rows, _ in step.process(offset)]


@pytest.fixture(params=["jsonl", "csv", "parquet"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return write(tmp_path, request.param, ROWS)


class TestBatches:
    @pytest.mark.parametrize("offset", range(9))
    @pytest.mark.parametrize("size", [1, 3, 7, 50])
    def test_any_offset_and_size(self, file: Path, offset: Any, size: Any) -> None:
        batches = list(LoadDataFromFiles(data_files=file, batch_size=size).process(offset))
        assert [int(row["n"]) for rows, _ in batches for row in rows] == list(range(7))[offset:]
        assert [last for _, last in batches] == [False] * (len(batches) - 1) + [True]
        assert all(len(rows) == size for rows, _ in batches[:-1])

    def test_an_offset_goes_over_files(self, tmp_path: Path) -> None:
        for name in "abc":
            write_jsonl(tmp_path / f"{name}.jsonl", [{"n": ord(name) + index} for index in range(2)])
        assert numbers(LoadDataFromFiles(data_files=tmp_path), 3) == [[99, 99, 100]]
        assert numbers(LoadDataFromFiles(data_files=tmp_path), 3) == [[ord("b") + 1, ord("c"), ord("c") + 1]]

    @pytest.mark.parametrize(("most", "offset", "found"), [(3, 0, [0, 1, 2]), (3, 2, [2]), (3, 5, []), (0, 0, [])])
    def test_at_most_so_many(self, file: Path, most: Any, offset: Any, found: Any) -> None:
        assert numbers(LoadDataFromFiles(data_files=file, num_examples=most), offset) == [found]

    def test_the_number_may_be_given_at_run_time(self, file: Path) -> None:
        step = LoadDataFromFiles(data_files=file)
        assert len(run_step(step, runtime_parameters={"num_examples": 2}).rows) == 2
        assert len(run_step(step).rows) == 7

    def test_row_groups_before_the_offset_are_not_read(self, tmp_path: Path) -> None:
        path = write(tmp_path, "parquet", ROWS)
        first = pq.ParquetFile(path).metadata.row_group(0)
        data = bytearray(path.read_bytes())
        data[4 : first.total_byte_size] = bytes(first.total_byte_size - 4)  # the first row group is rubbish now
        path.write_bytes(data)
        assert numbers(LoadDataFromFiles(data_files=path), 3) == [[3, 4, 5, 6]]
        with pytest.raises(SourceFileError):
            numbers(LoadDataFromFiles(data_files=path))


class TestColumns:
    def test_they_are_chosen_in_their_order_and_declared(self, tmp_path: Path, file: Path) -> None:
        del tmp_path
        step = LoadDataFromFiles(data_files=file, columns=["text", "n"])
        [row] = run_step(step, runtime_parameters={"num_examples": 1}).rows
        assert list(row) == ["text", "n"]
        assert step.output_columns(None) == {"text", "n"}

    def test_one_that_is_missing(self, file: Path) -> None:
        with pytest.raises(SourceFileError, match=rf"{file.name}.*no column 'other'.*'n', 'text'"):
            run_step(LoadDataFromFiles(data_files=file, columns=["n", "other"]))

    def test_unknown_without_a_declaration(self, file: Path) -> None:
        step = LoadDataFromFiles(data_files=file, output_mappings={"text": "prompt"})
        assert step.output_columns(None) is None
        assert set(run_step(step).rows[0]) == {"n", "prompt"}

    @pytest.mark.parametrize("columns", [[], ["a", "a"]])
    def test_that_make_no_sense(self, columns: Any) -> None:
        with pytest.raises(ValidationError):
            LoadDataFromFiles(data_files="x", columns=columns)


class TestSources:
    def test_a_file_that_is_found_twice_is_loaded_once(self, file: Path) -> None:
        assert len(run_step(LoadDataFromFiles(data_files=[file, str(file), f"{file.parent}/*"])).rows) == 7

    def test_files_of_several_types_in_a_list(self, tmp_path: Path) -> None:
        files = [write(tmp_path, file_type, ROWS[:1]) for file_type in ("parquet", "csv", "jsonl")]
        assert [row["n"] for row in run_step(LoadDataFromFiles(data_files=files)).rows] == [0, "0", 0]

    def test_an_empty_list(self) -> None:
        with pytest.raises(SourceFileError, match="empty list"):
            run_step(LoadDataFromFiles(data_files=[]))

    def test_templates(self, file: Path) -> None:
        step = LoadDataFromFiles(
            data_files="{{ params.file }}", num_examples="{{ params.most }}", columns="{{ params.columns }}"
        )
        assert step.output_columns(None) is None
        values = {"{{ params.file }}": str(file), "{{ params.most }}": "2", "{{ params.columns }}": ["n"]}
        rendered = step.rendered(values.get)
        assert [set(row) for row in run_step(rendered).rows] == [{"n"}, {"n"}]
        assert step.data_files == "{{ params.file }}"

    def test_storage_options_reach_the_file_system_and_nobody_else(self, tmp_path: Path) -> None:
        seen = []
        path = write(tmp_path, "jsonl", ROWS)

        def open_filesystem(url: Any, options: Any) -> Any:
            seen.append((url, options))
            return fsspec.filesystem("file"), str(path)

        step = LoadDataFromFiles(
            data_files="s3://my_conn@bucket/key", storage_options={"key": "AKIA", "x": "hush"}
        )
        for shown in (repr(step), str(step), json.dumps(step.describe()), json.dumps(step.serialize())):
            assert "AKIA" not in shown
            assert "hush" not in shown
        token = filesystem_opener.set(open_filesystem)
        try:
            assert len(run_step(step).rows) == 7
        finally:
            filesystem_opener.reset(token)
        assert seen == [("s3://my_conn@bucket/key", {"key": "AKIA", "x": "hush"})]


_MEASURE = """
import resource, sys
from airflow_artifacts.steps import LoadDataFromFiles
import fsspec.implementations.local, pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
step = LoadDataFromFiles(data_files=sys.argv[1])
print(sum(len(rows) for rows, _ in step.process()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
@pytest.mark.parametrize("file_type", ["jsonl", "csv", "parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, file_type: Any) -> None:
    row = {"n": 1, "text": "x" * 1000}
    path = tmp_path / f"rows.{file_type}"
    if file_type == "parquet":
        table = pa.table({"n": range(100_000), "text": [f"{number:1000}" for number in range(100_000)]})
        pq.write_table(table, path, compression="none", use_dictionary=False)  # one row group
    else:
        line = json.dumps(row) if file_type == "jsonl" else f"1,{row['text']}"
        path.write_text(("n,text\n" if file_type == "csv" else "") + f"{line}\n" * 100_000)
    assert path.stat().st_size > 95_000_000
    command = [sys.executable, "-c", _MEASURE, str(path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    rows, kibibytes = map(int, done.stdout.split())
    assert rows == 100_000
    assert kibibytes < 40_000
