"""What people have for a table, as an Arrow table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.encoded import loaded, type_name
from airflow_artifacts.artifacts.value_codecs.frames import frame_to_arrow
from airflow_artifacts.artifacts.value_codecs.parquet import check_columns
from airflow_artifacts.exceptions import ArtifactError, ArtifactsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


def to_arrow(name: str, data: Any) -> pa.Table:
    """Give what people have for a table as an Arrow table; an index of pandas' that is no count becomes a column.

    Args:
        name: The artifact's name.
        data: A frame or an Arrow table, checked by its codec; or a dictionary of columns, or a list of rows.

    Raises:
        ArtifactError: It is something else, or its columns do not make a table.
    """
    import pyarrow as pa

    try:
        if isinstance(data, loaded("pandas", "DataFrame")):
            return frame_to_arrow(name, data if _is_counted(data) else data.reset_index())
        if isinstance(data, loaded("polars", "DataFrame")):
            return data.to_arrow()
        if isinstance(data, loaded("pyarrow", "Table")):
            return data
        return pa.table(_columns(name, data))
    except (ArtifactsError, OSError):
        raise
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise ArtifactError(
            name, f"it does not make a table: {error}. Make the values of each column alike."
        ) from error


def _is_counted(frame: Any) -> bool:
    index = frame.index
    return type(index) in loaded("pandas", "RangeIndex") and (index.start, index.step, index.name) == (0, 1, None)


def rows_to_columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Give rows as columns, with each column that any of them has: pyarrow takes those of the first row only."""
    return {key: [row.get(key) for row in rows] for key in dict.fromkeys(key for row in rows for key in row)}


def _columns(name: str, data: Any) -> dict[str, Any]:
    if isinstance(data, dict):
        columns = data
    elif isinstance(data, list | tuple) and all(isinstance(row, dict) for row in data):
        columns = rows_to_columns(data)
    else:
        raise ArtifactError(
            name,
            f"a {type_name(type(data))} is no table. Give a pandas or polars DataFrame, a pyarrow.Table, a "
            "dictionary of columns, or a list of dictionaries.",
        )
    check_columns(name, columns, "str(key)")
    for column, values in columns.items():
        if isinstance(values, str | bytes | dict) or not hasattr(values, "__len__"):
            raise ArtifactError(
                name, f"the column {column!r} is a {type_name(type(values))}. Give a list of values."
            )
    return columns
