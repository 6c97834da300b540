"""From rows to Arrow tables, column by column.

``pyarrow.Table.from_pylist`` is not used: it looks at every row once more, for names that are known.
The first ``pyarrow.array`` of a process imports pandas where that is installed, which costs about 50 MB once.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset.arrays import is_plain, to_plain
from airflow_artifacts.distiset.kinds import loaded_numpy
from airflow_artifacts.exceptions import DistisetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from airflow_artifacts.distiset.survey import Survey


def to_table(survey: Survey, rows: Sequence[dict[str, Any]], first: int) -> pa.Table:
    """Make a table of rows.

    Args:
        survey: What was found out about all rows of the subset.
        rows: The rows.
        first: Number of the first of them.

    Raises:
        DistisetError: A value cannot be written; the message says where it is.
    """
    import pyarrow as pa

    columns = []
    for field in survey.schema:
        values = [row.get(field.name) for row in rows]
        if field.name in survey.converted:
            values = [_convert(value, field.type) for value in values]
        try:
            columns.append(pa.array(values, type=field.type))
        except (pa.ArrowException, UnicodeError, ValueError, TypeError, OverflowError) as error:
            row = first + _first_refused(values, field.type)
            raise DistisetError(
                f"The value of column {field.name!r} in row {row} of subset {survey.subset!r} cannot be written "
                f"to Parquet: {error}. Change or drop it in a step before."
            ) from error
    return pa.Table.from_arrays(columns, schema=survey.schema)


def _first_refused(values: Sequence[Any], type_: pa.DataType) -> int:
    import pyarrow as pa

    for index, value in enumerate(values):
        try:
            pa.array([value], type=type_)
        except (pa.ArrowException, UnicodeError, ValueError, TypeError, OverflowError):
            return index
    return 0


def _convert(value: Any, type_: pa.DataType) -> Any:
    """Turn a value into one that pyarrow takes for the type."""
    import pyarrow.types as arrow

    if value is None or arrow.is_null(type_):  # dictionaries that are all empty have the type null
        return None
    numpy = loaded_numpy()
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        value = _convert_numpy(value)
    if arrow.is_struct(type_):
        return {field.name: _convert(value.get(field.name), field.type) for field in type_}
    if arrow.is_list(type_):
        if isinstance(value, set | frozenset):
            value = in_order(value)
        if isinstance(value, list | tuple):
            return [_convert(item, type_.value_type) for item in value]
        return value
    return str(value) if isinstance(value, uuid.UUID) else value


def _convert_numpy(value: Any) -> Any:
    if is_plain(value):
        return value
    if value.ndim > 1 and value.dtype.kind in "biuf" and not hasattr(value, "mask"):
        return list(value)  # rows of it, which stay arrays
    if value.ndim == 1 and value.dtype.kind in "iuf" and not value.dtype.isnative:
        return value.astype(value.dtype.newbyteorder("="))
    return to_plain(value)


def in_order(values: set[Any] | frozenset[Any]) -> list[Any]:
    """Give the values of a set in an order that does not depend on the process."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)
