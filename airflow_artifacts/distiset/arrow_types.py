"""The Arrow type of a column, chosen from all that was seen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_artifacts.distiset import kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from airflow_artifacts.distiset.columns import Column

_DECIMAL128_DIGITS = 38
_DECIMAL256_DIGITS = 76


def arrow_type(column: Column) -> pa.DataType:
    """Choose the type that holds every value that was seen.

    Raises:
        SchemaError: No type does.
    """
    import pyarrow as pa

    seen = set(column.seen) or column.empty_dtypes
    if not seen:
        return pa.null()
    family = kinds.family(min(seen))
    if family == "number":
        return _number_type(column, seen)
    choose = _BY_CONTENT.get(family)
    return choose(column) if choose else pa.type_for_alias(_BY_KIND[family])


def _struct_type(column: Column) -> pa.DataType:
    """Give the struct of all fields; without any it is null, because Parquet has no struct without fields."""
    import pyarrow as pa

    if not column.fields:
        column.converted = True
        return pa.null()
    return pa.struct([(name, arrow_type(field)) for name, field in column.fields.items()])


def _number_type(column: Column, seen: set[str]) -> pa.DataType:
    import pyarrow as pa

    integers, floats = seen & kinds.INTEGERS, seen & kinds.FLOATS
    if floats and integers:
        if column.inexact is not None:
            beyond = {"an integer beyond 2**53, which a double does not hold exactly": column.inexact}
            raise column.error({**{kind: column.seen[kind] for kind in floats & set(column.seen)}, **beyond})
        return pa.float64()
    if floats:
        narrow = floats <= {"float16", "float32"}
        return pa.float64() if not narrow else pa.float16() if floats == {"float16"} else pa.float32()
    return _integer_type(column, integers)


def _integer_type(column: Column, integers: set[str]) -> pa.DataType:
    """Give the type of NumPy integers by their dtypes, and that of Python's by their range."""
    import pyarrow as pa

    if kinds.INT not in integers:
        numpy = kinds.loaded_numpy()
        common = numpy.result_type(*sorted(integers)).name
        if common in kinds.INTEGERS:
            return pa.type_for_alias(common)
    if column.unsigned is None:
        return pa.int64()
    if column.low < 0:
        seen = {kind: column.seen[kind] for kind in integers}
        raise column.error({**seen, "an integer beyond 63 bits, beside one below zero": column.unsigned})
    return pa.uint64()


def _decimal_type(column: Column) -> pa.DataType:
    import pyarrow as pa

    digits = max(column.whole + column.scale, 1)
    if digits > _DECIMAL256_DIGITS:
        raise column.error(
            {f"Decimal values that need {digits} digits, of 76 at most": column.seen[kinds.DECIMAL]}
        )
    make = pa.decimal128 if digits <= _DECIMAL128_DIGITS else pa.decimal256
    return make(digits, column.scale)


def _list_type(column: Column) -> pa.DataType:
    import pyarrow as pa

    return pa.list_(arrow_type(column.elements()))


def _aware_type(column: Column) -> pa.DataType:
    import pyarrow as pa

    return pa.timestamp("us", next(iter(column.zones)) if len(column.zones) == 1 else "UTC")


_BY_CONTENT: dict[str, Callable[[Column], pa.DataType]] = {
    kinds.DICT: _struct_type,
    kinds.LIST: _list_type,
    kinds.AWARE: _aware_type,
    kinds.DECIMAL: _decimal_type,
}
_BY_KIND = {
    kinds.BOOL: "bool",
    kinds.TEXT: "string",
    kinds.BYTES: "binary",
    kinds.DATE: "date32",
    kinds.NAIVE: "timestamp[us]",
    kinds.TIME: "time64[us]",
    kinds.DURATION: "duration[us]",
}
