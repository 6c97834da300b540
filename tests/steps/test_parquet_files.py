from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_artifacts.exceptions import SourceFileError, StorageError
from airflow_artifacts.steps import LoadDataFromFiles, run_step

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path, table: Any, **fields: Any) -> Any:
    pq.write_table(table, path)
    return run_step(LoadDataFromFiles(data_files=path, **fields)).rows


@pytest.fixture
def path(tmp_path: Path) -> Any:
    return tmp_path / "x.parquet"


def test_values_of_all_kinds(path: Path) -> None:
    row = {
        "int": 2**62,
        "text": "ä",
        "none": None,
        "bytes": b"\x00",
        "decimal": Decimal("1.50"),
        "date": date(2024, 2, 29),
        "time": time(1, 2, 3, 4),
        "moment": datetime(2024, 1, 1, 1, 1, 1, 1),
        "utc": datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC")),
        "zoned": datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        "delta": timedelta(days=1, microseconds=1),
        "list": [[1.5], None, []],
        "struct": {"a": 1, "b": {"c": "x"}},
    }
    assert load(path, pa.Table.from_pylist([row])) == [row]


def test_nanoseconds_that_are_whole_microseconds(path: Path) -> None:
    moment = datetime(2024, 1, 1, 1, 1, 1, 123456)
    stamps = pa.array([moment], pa.timestamp("ns"))
    table = pa.table(
        {
            "a": stamps,
            "zoned": pa.array([moment], pa.timestamp("ns", "UTC")),
            "list": pa.array([[moment]], pa.list_(pa.timestamp("ns"))),
            "large": pa.array([[moment]], pa.large_list(pa.timestamp("ns"))),
            "struct": pa.StructArray.from_arrays([stamps], ["x"]),
            "delta": pa.array([timedelta(1)], pa.duration("ns")),
            "time": pa.array([time(1)], pa.time64("ns")),
        }
    )
    [row] = load(path, table)
    zoned = row.pop("zoned")
    assert zoned == moment.replace(tzinfo=timezone.utc)
    assert row == {
        "a": moment,
        "list": [moment],
        "large": [moment],
        "struct": {"x": moment},
        "delta": timedelta(1),
        "time": time(1),
    }
    assert {type(row["a"]), type(zoned), type(row["delta"])} == {datetime, timedelta}


def test_nanoseconds_that_would_be_lost(path: Path) -> None:
    table = pa.table({"a": pa.array([1001], pa.timestamp("ns")), "b": [1]})
    with pytest.raises(SourceFileError, match="nanoseconds, which a row cannot keep"):
        load(path, table)
    assert load(path, table, columns=["b"]) == [{"b": 1}]


def test_no_rows(path: Path) -> None:
    assert load(path, pa.table({"a": pa.array([], pa.int64())})) == []


def test_a_column_twice(path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(SourceFileError, match="column 'a' more than once"):
        load(path, table)


@pytest.mark.parametrize("content", [b"", b"PAR1", b'{"a": 1}\n' * 10])
def test_a_file_of_something_else(path: Path, content: Any) -> None:
    path.write_bytes(content)
    with pytest.raises(SourceFileError, match="no Parquet file, or damaged"):
        run_step(LoadDataFromFiles(data_files=path))


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_a_damaged_page(path: Path, compression: Any) -> None:
    pq.write_table(pa.table({"a": [f"text {number}" for number in range(1000)]}), path, compression=compression)
    data = bytearray(path.read_bytes())
    data[4:600] = b"\xff" * 596
    path.write_bytes(data)
    with pytest.raises(SourceFileError, match="damaged"):
        run_step(LoadDataFromFiles(data_files=path))


def test_a_failure_of_the_store_may_be_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(path, pa.table({"a": [1]}))

    class Broken:
        closed = False

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __getattr__(self, name: Any) -> Any:
            def fail(*_: Any) -> None:
                raise ConnectionResetError(104, "Connection reset by peer")

            return fail

    filesystem = fsspec.filesystem("file")
    monkeypatch.setattr(filesystem, "_open", lambda *_, **__: Broken())
    with pytest.raises(StorageError, match="Connection reset by peer"):
        run_step(LoadDataFromFiles(data_files=path))


def test_wide_rows_are_read_a_few_at_a_time(path: Path) -> None:
    pq.write_table(pa.table({"a": ["x" * 100_000] * 300}), path, compression="none", use_dictionary=False)
    assert sum(len(rows) for rows, _ in LoadDataFromFiles(data_files=path).process(150)) == 150
