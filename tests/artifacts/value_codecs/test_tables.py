"""Tables of pandas, polars and pyarrow come back as they are, or are refused."""

from __future__ import annotations

import datetime as dt
import io
import math
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import polars.testing.parametric
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_artifacts.artifacts.value_codecs import decode, encode
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError
from tests.artifacts.value_codecs.contract import Case, CodecContract, Refusal

PARQUET = "application/vnd.apache.parquet"


def parquet(table: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


PARQUET_FILE = parquet(pa.table({"a": list(range(100))}))
DAMAGES = {
    "empty": b"",
    "text": b"a,b\n1,2\n",
    "cut": PARQUET_FILE[:-20],
    "torn": PARQUET_FILE[:4] + b"\xff" * 40 + PARQUET_FILE[44:],
    "only the mark": b"PAR1PAR1",
}


def frame(values: list[Any], dtype: Any = None, **options: Any) -> Any:
    return pd.DataFrame({"a": pd.Series(values, dtype=dtype)}, **options)


def objects(*values: Any) -> Any:
    return frame(list(values), object)


def with_attributes(attributes: dict[str, Any]) -> Any:
    table = frame([1])
    table.attrs.update(attributes)
    return table


def many() -> Any:
    return pd.DataFrame(
        {
            "int": np.array([1, 2], "int8"),
            "text": ["x", None],
            "category": pd.Categorical(["u", "v"], categories=["v", "u"], ordered=True),
            "moment": pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Europe/Berlin"),
            "nullable": pd.array([1, None], "Int64"),
            "truth": pd.array([True, None], "boolean"),
            "duration": pd.to_timedelta([1, 2]),
            "float": [math.nan, math.inf],
        },
        index=pd.Index([5, 7], name="k"),
    )


class TestPandas(CodecContract):
    codec, kind, suffix, media_type = "pandas", "table", ".parquet", PARQUET
    cases = {
        "many types": Case(many, {"rows": 2, "shape": [2, 8]}),
        "one": Case(
            lambda: frame([1.5]), {"columns": ["a"], "dtypes": {"a": "float64"}, "rows": 1, "shape": [1, 1]}
        ),
        "nothing": Case(pd.DataFrame, {"rows": 0, "shape": [0, 0], "columns": []}),
        "index only": Case(lambda: pd.DataFrame(index=[1, 2]), {"rows": 2}),
        "no rows": Case(lambda: frame([], "datetime64[ns]")),
        "range": Case(lambda: frame([1, 2]).set_index(pd.RangeIndex(3, 9, 3))),
        "several levels": Case(
            lambda: frame([1, 2]).set_index(pd.MultiIndex.from_tuples([(1, "b"), (1, "c")], names=["x", None]))
        ),
        "dates as index": Case(lambda: frame([1]).set_index(pd.DatetimeIndex(["2020-01-01"]))),
        "index twice": Case(lambda: frame([1, 2]).set_index(pd.Index(["a", "a"]))),
        "seconds": Case(lambda: frame([0], "datetime64[s]").set_index(pd.DatetimeIndex(["2020"]).as_unit("s"))),
        "nanoseconds": Case(lambda: frame([1], "datetime64[ns]")),
        "half floats": Case(lambda: frame([1], "float16")),
        "periods": Case(lambda: frame(pd.period_range("2020", periods=1, freq="M"))),
        "intervals": Case(lambda: frame(pd.interval_range(0, 2))),
        "texts": Case(lambda: frame(["x", None], "string")),
        "lists": Case(lambda: objects([1, 2], [], None)),
        "lists of lists": Case(lambda: objects([[1], [2, 3]])),
        "arrays": Case(lambda: objects(np.array([1, 2], "f4"), np.zeros(0, "f4"))),
        "dicts": Case(lambda: objects({"x": 1, "y": [1]}, {"x": 2, "y": []})),
        "dates": Case(lambda: objects(dt.date(2020, 1, 1), None)),
        "decimals": Case(lambda: objects(Decimal("1.50"))),
        "bytes": Case(lambda: objects(b"\xff", b"")),
        "numbers as objects": Case(lambda: objects(1, None)),
        "truth as objects": Case(lambda: objects(True, None)),
        "numbers of NumPy as objects": Case(lambda: objects(np.int64(1)), {}, lambda: objects(1)),
        "texts as objects": Case(lambda: objects("a", None)),
        "nothing as objects": Case(lambda: objects(None, None)),
        "attributes": Case(lambda: with_attributes({"x": [1]})),
        "odd names": Case(lambda: pd.DataFrame({"": [1], "index": [2], "__index_level_0__": [3], "é/#": [4]})),
        "name of the columns": Case(lambda: pd.DataFrame([[1]], columns=pd.Index(["a"], name="of"))),
        "many columns": Case(lambda: pd.DataFrame([range(2000)]).rename(columns=str), {"shape": [1, 2000]}),
        "subclass": Case(lambda: SubFrame({"a": [1]}), {}, lambda: frame([1])),
    }
    refusals = {
        "number as name": Refusal(lambda: pd.DataFrame([[1]]), r"column 0 is named by a int.*map\(str\)"),
        "levels of names": Refusal(lambda: pd.DataFrame({("a", "b"): [1]}), r"named by a tuple"),
        "name twice": Refusal(lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns"),
        "mixed": Refusal(lambda: objects(1, "x"), r"column a", late=True),
        "text and bytes": Refusal(
            lambda: objects("a", b"b"), r"row 0 of the column 'a'.*a str as a bytes", late=True
        ),
        "int and float": Refusal(lambda: objects(1, 2.5), r"row 0.*a int as a float", late=True),
        "tuples": Refusal(lambda: objects((1, 2)), "a tuple as a list", late=True),
        "dicts with other keys": Refusal(
            lambda: objects({"x": 1}, {"y": 2}), r"keys \['x'\].*\['x', 'y'\]", late=True
        ),
        "lists and arrays": Refusal(lambda: objects([1], np.array([1])), "column 'a'", late=True),
        "arrays of arrays": Refusal(lambda: objects(np.eye(2)), "column a", late=True),
        "keys that are no text": Refusal(lambda: objects({1: 2}), "column a", late=True),
        "object": Refusal(lambda: objects(object()), "column a", late=True),
        "moments as objects": Refusal(lambda: objects(pd.Timestamp("2020", tz="UTC")), "Timestamp", late=True),
        "complex": Refusal(lambda: frame([1j]), "column a", late=True),
        "sparse": Refusal(lambda: frame(pd.arrays.SparseArray([0, 1])), "(?i)sparse", late=True),
        "lists of Arrow": Refusal(
            lambda: frame(pd.arrays.ArrowExtensionArray(pa.array([[1]]))), "cannot read the frame back", late=True
        ),
        "surrogate": Refusal(lambda: objects("\ud800"), "surrogate", late=True),
        "objects as index": Refusal(lambda: frame([1]).set_index(pd.Index([1], dtype=object)), "index", late=True),
        "number as name of the index": Refusal(
            lambda: frame([1]).set_index(pd.Index(["k"], name=3)), "index name", late=True
        ),
        "attributes": Refusal(lambda: with_attributes({"x": object()}), "attrs", late=True),
        "rows without columns": Refusal(
            lambda: pd.DataFrame(index=range(2)), "length .*0 instead of 2", late=True
        ),
        "series": Refusal(lambda: pd.Series([1]), r"pandas\.Series.*to_frame"),
        "index": Refusal(lambda: pd.Index([1]), "to_frame"),
    }
    damages = DAMAGES
    as_types = [pd.DataFrame, pl.DataFrame, pa.Table]

    def is_same(self, found: Any, value: Any) -> bool:
        assert type(found) is pd.DataFrame or type(value) is SubFrame
        pd.testing.assert_frame_equal(found, value, check_freq=False, check_exact=True)
        assert found.attrs == value.attrs
        for column in [name for name, kind in found.dtypes.items() if str(kind) == "object"]:
            assert [type(cell) for cell in found[column]] == [type(cell) for cell in value[column]]
        return True


class SubFrame(pd.DataFrame):  # type: ignore[misc]
    pass


class TestPolars(CodecContract):
    codec, kind, suffix, media_type = "polars", "table", ".parquet", PARQUET
    cases = {
        "simple": Case(
            lambda: pl.DataFrame({"a": [1, 2], "s": ["x", None]}),
            {"rows": 2, "shape": [2, 2], "columns": ["a", "s"], "dtypes": {"a": "Int64", "s": "String"}},
        ),
        "nothing": Case(pl.DataFrame, {"rows": 0}),
        "categories": Case(lambda: pl.DataFrame({"c": ["a", "b"]}, schema={"c": pl.Categorical})),
        "enumeration": Case(lambda: pl.DataFrame({"c": ["a"]}, schema={"c": pl.Enum(["b", "a"])})),
        "arrays": Case(lambda: pl.DataFrame({"l": [[1, 2]]}, schema={"l": pl.Array(pl.Int8, 2)})),
        "structs": Case(lambda: pl.DataFrame({"s": [{"x": [1]}, {"x": None}]})),
        "times": Case(lambda: pl.DataFrame({"t": [dt.time(1, 2, 3)], "d": [dt.timedelta(1)]})),
        "moments": Case(lambda: pl.DataFrame({"d": [dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)]})),
        "nulls": Case(lambda: pl.DataFrame({"n": [None, None]})),
        "wide integers": Case(lambda: pl.DataFrame({"i": [2**100]}, schema={"i": pl.Int128})),
        "decimals": Case(lambda: pl.DataFrame({"d": [Decimal("1.50")]})),
        "NaN": Case(lambda: pl.DataFrame({"f": [math.nan, None, math.inf]})),
        "odd names": Case(lambda: pl.DataFrame({"": [1], "é/#": [2]})),
    }
    refusals = {
        "objects": Refusal(
            lambda: pl.DataFrame({"o": [object()]}, schema={"o": pl.Object}), "'o' holds Python objects"
        ),
        "series": Refusal(lambda: pl.Series([1]), r"polars\.Series.*to_frame"),
        "lazy": Refusal(lambda: pl.DataFrame({"a": [1]}).lazy(), r"collect\(\)"),
    }
    damages = DAMAGES
    as_types = [pd.DataFrame, pl.DataFrame, pa.Table]

    def is_same(self, found: Any, value: Any) -> bool:
        polars.testing.assert_frame_equal(found, value, check_exact=True, categorical_as_str=False)
        return bool(found.schema == value.schema)


def column(values: list[Any], kind: Any) -> Any:
    return pa.table({"x": pa.array(values, kind)})


class TestArrow(CodecContract):
    codec, kind, suffix, media_type = "arrow", "table", ".parquet", PARQUET
    cases = {
        "simple": Case(
            lambda: pa.table({"a": [1, 2], "s": ["x", None]}),
            {"rows": 2, "shape": [2, 2], "columns": ["a", "s"], "dtypes": {"a": "int64", "s": "string"}},
        ),
        "nothing": Case(lambda: pa.table({}), {"rows": 0}),
        "metadata": Case(lambda: pa.table({"a": [1]}).replace_schema_metadata({"k": "v"})),
        "not null": Case(lambda: pa.table([[1]], pa.schema([pa.field("a", pa.int8(), nullable=False)]))),
        "name twice": Case(lambda: pa.table([[1], [2]], names=["x", "x"])),
        "name that is empty": Case(lambda: pa.table({"": [1]})),
        "map": Case(lambda: column([[("k", 1)]], pa.map_(pa.string(), pa.int8()))),
        "seconds": Case(lambda: column([1], pa.timestamp("s"))),
        "seconds in a list": Case(lambda: column([[1]], pa.list_(pa.timestamp("s")))),
        "time in seconds": Case(lambda: column([1], pa.time32("s"))),
        "long date": Case(lambda: column([dt.date(2020, 1, 1)], pa.date64())),
        "dictionary": Case(lambda: pa.table({"x": pa.array(["a", "b"]).dictionary_encode()})),
        "nulls": Case(lambda: column([None], pa.null())),
        "view": Case(lambda: column(["x"], pa.string_view())),
        "large list": Case(lambda: column([[1]], pa.large_list(pa.int8()))),
        "chunks": Case(lambda: pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2]})])),
        "NaN": Case(lambda: column([math.inf, None], pa.float64())),
    }
    refusals = {
        "union": Refusal(
            lambda: pa.table(
                {
                    "x": pa.UnionArray.from_dense(
                        pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])]
                    )
                }
            ),
            "Parquet cannot hold",
            late=True,
        ),
        "interval": Refusal(
            lambda: column([None], pa.month_day_nano_interval()), "Parquet cannot hold", late=True
        ),
        "far away": Refusal(lambda: column([-(2**62)], pa.timestamp("s")), "Parquet cannot hold", late=True),
        "dictionary of seconds": Refusal(
            lambda: pa.table({"x": pa.array([1], pa.timestamp("s")).dictionary_encode()}),
            "Parquet cannot hold",
            late=True,
        ),
        "rows without columns": Refusal(lambda: pa.table({"a": [1]}).select([]), "rows and no columns", late=True),
        "batch": Refusal(lambda: pa.record_batch({"a": [1]}), "from_batches"),
    }
    damages = DAMAGES
    as_types = [pd.DataFrame, pl.DataFrame, pa.Table]

    def is_same(self, found: Any, value: Any) -> bool:
        return bool(found.equals(value) and found.schema.equals(value.schema, check_metadata=True))


