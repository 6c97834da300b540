"""Values as JSON has them, and the types that the card says."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import math
import uuid
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, SecretStr

from airflow_artifacts.exceptions import UnsupportedValueError
from airflow_artifacts.steps import hub_schema as schema
from airflow_artifacts.steps.hub_values import write_rows

UTC = dt.timezone.utc
LMT = dt.timezone(dt.timedelta(minutes=53, seconds=28))
KOLKATA = dt.timezone(dt.timedelta(hours=5, minutes=30))


class Number(enum.IntEnum):
    ONE = 1


class Word(str, enum.Enum):
    A = "a"


class Model(BaseModel):
    when: dt.date
    values: tuple[int, ...] = (1,)


VALUES: list[tuple[Any, Any, Any]] = [
    (None, None, "null"),
    (True, True, "bool"),
    (3, 3, "int"),
    (-(2**53), -(2**53), "int"),
    (2**53 + 1, 2**53 + 1, "wide int"),
    (2**63 - 1, 2**63 - 1, "wide int"),
    (-(2**63), -(2**63), "wide int"),
    (2**63, "9223372036854775808", "text"),
    (-(2**63) - 1, "-9223372036854775809", "text"),
    (Number.ONE, 1, "int"),
    (0.1, 0.1, "float"),
    (5e-324, 5e-324, "float"),
    (math.nan, None, "null"),
    (-math.inf, None, "null"),
    ("é\u2028\0\n", "é\u2028\0\n", "text"),
    ("a\ud800b", "a\ufffdb", "text"),
    ("\ud83d\ude00", "😀", "text"),
    (Word.A, "a", "text"),
    (b"\xff\0", "/wA=", "text"),
    (bytearray(b"ab"), "YWI=", "text"),
    pytest.param(memoryview(b"ab"), "YWI=", "text", id="memoryview"),
    (dt.date(2024, 2, 3), "2024-02-03", "date"),
    (dt.datetime(2024, 2, 3, 4, 5), "2024-02-03T04:05:00", "datetime"),
    (dt.datetime(2024, 2, 3, 4, 5, 6, 7), "2024-02-03T04:05:06.000007", "datetime"),
    (dt.datetime(2024, 2, 3, tzinfo=UTC), "2024-02-03T00:00:00+00:00", "datetime with a zone"),
    (dt.datetime(2024, 2, 3, tzinfo=KOLKATA), "2024-02-03T00:00:00+05:30", "datetime with a zone"),
    (dt.datetime(1890, 1, 1, tzinfo=LMT), "1890-01-01T00:00:00+00:53:28", "text"),
    (dt.time(1, 2, 3), "01:02:03", "text"),
    (dt.timedelta(days=1, seconds=2, microseconds=500000), "PT86402.5S", "text"),
    (dt.timedelta(seconds=-5), "-PT5S", "text"),
    (dt.timedelta(0), "PT0S", "text"),
    (dt.timedelta(seconds=100), "PT100S", "text"),
    (decimal.Decimal("1.10"), "1.10", "text"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", "text"),
    (1 + 2j, [1.0, 2.0], {"list": "float"}),
    ([1, None, 2.5], [1, None, 2.5], {"list": "float"}),
    ((), [], {"list": "null"}),
    ([1, "a"], [1, "a"], {"list": "json"}),
    ({3, 1, 20}, [1, 3, 20], {"list": "int"}),
    pytest.param({"b", 1, None}, ["b", 1, None], {"list": "json"}, id="mixed set"),
    (frozenset({(2, 1), (1, 9)}), [[1, 9], [2, 1]], {"list": {"list": "int"}}),
    ({"a": {"b": [1]}}, {"a": {"b": [1]}}, {"struct": {"a": {"struct": {"b": {"list": "int"}}}}}),
    (MappingProxyType({"a": 1}), {"a": 1}, {"struct": {"a": "int"}}),
    ({}, {}, "json"),
    ({1: "a", None: "b"}, {"1": "a", "None": "b"}, {"struct": {"1": "text", "None": "text"}}),
    ({1: "a", "1": "b"}, [[1, "a"], ["1", "b"]], {"list": {"list": "json"}}),
    ({"\ud800": 1}, {"\ufffd": 1}, {"struct": {"\ufffd": "int"}}),
    ({str(n): n for n in range(201)}, {str(n): n for n in range(201)}, "json"),
    (
        Model(when=dt.date(2024, 1, 1)),
        {"when": "2024-01-01", "values": [1]},
        {"struct": {"when": "date", "values": {"list": "int"}}},
    ),
    (np.int64(3), 3, "int"),
    (np.uint64(2**63), "9223372036854775808", "text"),
    (np.float32(0.5), 0.5, "float"),
    (np.float64("nan"), None, "null"),
    (np.longdouble(0.5), 0.5, "float"),
    (np.clongdouble(1 + 2j), [1.0, 2.0], {"list": "float"}),
    (np.bool_(True), True, "bool"),
    (np.str_("a"), "a", "text"),
    (np.bytes_(b"ab"), "YWI=", "text"),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]], {"list": {"list": "int"}}),
    (np.array([1.5, np.nan]), [1.5, None], {"list": "float"}),
    (np.array(7), 7, "int"),
    (np.array([], "f4"), [], {"list": "null"}),
    (np.array([(1, "a")], [("n", "i4"), ("t", "U1")]), [[1, "a"]], {"list": {"list": "json"}}),
    (np.datetime64("2024-01-02"), "2024-01-02T00:00:00", "datetime"),
    (np.datetime64("2024-01-02T03:04:05.123456000"), "2024-01-02T03:04:05.123456", "datetime"),
    (np.datetime64("2024-01-02T03:04:05.123456789"), "2024-01-02T03:04:05.123456789", "text"),
    (np.datetime64("NaT"), None, "null"),
    (np.datetime64("-0100-01-01"), "-100-01-01", "text"),
    (np.timedelta64(90, "s"), "PT90S", "text"),
    (np.array(["2024-01-02", "NaT"], "M8[ns]"), ["2024-01-02T00:00:00", None], {"list": "datetime"}),
    (np.array("2024-01-02", "M8[ns]"), "2024-01-02T00:00:00", "datetime"),
    (pd.Timestamp("2024-01-02"), "2024-01-02T00:00:00", "datetime"),
    (pd.Timestamp("2024-01-02T00:00:00.000000001"), "2024-01-02T00:00:00.000000001", "text"),
    (pd.NaT, None, "null"),
    (pd.Timedelta(seconds=2), "PT2S", "text"),
]


@pytest.mark.parametrize(("value", "expected", "kind"), VALUES, ids=lambda value: repr(value)[:40])
def test_values(value: Any, expected: Any, kind: Any) -> None:
    data, columns = write_rows([{"v": value}])
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 1
    found = json.loads(data, parse_constant=pytest.fail)["v"]
    assert (found, type(found)) == (expected, type(expected))
    assert columns == {"v": kind}
    schema.check_columns(columns)
    assert json.loads(json.dumps(columns)) == columns


def test_rows() -> None:
    data, columns = write_rows([{"b": 1, "a": None}, {}, {"a": "x", "c": 1.5}, {"b": 0.5}])
    assert data == b'{"b":1,"a":null}\n{}\n{"a":"x","c":1.5}\n{"b":0.5}\n'
    assert columns == {"b": "float", "a": "text", "c": "float"}
    assert write_rows([]) == (b"", {})


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (object(), "it is a object. Convert it to plain Python values"),
        ([SecretStr("x")], "it is a secret"),
        (pd.Series([1]), r"Convert it with .to_dict\(\)"),
        (enum.Enum("E", "A").A, "Use its .value"),  # type: ignore[attr-defined]
        (nested(5000), "it is nested too deep"),
    ],
    ids=["object", "secret", "pandas", "enum", "deep"],
)
def test_what_has_no_place(value: Any, problem: str) -> None:
    with pytest.raises(UnsupportedValueError, match=rf"Column 'v' of row 8 .*{problem}"):
        write_rows([{"v": 1}, {"v": value}], 7)
