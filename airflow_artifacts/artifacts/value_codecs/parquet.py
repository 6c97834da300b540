"""Parquet files with the Arrow types that were written, and tables as each library has them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.artifacts.value_codecs.encoded import loaded, type_name
from airflow_artifacts.artifacts.value_codecs.frames import arrow_to_frame
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.parquet"
_COLUMNS_SHOWN = 1000  # a record, and what XCom carries, stay small however wide a table is
_SCHEMA_KEY = b"ARROW:schema"


def check_columns(name: str, columns: Iterable[object], remedy: str, *, is_unique: bool = True) -> None:
    """Refuse names of columns that Parquet would change.

    Raises:
        ArtifactError: A name is no text, or is there twice.
    """
    seen: set[str] = set()
    for column in columns:
        if not isinstance(column, str):
            raise ArtifactError(
                name,
                f"the column {column!r} is named by a {type_name(type(column))}, and Parquet has texts only. "
                f"Rename it: {remedy}.",
            )
        if is_unique and column in seen:
            raise ArtifactError(name, f"two columns are named {column!r}. Rename one.")
        seen.add(column)


def table_facts(rows: int, columns: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Tell rows, columns and their types; beyond a thousand columns their number only."""
    pairs = list(columns)
    dtypes = {str(column): str(dtype)[:200] for column, dtype in pairs}
    facts = {"rows": rows, "shape": [rows, len(pairs)]}
    names = {"columns": [str(column) for column, _ in pairs], "dtypes": dtypes}
    return facts | names if len(pairs) <= _COLUMNS_SHOWN else facts


def write_arrow(name: str, table: pa.Table, path: Path) -> None:
    """Write a table as Parquet, and make sure that its types can be read.

    Raises:
        ArtifactError: Parquet cannot hold it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.write_table(table, path, compression="zstd")
        with pq.ParquetFile(path) as file:
            _restore_types(file.schema_arrow.empty_table(), file.metadata.metadata)
            if file.metadata.num_rows != table.num_rows:
                raise ArtifactError(name, "the table has rows and no columns. Give it a column.")
    except pa.ArrowException as error:
        raise ArtifactError(name, f"Parquet cannot hold the table: {error}. Cast that column.") from error


def read_arrow(path: Path) -> pa.Table:
    """Read a Parquet file, with the Arrow types that were written."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:  # pq.read_table would look for partitions in the path
        return _restore_types(file.read(), file.metadata.metadata)


def _restore_types(table: pa.Table, metadata: dict[bytes, bytes] | None) -> pa.Table:
    """Cast to the types that were written: Parquet has no seconds, say, and gives milliseconds."""
    import pyarrow as pa

    stored = (metadata or {}).get(_SCHEMA_KEY)
    if stored is None:
        return table
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(stored)))
    return table if table.schema.equals(schema, check_metadata=True) else table.cast(schema)


def to_pandas(table: pa.Table) -> Any:
    """Give a table as a frame of pandas.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    require("pandas", extra="pandas", purpose="Loading frames of pandas")
    return arrow_to_frame(table)


def convert(table: pa.Table, as_type: type | None) -> Any:
    """Give a table as the library has it that ``as_type`` is of; any other type is for the caller to refuse."""
    if as_type in loaded("pandas", "DataFrame"):
        return to_pandas(table)
    if as_type in loaded("polars", "DataFrame"):
        import polars as pl

        return pl.from_arrow(table)
    return table
