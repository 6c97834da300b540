"""Rows as JSON Lines: what JSON has no type for becomes text, a list or null, see docs/hub_steps.md."""

from __future__ import annotations

import base64
import json
import math
import sys
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from airflow_artifacts.exceptions import UnsupportedValueError
from airflow_artifacts.rows.refusals import Refused, advice
from airflow_artifacts.rows.values import dump_model, is_model
from airflow_artifacts.steps import hub_schema as schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_artifacts.steps.hub_schema import Columns, ValueType

_Written: TypeAlias = "tuple[Any, ValueType]"

_EXACT = 2**53  # the integers up to here are exact as double (IEEE 754)
_SIGNED = 2**63  # the integers below are int64
_NOTHING = (None, schema.NULL)


def write_rows(rows: Sequence[Mapping[str, Any]], first: int = 0) -> tuple[bytes, Columns]:
    """Write rows as JSON Lines, and say which types their columns have.

    Args:
        rows: The rows.
        first: Number of the first of them, for messages.

    Raises:
        UnsupportedValueError: There is a value that has no place in JSON.
    """
    lines: list[str] = []
    columns: Columns = {}
    for number, row in enumerate(rows, first):
        written = {}
        for name, value in row.items():
            try:
                column = _text(str(name))
                written[column], type_ = _write(value)
                columns[column] = schema.unify(columns.get(column, schema.NULL), type_)
            except Refused as error:
                raise UnsupportedValueError(name, number, str(error)) from None
            except RecursionError:
                raise UnsupportedValueError(name, number, "it is nested too deep. Write it as text.") from None
        lines.append(_dump(written))
    return "".join(f"{line}\n" for line in lines).encode(), columns


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _write(value: Any) -> _Written:
    """Give a value as JSON has it, and its type."""
    if value is None:
        return _NOTHING
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            written: _Written = write(value)
            return written
    if type(value).__module__ == "numpy":
        return _write_numpy(value, sys.modules["numpy"])
    if is_model(value):
        return _write(dump_model(value))
    raise Refused(advice(value))


def _write_int(value: int) -> _Written:
    if not -_SIGNED <= value < _SIGNED:
        return str(int(value)), schema.TEXT
    return int(value), schema.INT if -_EXACT <= value <= _EXACT else schema.WIDE


def _write_float(value: float) -> _Written:
    return (float(value), schema.FLOAT) if math.isfinite(value) else _NOTHING


def _text(value: str) -> str:
    """Give a text as Unicode has it: halves of surrogate pairs are joined, or replaced where one is alone."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def _write_datetime(value: datetime) -> _Written:
    if value != value:  # noqa: PLR0124 - pandas' NaT
        return _NOTHING
    offset = value.utcoffset()
    # Arrow knows neither nanoseconds beside microseconds nor seconds of an offset.
    is_exact = not getattr(value, "nanosecond", 0) and (offset is None or not offset % timedelta(minutes=1))
    type_ = schema.NAIVE if offset is None else schema.AWARE
    return value.isoformat(), type_ if is_exact else schema.TEXT


def _write_timedelta(value: timedelta) -> _Written:
    microseconds = value // timedelta(microseconds=1)
    seconds = f"{abs(microseconds) // 10**6}.{abs(microseconds) % 10**6:06}".rstrip("0").rstrip(".")
    return f"{'-' if microseconds < 0 else ''}PT{seconds}S", schema.TEXT


def _write_dict(value: Mapping[Any, Any]) -> _Written:
    written = {_text(str(key)): _write(item) for key, item in value.items()}
    if len(written) < len(value):  # keys such as 1 and "1": an object would lose one of them
        return _write_list([[key, item] for key, item in value.items()])
    types = {key: type_ for key, (_, type_) in written.items()}
    return {key: item for key, (item, _) in written.items()}, schema.struct(types)


def _write_list(value: Iterable[Any]) -> _Written:
    written = [_write(item) for item in value]
    return [item for item, _ in written], {"list": schema.unify_all([type_ for _, type_ in written])}


def _write_set(value: Iterable[Any]) -> _Written:
    items, type_ = _write_list(value)
    try:
        return sorted(items), type_
    except TypeError:  # of several kinds, or dictionaries
        return sorted(items, key=_dump), type_


def _write_numpy(value: Any, numpy: Any) -> _Written:
    if value.dtype.kind in "mM":
        return _write_moments(value, numpy)
    if isinstance(value, numpy.ndarray):
        return _write(value.tolist()) if value.dtype.kind != "V" else _write_list(value)
    plain = value.item()
    if type(plain).__module__ == "numpy":  # a long double stays one
        plain = float(plain) if value.dtype.kind == "f" else complex(plain)
    return _write(plain)


def _write_moments(value: Any, numpy: Any) -> _Written:
    """Write datetime64 and timedelta64, of which ``tolist`` gives numbers where they have nanoseconds."""
    if isinstance(value, numpy.ndarray) and value.ndim:
        return _write_list(value)
    if numpy.isnat(value):
        return _NOTHING
    plain = value.astype("datetime64[us]" if value.dtype.kind == "M" else "timedelta64[us]")
    if plain != value or isinstance(plain.item(), int):  # more digits, or other years, than Python has
        return str(value), schema.TEXT
    return _write(plain.item())


# In this order, because a bool is an int and a datetime is a date.
_WRITERS: tuple[tuple[Any, Any], ...] = (
    (str, lambda value: (_text(str.__str__(value)), schema.TEXT)),
    (bool, lambda value: (value, schema.BOOL)),
    (int, _write_int),
    (float, _write_float),
    (Mapping, _write_dict),
    ((list, tuple), _write_list),
    ((set, frozenset), _write_set),
    ((bytes, bytearray, memoryview), lambda value: (base64.b64encode(value).decode(), schema.TEXT)),
    (datetime, _write_datetime),
    (date, lambda value: (value.isoformat(), schema.DATE)),
    (time, lambda value: (value.isoformat(), schema.TEXT)),
    (timedelta, _write_timedelta),
    ((Decimal, UUID), lambda value: (str(value), schema.TEXT)),
    (complex, lambda value: _write_list([value.real, value.imag])),
)
