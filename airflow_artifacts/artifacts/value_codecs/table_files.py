"""Tables as files of the format that their names ask for: Parquet, CSV, JSON or JSON Lines."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.arrow_tables import rows_to_columns, to_arrow
from airflow_artifacts.artifacts.value_codecs.csv_files import read_csv, write_csv
from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded
from airflow_artifacts.artifacts.value_codecs.file_names import guess_media_type, only_file
from airflow_artifacts.artifacts.value_codecs.parquet import convert, read_arrow, table_facts, to_pandas
from airflow_artifacts.artifacts.value_codecs.plain import parse_json
from airflow_artifacts.artifacts.value_codecs.tables import ArrowCodec, PandasCodec, PolarsCodec
from airflow_artifacts.exceptions import ArtifactError
from airflow_artifacts.storage.metadata import normalise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa


class TableFileCodec(BuiltinCodec):
    """A table in a file whose name tells the format; only ``write_table_file`` writes it."""

    name = kind = "table"

    def types(self) -> tuple[type, ...]:
        return ()

    def decode(self, folder: Path, as_type: type | None) -> Any:
        return read_table_file(only_file(folder), as_type)


def write_table_file(name: str, data: Any, path: Path) -> Encoded:
    """Write a table in the format of the path's extension; only Parquet keeps the types of all values.

    Raises:
        ArtifactError: The data are no table, or the format does not hold them.
    """
    write = _writer(name, path)
    for codec in (PandasCodec(), PolarsCodec(), ArrowCodec()):
        if codec.matches(data):
            codec.check(name, data)
            if write is _write_parquet:  # a frame is kept whole, with its index
                return codec.write(name, data, path)
    table = to_arrow(name, data)
    if not table.num_columns and write is not _write_parquet:
        raise ArtifactError(name, "it is a table without columns, which only Parquet can keep. Name it .parquet.")
    write(name, table, path)
    facts = table_facts(table.num_rows, ((field.name, field.type) for field in table.schema))
    return Encoded("table", "table", guess_media_type(path.name), facts)


def read_table_file(path: Path, as_type: type | None = None) -> Any:
    """Read a table in the format of the path's extension.

    Args:
        path: The file.
        as_type: ``pandas.DataFrame``, ``polars.DataFrame`` or ``pyarrow.Table``; by default pandas' where
            pandas is installed, else pyarrow's.

    Raises:
        ValueError: It is no table.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ValueError(f"{path.name} is no table: tables are {', '.join(_READERS)} files")
    table = read(path)
    if as_type is None and find_spec("pandas") is not None:
        return to_pandas(table)
    return convert(table, as_type)


def _write_parquet(name: str, table: pa.Table, path: Path) -> None:
    ArrowCodec().write(name, table, path)


def _write_json(name: str, table: pa.Table, path: Path) -> None:
    rows = normalise(name, table.to_pylist())
    path.write_bytes(_lines(rows, "[\n", ",\n", "\n]\n"))


def _write_json_lines(name: str, table: pa.Table, path: Path) -> None:
    rows = normalise(name, table.to_pylist())
    path.write_bytes(_lines(rows, "", "\n", "\n" if rows else ""))


def _lines(rows: list[Any], start: str, between: str, end: str) -> bytes:
    lines = between.join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    return f"{start}{lines}{end}".encode()


def _read_json(path: Path) -> pa.Table:
    return _from_rows(path, parse_json(path.read_bytes()))


def _read_json_lines(path: Path) -> pa.Table:
    return _from_rows(path, [parse_json(line) for line in path.read_bytes().split(b"\n") if line.strip()])


def _from_rows(path: Path, rows: Any) -> pa.Table:
    import pyarrow as pa

    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path.name} holds no list of rows")
    return pa.table(rows_to_columns(rows))


def _writer(name: str, path: Path) -> Callable[[str, pa.Table, Path], None]:
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ArtifactError(
            name, f"{path.name!r} names no format of a table. End it with one of {', '.join(_WRITERS)}."
        )
    return write


_WRITERS: dict[str, Callable[[str, pa.Table, Path], None]] = {
    ".parquet": _write_parquet,
    ".csv": write_csv,
    ".json": _write_json,
    ".jsonl": _write_json_lines,
}
_READERS: dict[str, Callable[[Path], pa.Table]] = {
    ".parquet": read_arrow,
    ".csv": read_csv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
}
