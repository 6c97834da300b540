"""Kinds of values: which Python and NumPy types mean which kind, and which kinds fit into one column."""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import sys
import uuid
from typing import Any

BOOL = "bool"
INT = "int"
FLOAT = "float"
TEXT = "text"
BYTES = "bytes"
UUID = "UUID"
DATE = "date"
NAIVE = "datetime without a time zone"
AWARE = "datetime with a time zone"
TIME = "time"
DURATION = "timedelta"
DECIMAL = "Decimal"
DICT = "dict"
LIST = "list"
SET = "set"
ARRAY = "NumPy array"
MOMENT = "datetime64"  # of NumPy, as is the next
SPAN = "timedelta64"

INTEGERS = frozenset({INT, *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))})
FLOATS = frozenset({FLOAT, "float16", "float32", "float64"})

# In this order, because a bool is an int and a datetime is a date.
_PYTHON: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool,), BOOL),
    ((int,), INT),
    ((float,), FLOAT),
    ((str,), TEXT),
    ((bytes, bytearray, memoryview), BYTES),
    ((dict,), DICT),
    ((list, tuple), LIST),
    ((set, frozenset), SET),
    ((dt.datetime,), AWARE),
    ((dt.date,), DATE),
    ((dt.time,), TIME),
    ((dt.timedelta,), DURATION),
    ((decimal.Decimal,), DECIMAL),
    ((uuid.UUID,), UUID),
)
_NUMPY = {"bool": BOOL, "str": TEXT, "bytes": BYTES, "datetime64": MOMENT, "timedelta64": SPAN}


@functools.lru_cache(maxsize=256)
def kind_of(type_: type) -> str | None:
    """Give the kind of a type's values, None where Parquet has no place for them.

    Every datetime is AWARE here: whether it has a time zone is a matter of the value. A NumPy number's kind is
    the name of its dtype.
    """
    numpy = loaded_numpy()
    if numpy is not None and issubclass(type_, numpy.ndarray):
        return ARRAY
    if numpy is not None and issubclass(type_, numpy.generic):
        return _kind_of_scalar(numpy.dtype(type_).name)
    return next((kind for types, kind in _PYTHON if issubclass(type_, types)), None)


def _kind_of_scalar(dtype: str) -> str | None:
    if dtype in INTEGERS or dtype in FLOATS:
        return dtype
    return _NUMPY.get(dtype)


def family(kind: str) -> str:
    """Give the name that kinds share when one column can hold them."""
    if kind in INTEGERS or kind in FLOATS:
        return "number"
    return {UUID: TEXT, SET: LIST, ARRAY: LIST}.get(kind, kind)


def loaded_numpy() -> Any:
    """Give NumPy where something has imported it; without it no value is of NumPy."""
    return sys.modules.get("numpy")