CELLS = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(),
    "bool": st.booleans(),
    "object": st.none() | st.lists(st.integers(-5, 5), max_size=3),
    "string": st.none() | st.text(),
    "Int8": st.none() | st.integers(-128, 127),
}


@st.composite
def frames(draw: Any) -> Any:
    count = draw(st.integers(0, 4))
    kinds = draw(st.dictionaries(st.text(max_size=4), st.sampled_from(sorted(CELLS)), max_size=4))
    columns = {
        name: pd.Series(draw(st.lists(CELLS[kind], min_size=count, max_size=count)), dtype=kind)
        for name, kind in kinds.items()
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(count if columns else 0))


@given(frames())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_frame_of_pandas_comes_back(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        encode("a", value, Path(folder))
        pd.testing.assert_frame_equal(decode("pandas", Path(folder), name="a"), value, check_exact=True)


@given(polars.testing.parametric.dataframes(max_cols=4, max_size=4))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_frame_of_polars_comes_back_or_is_refused(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            encode("a", value, Path(folder))
        except ArtifactError:
            assert any(dtype == pl.Object or "Struct({})" in str(dtype) for dtype in value.schema.values())
        else:
            polars.testing.assert_frame_equal(decode("polars", Path(folder), name="a"), value, check_exact=True)


def test_a_path_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "a=1" / "b[12]*"
    for value in (pd.DataFrame({"a": [5]}), pl.DataFrame({"a": [5]}), pa.table({"a": [5]})):
        folder.mkdir(parents=True, exist_ok=True)
        encoded = encode("n", value, folder)
        for as_type in (None, pa.Table):
            found = decode(encoded.codec, folder, name="n", as_type=as_type)
            assert list(found.columns if as_type is None and encoded.codec != "arrow" else found.column_names) == [
                "a"
            ]


def test_libraries_read_each_others_tables(tmp_path: Path) -> None:
    values = [pd.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [1, 2]}), pa.table({"a": [1, 2]})]
    for number, value in enumerate(values):
        folder = tmp_path / str(number)
        folder.mkdir()
        encoded = encode("n", value, folder)
        assert decode(encoded.codec, folder, name="n", as_type=pd.DataFrame).to_dict("list") == {"a": [1, 2]}
        assert decode(encoded.codec, folder, name="n", as_type=pl.DataFrame).to_dict(as_series=False) == {
            "a": [1, 2]
        }
        assert decode(encoded.codec, folder, name="n", as_type=pa.Table).to_pydict() == {"a": [1, 2]}
        with pytest.raises(ArtifactLoadError, match="SubFrame"):
            decode(encoded.codec, folder, name="n", as_type=SubFrame)


def test_a_wide_table_has_a_small_record(tmp_path: Path) -> None:
    wide = encode("n", pa.table({str(number): [1] for number in range(1001)}), tmp_path)
    assert wide.facts == {"rows": 1, "shape": [1, 1001]}
