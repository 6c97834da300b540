"""NumPy arrays and moments: looked at by their dtype, and turned into what pyarrow takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_artifacts.distiset.columns import Column

    RowOf = Callable[[int], int]

_BY_DTYPE = kinds.INTEGERS | kinds.FLOATS | {kinds.BOOL}


def observe_arrays(column: Column, arrays: Sequence[Any], row_of: RowOf) -> Iterator[tuple[int, Any]]:
    """Look at arrays of numbers and truth values by their dtype, without touching each value.

    Yields:
        Index and plain value of each array of something else.

    Raises:
        SchemaError: Parquet has no type for an array's values.
    """
    for index, array in enumerate(arrays):
        kind = kinds.kind_of(array.dtype.type)
        if kind is None and array.dtype.kind != "O":
            seen = {f"an array of {array.dtype}, which Parquet has no type for": row_of(index)}
            raise column.error(seen)
        if not is_plain(array):
            column.converted = True
        if kind in _BY_DTYPE and not hasattr(array, "mask"):
            _observe_dtype(column, kind, array, lambda index=index: row_of(index))  # type: ignore[misc]
        else:
            column.converted = True
            _check_moments(column, array, lambda index=index: row_of(index))  # type: ignore[misc]
            yield index, to_plain(array)


def _observe_dtype(column: Column, kind: str, array: Any, row: Callable[[], int]) -> None:
    column.size += array.nbytes + 4
    for _ in range(array.ndim):
        column.note(kinds.LIST, row)
        column = column.elements()
    if not array.size:
        column.empty_dtypes.add(kind)
        return
    column.note(kind, row)
    if kind in kinds.INTEGERS:
        column.note_range(int(array.min()), int(array.max()), lambda _low, _high: row())


def observe_moments(column: Column, values: Sequence[Any], row_of: RowOf) -> list[Any]:
    """Give ``datetime64`` and ``timedelta64`` scalars as plain values.

    Raises:
        SchemaError: A value is too fine or too far away for them.
    """
    column.converted = True
    for index, value in enumerate(values):
        _check_moments(column, value, lambda index=index: row_of(index))  # type: ignore[misc]
    return [to_plain(value) for value in values]


def _check_moments(column: Column, value: Any, row: Callable[[], int]) -> None:
    """Refuse ``datetime64`` and ``timedelta64`` that microseconds do not hold exactly."""
    if value.dtype.kind not in "mM":
        return
    numpy = kinds.loaded_numpy()
    rounded = _in_microseconds(value)
    exact = (rounded == value) | numpy.isnat(value)
    # What Python's types cannot hold comes out as a number.
    if not exact.all() or any(isinstance(item, int) for item in numpy.asarray(rounded.astype(object)).flat):
        raise column.error({f"{value.dtype} that is no whole microsecond or out of range": row()})


def _in_microseconds(value: Any) -> Any:
    return value.astype(f"{value.dtype.kind}8[us]")


def is_plain(array: Any) -> bool:
    """Say whether pyarrow takes an array as it is."""
    plain = array.ndim == 1 and array.dtype.isnative and array.dtype.kind in "biuf"
    return bool(plain and not hasattr(array, "mask"))


def to_plain(value: Any) -> Any:
    """Turn an array or a scalar into plain Python values."""
    return (_in_microseconds(value) if value.dtype.kind in "mM" else value).tolist()
