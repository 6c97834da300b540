"""pandas' frames as Arrow tables and back: what Arrow would change silently is kept, or refused."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    import pyarrow as pa

_CELLS_KEY = b"airflow_artifacts.cells"  # in the file's metadata: columns of objects, and what their values are
_PYTHON, _NUMPY = "python", "numpy"


def frame_to_arrow(name: str, frame: Any) -> pa.Table:
    """Give an Arrow table that ``arrow_to_frame`` makes the same frame of: index, dtypes and values.

    Raises:
        ArtifactError: Something in the frame would come back changed.
    """
    import pyarrow as pa

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # attributes, or names of an index, that would be lost
            table = pa.Table.from_pandas(frame)
    except (pa.ArrowException, ValueError, TypeError, UserWarning) as error:
        problem = ": ".join(str(part) for part in reversed(error.args)) or repr(error)
        raise ArtifactError(
            name, f"Parquet cannot hold the frame: {problem}. Convert that, with .astype() say."
        ) from error
    cells = {
        column: _kind_of_cells(name, column, frame[column], table.column(column))
        for column in frame.columns
        if frame[column].dtype == object
    }
    table = table.replace_schema_metadata({**table.schema.metadata, _CELLS_KEY: json.dumps(cells).encode()})
    _check_types(name, frame, table)
    return table


def arrow_to_frame(table: pa.Table) -> Any:
    """Give the frame that ``frame_to_arrow`` was given; any other table as pyarrow gives it."""
    import pandas as pd

    frame = table.to_pandas()
    cells = json.loads((table.schema.metadata or {}).get(_CELLS_KEY, b"{}"))
    for column, kind in cells.items():
        if kind == _PYTHON:
            frame[column] = pd.Series(table.column(column).to_pylist(), frame.index, object)
    return frame


def _kind_of_cells(name: str, column: str, values: Any, stored: pa.ChunkedArray) -> str:
    """Say how a column of objects is read back, and make sure that it comes back as it is.

    Raises:
        ArtifactError: It holds values of several types, or of one that Arrow has no equal of.
    """
    import numpy as np

    found = stored.to_pylist()
    if any(isinstance(value, np.ndarray) for value in values):
        found = list(stored.to_pandas())
    for row, (value, back) in enumerate(zip(values, found, strict=True)):
        if not _same(value, back):
            raise ArtifactError(
                name,
                f"row {row} of the column {column!r} would come back changed: a {_shown(value)} as a "
                f"{_shown(back)}. "
                "Make the column's values alike, with .astype() or .map() say.",
            )
    return _NUMPY if any(isinstance(value, np.ndarray) for value in found) else _PYTHON


def _same(value: Any, back: Any) -> bool:
    """Compare a cell; what is missing is missing, however it is written."""
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if _is_missing(value) or _is_missing(back):
        return _is_missing(value) and _is_missing(back)
    if type(value) is not type(back):
        return False
    if isinstance(value, np.ndarray):
        return bool(value.dtype == back.dtype and value.shape == back.shape and (value == back).all())
    if isinstance(value, list):
        return len(value) == len(back) and all(map(_same, value, back))
    if isinstance(value, dict):
        return value.keys() == back.keys() and all(_same(item, back[key]) for key, item in value.items())
    return bool(value == back)


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _shown(value: Any) -> str:
    kind = type(value).__name__
    return f"{kind} with the keys {sorted(map(str, value))[:8]}" if isinstance(value, dict) else kind


def _check_types(name: str, frame: Any, table: pa.Table) -> None:
    """Refuse a frame whose dtypes, index or names a reader would find changed."""
    try:
        found = arrow_to_frame(table.slice(0, 0))
    except (ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise ArtifactError(
            name, f"pandas cannot read the frame back: {error}. Convert the column, or save a pyarrow.Table."
        ) from error
    for what, old, new in (
        ("dtypes", [str(kind) for kind in frame.dtypes], [str(kind) for kind in found.dtypes]),
        (
            "columns",
            (list(frame.columns), list(frame.columns.names)),
            (list(found.columns), list(found.columns.names)),
        ),
        ("names of the index", list(frame.index.names), list(found.index.names)),
        ("dtype of the index", _index_types(frame.index), _index_types(found.index)),
        ("attrs", frame.attrs, found.attrs),
        ("length", len(frame), table.num_rows),  # without columns, a count of rows is not kept
    ):
        if old != new:
            raise ArtifactError(
                name,
                f"the frame's {what} would come back as {str(new)[:300]} instead of {str(old)[:300]}. "
                "Change them before, with .astype(), .reset_index() or .rename() say.",
            )


def _index_types(index: Any) -> list[str]:
    return [str(index.get_level_values(level).dtype) for level in range(index.nlevels)]
