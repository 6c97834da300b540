"""The schema that is found for rows, by looking at what comes back through ``datasets``."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import math
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from airflow_artifacts.distiset import Subset, load_from_disk
from airflow_artifacts.distiset.survey import survey
from airflow_artifacts.exceptions import DistisetError, SchemaError
from tests.distiset.support import ListRows, distiset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

D = decimal.Decimal
UTC = dt.timezone.utc
PLUS_TWO = dt.timezone(dt.timedelta(hours=2))
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 678901)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")


class Colour(str, enum.Enum):
    RED = "red"


class Nowhere(dt.tzinfo):
    def utcoffset(self, _: dt.datetime | None) -> dt.timedelta:
        return dt.timedelta(0)

    def dst(self, _: dt.datetime | None) -> None:
        return None

    def tzname(self, _: dt.datetime | None) -> str:
        return "Nowhere"


def f32(*values: float) -> Any:
    return np.array(values, np.float32)


CASES: dict[str, tuple[list[Any], str, list[Any] | None]] = {
    "null": ([None, None], "null", None),
    "bool": ([True, None, np.bool_(False)], "bool", [True, None, False]),
    "int": ([1, None, -(2**63), 2**63 - 1], "int64", None),
    "unsigned": ([0, 2**64 - 1], "uint64", None),
    "float": ([1.5, None, math.inf], "double", None),
    "int and float": ([1, 2.5, 2**53], "double", [1.0, 2.5, float(2**53)]),
    "text": (["ü", None, "", Colour.RED, np.str_("x")], "string", ["ü", None, "", "red", "x"]),
    "bytes": ([b"\0", bytearray(b"a"), memoryview(b"b"), np.bytes_(b"c")], "binary", [b"\0", b"a", b"b", b"c"]),
    "uuid": ([ID, None], "string", [str(ID), None]),
    "date": ([dt.date(2026, 1, 2)], "date32[day]", None),
    "naive": ([MOMENT], "timestamp[us]", None),
    "aware": ([MOMENT.replace(tzinfo=NEW_YORK)], "timestamp[us, tz=America/New_York]", None),
    "offset": ([MOMENT.replace(tzinfo=PLUS_TWO)], "timestamp[us, tz=+02:00]", None),
    "zones": ([MOMENT.replace(tzinfo=UTC), MOMENT.replace(tzinfo=PLUS_TWO)], "timestamp[us, tz=UTC]", None),
    "nameless zone": ([MOMENT.replace(tzinfo=Nowhere())], "timestamp[us, tz=UTC]", [MOMENT.replace(tzinfo=UTC)]),
    "time": ([dt.time(1, 2, 3, 4)], "time64[us]", None),
    "timedelta": ([dt.timedelta(days=-1, microseconds=3)], "duration[us]", None),
    "decimal": ([D("1.5"), D("-12.345"), D("1E+3"), D(0)], "decimal128(7, 3)", None),
    "small decimal": ([D("0.001")], "decimal128(3, 3)", None),
    "wide decimal": ([D("1" * 50)], "decimal256(50, 0)", None),
    "list": ([[1, None], [], None, (2,)], "list<item: int64>", [[1, None], [], None, [2]]),
    "empty lists": ([[], [None]], "list<item: null>", None),
    "sets": (
        [{"b", "e", "c", "a", "f", "d"}, frozenset({"c"})],
        "list<item: string>",
        [["a", "b", "c", "d", "e", "f"], ["c"]],
    ),
    "mixed set": ([{1, None}], "list<item: int64>", [[1, None]]),
    "list of floats and ints": ([[1], [0.5]], "list<item: double>", [[1.0], [0.5]]),
    "struct": (
        [{"a": 1}, {"b": {"c": "x"}}, None, {}],
        "struct<a: int64, b: struct<c: string>>",
        [{"a": 1, "b": None}, {"a": None, "b": {"c": "x"}}, None, {"a": None, "b": None}],
    ),
    "ordered": (
        [{"a": 1}, collections.OrderedDict(b=2)],
        "struct<a: int64, b: int64>",
        [{"a": 1, "b": None}, {"a": None, "b": 2}],
    ),
    "empty dictionaries": ([{}, {}], "null", [None, None]),
    "lists of empty dictionaries": ([[{}], []], "list<item: null>", [[None], []]),
    "list of structs": (
        [[{"r": "user"}], [{"c": "x"}]],
        "list<item: struct<r: string, c: string>>",
        [[{"r": "user", "c": None}], [{"r": None, "c": "x"}]],
    ),
    "float32": ([np.float32(0.5), None], "float", [0.5, None]),
    "float16": ([np.float16(0.5)], "halffloat", [0.5]),
    "float16 and float32": ([np.float16(0.5), np.float32(1)], "float", [0.5, 1.0]),
    "float32 and float": ([np.float32(0.5), 0.1], "double", [0.5, 0.1]),
    "int8 and int16": ([np.int8(1), np.int16(300)], "int16", [1, 300]),
    "int8 and int": ([np.int8(1), 300], "int64", [1, 300]),
    "int64 and uint64": ([np.int64(1), np.uint64(2)], "int64", [1, 2]),
    "embedding": ([f32(1, 2), None, f32()], "list<item: float>", [[1, 2], None, []]),
    "no embedding yet": ([f32(), None], "list<item: float>", [[], None]),
    "empty array beside texts": ([np.array([]), ["x"]], "list<item: string>", [[], ["x"]]),
    "arrays of unlike dtypes": ([f32(1), np.array([0.1])], "list<item: double>", [[1.0], [0.1]]),
    "array and list": ([np.array([1, 2], np.int8), [300]], "list<item: int64>", [[1, 2], [300]]),
    "matrix": ([np.eye(2, dtype=np.int8)], "list<item: list<item: int8>>", [[[1, 0], [0, 1]]]),
    "cube": ([np.zeros((1, 2, 1), np.float32)], "list<item: list<item: list<item: float>>>", [[[[0], [0]]]]),
    "list of arrays": ([[f32(1)], [f32(2)]], "list<item: list<item: float>>", [[[1]], [[2]]]),
    "arrays in a struct": (
        [{"e": np.eye(1, dtype=np.float32)}],
        "struct<e: list<item: list<item: float>>>",
        [{"e": [[1]]}],
    ),
    "truths": ([np.array([True, False])], "list<item: bool>", [[True, False]]),
    "other byte order": ([np.array([1, 2], ">f4")], "list<item: float>", [[1, 2]]),
    "array of none": ([np.array(3.5)], "double", [3.5]),
    "array of texts": ([np.array(["a"])], "list<item: string>", [["a"]]),
    "array of objects": ([np.array([{"a": 1}, None])], "list<item: struct<a: int64>>", [[{"a": 1}, None]]),
    "masked array": ([np.ma.array([1, 2], mask=[False, True])], "list<item: int64>", [[1, None]]),
    "datetime64": ([np.array([MOMENT, "NaT"], "M8[ns]")], "list<item: timestamp[us]>", [[MOMENT, None]]),
    "datetime64 scalar": ([np.datetime64(MOMENT, "ns"), MOMENT], "timestamp[us]", [MOMENT, MOMENT]),
    "timedelta64": ([np.timedelta64(3, "s")], "duration[us]", [dt.timedelta(seconds=3)]),
}


@pytest.mark.parametrize("name", CASES)
def test_values_come_back(tmp_path: Path, source: ObjectStore, name: str) -> None:
    values, type_, expected = CASES[name]
    rows = [{"n": number, "x": value} for number, value in enumerate(values)]
    distiset({"a": rows}).save(str(tmp_path / "out"), source=source)
    loaded = load_from_disk(str(tmp_path / "out"))["a"]["train"]
    assert str(loaded.to_arrow().schema.field("x").type) == type_.replace("item:", "element:")
    assert [row["x"] for row in loaded] == (values if expected is None else expected)


def test_a_rich_schema_is_what_datasets_makes_of_it(
    tmp_path: Path, source: ObjectStore, load: Callable[..., Any]
) -> None:
    import yaml
    from datasets import Features

    rows = [{name: None for name in CASES}]  # noqa: C420
    for name, (values, _, _) in CASES.items():
        for value in values:
            rows.append({name: value})  # noqa: PERF401
    distiset({"default": rows}).save(str(tmp_path / "out"), source=source)
    schema = load_from_disk(str(tmp_path / "out"))["default"]["train"].to_arrow().schema
    card = yaml.safe_load((tmp_path / "out/README.md").read_text().split("---\n")[1])
    assert card["dataset_info"]["features"] == Features.from_arrow_schema(schema)._to_yaml_list()
    loaded = load(tmp_path / "out")["train"]
    assert loaded.features == Features.from_arrow_schema(schema)
    assert len(loaded) == len(rows)
    assert loaded[len(rows) - 1]["timedelta64"] == dt.timedelta(seconds=3)


def test_a_column_that_comes_late(tmp_path: Path, source: ObjectStore, load: Callable[..., Any]) -> None:
    rows: list[dict[str, Any]] = [{"a": 1}] * 2000 + [{"a": 2, "late": {"x": [1]}}]
    distiset({"default": rows}).save(str(tmp_path / "out"), source=source, shard_bytes=5000)
    loaded = load(tmp_path / "out")["train"]
    assert loaded[0] == {"a": 1, "late": None}
    assert loaded[2000] == {"a": 2, "late": {"x": [1]}}


MISFITS: dict[str, tuple[list[Any], str, str]] = {
    "bool and int": ([True, 1], "x", "bool (first in row 0) and int (first in row 1)"),
    "text and int": (["a", None, 1], "x", "text (first in row 0) and int (first in row 2)"),
    "text and float in one batch": ([1.5, "a", 1.5], "x", "float (first in row 0) and text (first in row 1)"),
    "list and text": ([["a"], "a"], "x", "list (first in row 0) and text (first in row 1)"),
    "array and text": ([f32(1), "a"], "x", "list (first in row 0) and text (first in row 1)"),
    "array and texts": ([f32(1), None, ["a"]], "x[]", "float32 (first in row 0) and text (first in row 2)"),
    "elements": ([[1], [], [2, 3, "a"]], "x[]", "int (first in row 0) and text (first in row 2)"),
    "deep": (
        [{"a": [{"b": 1}]}, {"a": [{"b": 2}, {"b": b""}]}],
        "x.a[].b",
        "int (first in row 0) and bytes (first in row 1)",
    ),
    "naive and aware": (
        [MOMENT, MOMENT.replace(tzinfo=UTC)],
        "x",
        "datetime without a time zone (first in row 0) and datetime with",
    ),
    "date and datetime": ([dt.date(2026, 1, 1), MOMENT], "x", "date (first in row 0) and datetime without"),
    "decimal and float": ([D(1), 1.5], "x", "Decimal (first in row 0) and float (first in row 1)"),
    "large int and float": ([0.5, 1, 2**53 + 1], "x", "float (first in row 0) and an integer beyond 2**53"),
    "large array and float": (
        [0.5, np.array(2**53 + 1)],
        "x",
        "which a double does not hold exactly (first in row 1)",
    ),
    "beyond 64 bits": ([1, 2**64], "x", "an integer beyond 64 bits (first in row 1)"),
    "below 64 bits": ([1, -(2**63) - 1], "x", "an integer beyond 64 bits (first in row 1)"),
    "beyond 63 bits and below zero": (
        [-1, 2**63],
        "x",
        "an integer beyond 63 bits, beside one below zero (first in row 1)",
    ),
    "complex": ([1, 2j], "x", "a complex, which Parquet has no type for (first in row 1)"),
    "array of complex": ([np.array([2j])], "x", "an array of complex128, which"),
    "numpy complex": ([np.complex128(2j)], "x", "a complex128, which"),
    "keys that are no text": (
        [{"a": 1}, {1: 2}],
        "x",
        "a dictionary with the key 1, which is not valid text (first in row 1)",
    ),
    "a surrogate as key": ([{"\ud800": 1}], "x", "which is not valid text (first in row 0)"),
    "aware time": (
        [dt.time(1), dt.time(1, tzinfo=UTC)],
        "x",
        "a time of day with a time zone, which Parquet has no type for (first in row 1)",
    ),
    "nan decimal": ([D(1), D("NaN")], "x", "Decimal('NaN'), which Parquet has no value for (first in row 1)"),
    "huge decimal": ([D("1" * 77)], "x", "Decimal values that need 77 digits"),
    "nanoseconds": (
        [np.datetime64(1, "ns")],
        "x",
        "datetime64[ns] that is no whole microsecond or out of range (first in row 0)",
    ),
    "far moments": ([np.array(["20000-01-01"], "M8[s]")], "x", "datetime64[s] that is no whole"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_values_that_do_not_fit(name: str) -> None:
    values, path, message = MISFITS[name]
    rows = [{"n": number, "x": value} for number, value in enumerate(values)]
    with pytest.raises(SchemaError) as error:
        survey(Subset("a", ListRows(rows)), None)
    assert error.value.column == path
    assert message in str(error.value)


def test_a_row_is_counted_over_batches() -> None:
    rows = [{"x": [number]} for number in range(3456)]
    rows[3333] = {"x": [1, "a"]}  # type: ignore[list-item]
    with pytest.raises(SchemaError, match=r"text \(first in row 3333\)"):
        survey(Subset("a", ListRows(rows)), None)


@pytest.mark.parametrize("value", ["\ud800", dt.timedelta.max])
def test_a_value_that_cannot_be_written_is_found(tmp_path: Path, source: ObjectStore, value: Any) -> None:
    rows = [{"x": type(value)()} for _ in range(1200)]
    rows[1100] = {"x": value}
    with pytest.raises(DistisetError, match="column 'x' in row 1100 of subset 'a' cannot be written"):
        distiset({"a": rows}).save(str(tmp_path / "out"), source=source)


def test_column_types_without_numpy_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_artifacts.distiset import kinds

    kinds.kind_of.cache_clear()
    monkeypatch.setattr(kinds, "loaded_numpy", lambda: None)
    try:
        found = survey(Subset("a", ListRows([{"x": 1, "y": {"z"}}])), None)
    finally:
        kinds.kind_of.cache_clear()
    assert found.schema == pa.schema([("x", pa.int64()), ("y", pa.list_(pa.string()))])
