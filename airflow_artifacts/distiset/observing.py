"""Looking at values, column by column and by the thousand.

The work per value is done by ``map``, ``min``, ``sum`` and ``chain``, which run in C. A row is counted only when a
kind is seen for the first time.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset import kinds
from airflow_artifacts.distiset.arrays import observe_arrays, observe_moments
from airflow_artifacts.rows.values import is_unicode

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from airflow_artifacts.distiset.columns import Column

    RowOf = Callable[[int], int]


def observe(column: Column, values: Sequence[Any], row_of: RowOf) -> None:
    """Look at values of a column.

    Args:
        column: What is remembered of them.
        values: The values; None is no value.
        row_of: Gives the row of the value at an index.

    Raises:
        SchemaError: A value does not fit to those before, or into any column.
    """
    types = dict.fromkeys(map(type, values))  # a set would give them in another order each time
    for found in types:
        if found is type(None):
            continue
        same, row = values, row_of
        if len(types) > 1:
            same = [value for value in values if type(value) is found]
            row = _row_of_same(values, found, row_of)
        kind = kinds.kind_of(found)
        if kind is None:
            raise column.error({f"a {found.__qualname__}, which Parquet has no type for": row(0)})
        _LOOKS.get(kind, _look_at_numbers)(column, kind, same, row)


def _row_of_same(values: Sequence[Any], type_: type, row_of: RowOf) -> RowOf:
    """Give the function for the rows of those values that are of one type."""

    def row(index: int) -> int:
        places = (place for place, value in enumerate(values) if type(value) is type_)
        return row_of(next(islice(places, index, None)))

    return row


def _look_at_numbers(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    column.size += 8 * len(values)
    if kind in kinds.INTEGERS:

        def row_outside(low: int, high: int) -> int:
            return row_of(next(index for index, value in enumerate(values) if not low <= int(value) <= high))

        column.note_range(int(min(values)), int(max(values)), row_outside)


def _look_at_texts(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    column.size += sum(map(len, values)) + 4 * len(values)


def _look_at_uuids(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    column.converted = True
    column.size += 40 * len(values)


def _look_at_dicts(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    for key in dict.fromkeys(chain.from_iterable(values)):
        if key not in column.fields:
            row = next(index for index, value in enumerate(values) if key in value)
            if not isinstance(key, str) or not is_unicode(key):
                raise column.error({f"a dictionary with the key {key!r}, which is not valid text": row_of(row)})
            column.add_field(key)
        observe(column.fields[key], [value.get(key) for value in values], row_of)


def _look_at_lists(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    column.converted = column.converted or kind == kinds.SET
    column.size += 4 * len(values)
    ends = list(accumulate(map(len, values)))
    observe(column.elements(), list(chain.from_iterable(values)), lambda index: row_of(bisect_right(ends, index)))


def _look_at_arrays(column: Column, _kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    for index, plain in observe_arrays(column, values, row_of):
        observe(column, [plain], lambda _, index=index: row_of(index))  # type: ignore[misc]


def _look_at_moments(column: Column, _kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    observe(column, observe_moments(column, values, row_of), row_of)


def _look_at_datetimes(column: Column, _kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.size += 8 * len(values)
    zones = [value.tzinfo for value in values]
    for zone in dict.fromkeys(zones):
        row = zones.index(zone)
        column.note(kinds.NAIVE if zone is None else kinds.AWARE, lambda row=row: row_of(row))  # type: ignore[misc]
        if zone is not None:
            column.zones.add(_zone_name(zone))


def _zone_name(zone: dt.tzinfo) -> str:
    """Give the name that Arrow has for a time zone, "UTC" where it has none: the moment is what counts."""
    from pyarrow import lib

    try:
        name: str = lib.tzinfo_to_string(zone)
        lib.string_to_tzinfo(name)
    except Exception:  # noqa: BLE001 - a time zone is anybody's class, and may raise anything
        return "UTC"
    return name


def _look_at_times(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    column.size += 8 * len(values)
    for index, value in enumerate(values):
        if value.tzinfo is not None:
            raise column.error({"a time of day with a time zone, which Parquet has no type for": row_of(index)})


def _look_at_decimals(column: Column, kind: str, values: Sequence[Any], row_of: RowOf) -> None:
    column.note(kind, lambda: row_of(0))
    column.size += 16 * len(values)
    for index, value in enumerate(values):
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            raise column.error({f"Decimal('{value}'), which Parquet has no value for": row_of(index)})
        column.whole = max(column.whole, len(digits) + exponent)
        column.scale = max(column.scale, -exponent)


_LOOKS: dict[str, Callable[[Column, str, Sequence[Any], RowOf], None]] = {
    kinds.TEXT: _look_at_texts,
    kinds.BYTES: _look_at_texts,
    kinds.UUID: _look_at_uuids,
    kinds.DICT: _look_at_dicts,
    kinds.LIST: _look_at_lists,
    kinds.SET: _look_at_lists,
    kinds.ARRAY: _look_at_arrays,
    kinds.MOMENT: _look_at_moments,
    kinds.SPAN: _look_at_moments,
    kinds.AWARE: _look_at_datetimes,
    kinds.TIME: _look_at_times,
    kinds.DECIMAL: _look_at_decimals,
}
