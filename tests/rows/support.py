"""What the tests of rows share: equality that looks at types, strategies, and a shorter way to write and read."""

from __future__ import annotations

import math
import struct
import zoneinfo
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from airflow_artifacts.rows import RowsRef, RowsWriter
from airflow_artifacts.rows.values import decode_rows, encode_rows, join_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_artifacts.storage import ObjectStore


def round_trip(value: object) -> Any:
    (row,) = decode_rows(join_rows(1, [encode_rows([{"column": value}], first=0)]))
    return row["column"]


def write_rows(store: ObjectStore, prefix: str, rows: Sequence[dict[str, Any]], **options: int) -> RowsRef:
    batch = options.pop("batch", 50)
    with RowsWriter(store, prefix, **options) as writer:
        for start in range(0, len(rows), batch):
            writer.write(rows[start : start + batch])
            writer.mark(min(start + batch, len(rows)))
        return writer.commit(producer={"dag_id": "dag"}, step={"name": "step"})


def _is_same_float(left: float, right: float) -> bool:
    return struct.pack(">d", left) == struct.pack(">d", right)


def _is_same_list(left: Any, right: Any) -> bool:
    return len(left) == len(right) and all(map(is_same, left, right))


def _is_same_dict(left: dict[Any, Any], right: dict[Any, Any]) -> bool:
    return _is_same_list(list(left), list(right)) and _is_same_list([*left.values()], [*right.values()])


def _is_same_set(left: Any, right: Any) -> bool:
    rest = list(right)
    for item in left:
        found = next((n for n, other in enumerate(rest) if is_same(item, other)), None)
        if found is None:
            return False
        del rest[found]
    return not rest


def _is_same_moment(left: Any, right: Any) -> bool:
    def facts(value: Any) -> tuple[Any, ...]:
        zone = value.tzinfo
        return value.replace(tzinfo=None), value.fold, type(zone), str(zone), value.utcoffset()

    return facts(left) == facts(right)


def _is_same_decimal(left: Decimal, right: Decimal) -> bool:
    return left.as_tuple() == right.as_tuple()


def _is_same_array(left: Any, right: Any) -> bool:
    return (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes())


_SAME: dict[type, Callable[[Any, Any], bool]] = {
    float: _is_same_float,
    complex: lambda left, right: _is_same_float(left.real, right.real) and _is_same_float(left.imag, right.imag),
    list: _is_same_list,
    tuple: _is_same_list,
    dict: _is_same_dict,
    set: _is_same_set,
    frozenset: _is_same_set,
    datetime: _is_same_moment,
    time: _is_same_moment,
    Decimal: _is_same_decimal,
    np.ndarray: _is_same_array,
}


def is_same(left: Any, right: Any) -> bool:
    """Compare type, value, order, bits of floats, zones, folds: whatever a plain ``==`` takes for equal."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.generic):
        return _is_same_array(np.asarray(left), np.asarray(right))
    compare = _SAME.get(type(left))
    return compare(left, right) if compare else bool(left == right)


_OFFSETS = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59))
_ZONES = (
    st.none()
    | st.sampled_from([timezone.utc, zoneinfo.ZoneInfo("Europe/Berlin"), zoneinfo.ZoneInfo("America/New_York")])
    | st.builds(timezone, _OFFSETS)
    | st.builds(timezone, _OFFSETS, st.sampled_from(["", "UTC", "Z", "häuslich"]))
)
_TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too
_HASHABLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**80), 2**80)
    | st.floats().filter(lambda value: not math.isnan(value))
    | _TEXTS
    | st.binary(max_size=8)
    | st.dates()
    | st.timedeltas()
    | st.uuids()
    | st.decimals(allow_nan=False)
)
_DTYPES = st.sampled_from("? i1 <i4 >i4 u8 f2 <f4 >f8 c8 U3 S3 M8[D] m8[ns]".split())  # noqa: SIM905
_ARRAYS = st.builds(
    lambda dtype, shape, seed: (
        np.frombuffer(
            bytes((seed + n) % 2 for n in range(math.prod(shape) * np.dtype(dtype).itemsize)), dtype
        ).reshape(shape)
        if 0 not in shape
        else np.zeros(shape, dtype)
    ),
    _DTYPES,
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.integers(0, 1),
)
_LEAVES = (
    _HASHABLE
    | st.floats()
    | st.complex_numbers()
    | st.decimals()
    | st.datetimes(timezones=_ZONES, allow_imaginary=True)
    | st.times(timezones=_ZONES)
    | _ARRAYS
)
_KEYS: st.SearchStrategy[Any] = st.deferred(
    lambda: _HASHABLE | st.lists(_KEYS, max_size=2).map(tuple) | st.frozensets(_KEYS, max_size=2)
)
VALUES: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        _LEAVES
        | st.lists(VALUES, max_size=3)
        | st.lists(VALUES, max_size=3).map(tuple)
        | st.dictionaries(_TEXTS, VALUES, max_size=3)
        | st.dictionaries(_KEYS, VALUES, max_size=3)
        | st.sets(_KEYS, max_size=3)
    )
)
COLUMNS = st.text(max_size=5)
ROWS = st.lists(st.dictionaries(COLUMNS, VALUES, max_size=4), max_size=12)
