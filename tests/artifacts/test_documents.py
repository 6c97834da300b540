"""A file gets the format that its name asks for, and is read back from it."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import json
import math
import sys
import types
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import PIL.Image
import plotly.graph_objects as go
import polars as pl
import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from airflow_artifacts.artifacts.documents import (
    read_dict,
    read_table,
    read_text,
    write_dict,
    write_figure,
    write_image,
    write_table,
    write_text,
)
from airflow_artifacts.artifacts.value_codecs import Encoded, decode
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError, MissingExtraError

TEXT = "one\r\ntwo é\n\ttab"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def decoded(encoded: Encoded, path: Path, as_type: type | None = None) -> Any:
    """Load as the repository does: the only file of a folder, by the codec that was named."""
    assert [path] == list(path.parent.iterdir())
    assert json.loads(json.dumps(dict(encoded.facts), allow_nan=False)) == encoded.facts
    return decode(encoded.codec, path.parent, name=path.name, as_type=as_type)


@pytest.mark.parametrize(
    ("file_name", "codec", "media_type"),
    [
        ("notes.txt", "text", "text/plain"),
        ("README.md", "markdown", "text/markdown"),
        ("report.HTML", "html", "text/html"),
        ("old.htm", "html", "text/html"),
        ("rows.csv", "csv", "text/csv"),
        ("LICENSE", "text", "text/plain"),
        ("config.toml", "text", "text/plain"),
        ("query.sql", "text", None),
        ("data.json", "text", "application/json"),
    ],
)
def test_texts(folder: Path, file_name: str, codec: str, media_type: str | None) -> None:
    path = folder / file_name
    encoded = write_text(TEXT, path)
    assert (encoded.codec, encoded.kind, encoded.facts) == (codec, codec, {"length": len(TEXT)})
    assert media_type is None or encoded.media_type == media_type
    assert path.read_bytes() == TEXT.encode()
    assert read_text(path) == decoded(encoded, path) == TEXT


def test_what_is_no_text_is_refused(folder: Path) -> None:
    with pytest.raises(ArtifactError, match=r"'a\.txt'.*int.*log_dict"):
        write_text(5, folder / "a.txt")  # type: ignore[arg-type]
    with pytest.raises(ArtifactError, match=r"'a\.txt'.*surrogate"):
        write_text("\ud800", folder / "a.txt")
    assert list(folder.iterdir()) == []
    (folder / "a.txt").write_bytes(b"\xff")
    with pytest.raises(ArtifactLoadError, match=r"'a\.txt'.*UTF-8"):
        read_text(folder / "a.txt")


VALUES = {
    "b": [1, 2.5, None, True, "1e3", "2020-01-01", "é"],
    "when": dt.datetime(2020, 1, 1, 10, tzinfo=dt.timezone.utc),
    "path": Path("a/b"),
    "loss": np.float32(0.5),
    "sizes": np.array([1, 2]),
    "pair": (1, 2),
}
PLAIN = {
    "b": [1, 2.5, None, True, "1e3", "2020-01-01", "é"],
    "when": "2020-01-01T10:00:00+00:00",
    "path": "a/b",
    "loss": 0.5,
    "sizes": [1, 2],
    "pair": [1, 2],
}


@pytest.mark.parametrize(
    ("file_name", "codec", "media_type"),
    [
        ("a.json", "json", "application/json"),
        ("a.JSON", "json", "application/json"),
        ("a.yaml", "yaml", "application/yaml"),
        ("a.yml", "yaml", "application/yaml"),
    ],
)
def test_dicts(folder: Path, file_name: str, codec: str, media_type: str) -> None:
    path = folder / file_name
    encoded = write_dict(VALUES, path)
    assert (encoded.codec, encoded.kind, encoded.media_type) == (codec, codec, media_type)
    assert encoded.facts == {"length": 6}
    assert read_dict(path) == decoded(encoded, path) == PLAIN
    other = json.loads(path.read_text()) if codec == "json" else yaml.safe_load(path.read_text())
    assert other == PLAIN
    assert list(other) == list(PLAIN), "in the order that was given"
    assert "é" in path.read_text(), "for people to read"


def test_dicts_that_are_refused(folder: Path) -> None:
    for file_name in ("a.json", "a.yaml"):
        for value in ({"loss": math.nan}, {"a": [b"x"]}, {1: 2}, {"a": print}, {"a": "\ud800"}):
            with pytest.raises(ArtifactError, match=file_name):
                write_dict(value, folder / file_name)
    for file_name in ("a.txt", "a", "a.toml", "json"):
        with pytest.raises(ArtifactError, match=rf"'{file_name}' names no format.*\.json, \.yaml"):
            write_dict({}, folder / file_name)
        with pytest.raises(ArtifactLoadError, match=file_name):
            read_dict(folder / file_name)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.json", b'{"a": NaN}'),
        ("a.json", b"[" * 100_000),
        ("a.json", b'"\xff"'),
        ("a.json", b""),
        ("a.yaml", b"!!python/object/apply:os.system [ls]"),
        ("a.yaml", b"{a: [}"),
        ("a.yaml", b"[" * 5000),
        ("a.yaml", b"\xff"),
    ],
)
def test_what_is_no_json_or_yaml_is_refused(folder: Path, file_name: str, content: bytes) -> None:
    (folder / file_name).write_bytes(content)
    with pytest.raises(ArtifactLoadError, match=rf"'{file_name}'.*no valid (JSON|YAML)"):
        read_dict(folder / file_name)


def plot() -> Figure:
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.add_subplot().plot([1, 2])
    return figure


def chart() -> go.Figure:
    return go.Figure(go.Bar(y=[1, 2], name="é"))


@pytest.mark.parametrize(
    ("suffix", "start", "codec"),
    [
        (".png", b"\x89PNG", "image"),
        (".jpg", b"\xff\xd8", "image"),
        (".jpeg", b"\xff\xd8", "image"),
        (".svg", b"<?xml", "file"),
        (".pdf", b"%PDF", "file"),
    ],
)
def test_figures_of_matplotlib(folder: Path, suffix: str, start: bytes, codec: str) -> None:
    path = folder / f"plot{suffix}"
    encoded = write_figure(plot(), path)
    first = path.read_bytes()
    assert first.startswith(start)
    assert (encoded.codec, encoded.kind) == (codec, "figure")
    assert encoded.media_type == {".svg": "image/svg+xml", ".pdf": "application/pdf", ".png": "image/png"}.get(
        suffix, "image/jpeg"
    )
    found = decoded(encoded, path)
    assert found == path if codec == "file" else found.size == (100, 50)
    write_figure(plot(), path)
    assert path.read_bytes() == first, "the same figure gives the same bytes"


def test_figures_of_plotly(folder: Path) -> None:
    encoded = write_figure(chart(), folder / "chart.json")
    assert (encoded.codec, encoded.kind, encoded.facts) == ("plotly", "figure", {"traces": ["bar"]})
    assert json.loads(decoded(encoded, folder / "chart.json").to_json()) == json.loads(chart().to_json())
    (folder / "chart.json").unlink()
    encoded = write_figure(chart(), folder / "chart.html")
    assert (encoded.codec, encoded.kind, encoded.media_type) == ("html", "figure", "text/html")
    page = decoded(encoded, folder / "chart.html")
    assert "plotly.js v" in page
    assert 'src="http' not in page, "it shows without a network"
    write_figure(chart(), folder / "chart.html")
    assert (folder / "chart.html").read_text() == page, "the same figure gives the same bytes"


def test_figures_that_are_refused(folder: Path) -> None:
    with pytest.raises(ArtifactError, match=r"'a\.gif' names no format of a figure of matplotlib.*\.png, \.svg"):
        write_figure(plot(), folder / "a.gif")
    with pytest.raises(ArtifactError, match=r"'a' names no format of a figure of plotly.*\.html, \.json"):
        write_figure(chart(), folder / "a")
    with pytest.raises(ArtifactError, match=r"int is no figure"):
        write_figure(5, folder / "a.png")
    if importlib.util.find_spec("kaleido") is None:
        with pytest.raises(MissingExtraError, match=r"figure of plotly as \.png.*'kaleido'"):
            write_figure(chart(), folder / "a.png")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("suffix", "codec"), [(".png", "image"), (".svg", "file")])
def test_plotly_draws_with_kaleido(folder: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, codec: str) -> None:
    # Kaleido needs a browser: what plotly does with it is not tested here, only what becomes of it.
    content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x07\0\0\0\x05"
    to_image = mock.create_autospec(go.Figure.to_image, return_value=content)
    monkeypatch.setattr(go.Figure, "to_image", to_image)
    monkeypatch.setitem(sys.modules, "kaleido", types.ModuleType("kaleido"))
    encoded = write_figure(chart(), folder / f"a{suffix}")
    assert (encoded.codec, encoded.kind) == (codec, "figure")
    assert encoded.facts == {"traces": ["bar"], **({"width": 7, "height": 5} if codec == "image" else {})}
    assert (folder / f"a{suffix}").read_bytes() == content
    to_image.side_effect = RuntimeError("no browser")
    with pytest.raises(ArtifactError, match=r"kaleido cannot draw.*no browser.*\.html"):
        write_figure(chart(), folder / f"b{suffix}")


PIXELS = np.random.default_rng(1).integers(0, 256, (3, 5, 4), np.uint8)


@pytest.mark.parametrize(
    ("array", "mode"),
    [
        (PIXELS[:, :, 0], "L"),
        (PIXELS[:, :, :1], "L"),
        (PIXELS[:, :, :3], "RGB"),
        (PIXELS, "RGBA"),
        (PIXELS[::-1, :, :3] / 255, "RGB"),
        ((PIXELS[:, :, 0] / 255).astype("f4"), "L"),
        (np.asfortranarray(PIXELS), "RGBA"),
    ],
)
def test_arrays_as_images(folder: Path, array: Any, mode: str) -> None:
    encoded = write_image(array, folder / "a.png")
    assert (encoded.codec, encoded.kind, encoded.media_type) == ("image", "image", "image/png")
    assert encoded.facts == {"width": 5, "height": 3, "mode": mode}
    expected = array if array.dtype == np.uint8 else np.rint(array * 255).astype(np.uint8)
    assert (
        np.asarray(decoded(encoded, folder / "a.png")) == expected.reshape(np.asarray(expected).squeeze().shape)
    ).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".PNG"])
def test_images_of_each_format(folder: Path, suffix: str) -> None:
    image = PIL.Image.new("RGB", (8, 4), (10, 200, 30))
    path = folder / f"a{suffix}"
    encoded = write_image(image, path)
    found = decoded(encoded, path, PIL.Image.Image)
    assert found.size == (8, 4)
    assert np.abs(np.asarray(found.convert("RGB")).astype(int) - (10, 200, 30)).max() < 40
    assert encoded.media_type is not None
    assert encoded.media_type.startswith("image/")


@pytest.mark.parametrize(
    ("image", "file_name", "match"),
    [
        (np.zeros((2, 2)) - 0.1, "a.png", "outside 0 to 1"),
        (np.full((2, 2), 1.01), "a.png", "outside 0 to 1"),
        (np.full((2, 2), np.nan), "a.png", "outside 0 to 1"),
        (np.zeros((2, 2), "i8"), "a.png", "array of int64 is no image"),
        (np.zeros((2, 2), bool), "a.png", "array of bool is no image"),
        (np.zeros((2, 2), object), "a.png", "array of object is no image"),
        (np.zeros(4, "u1"), "a.png", r"shape \(4,\)"),
        (np.zeros((2, 2, 2), "u1"), "a.png", r"shape \(2, 2, 2\)"),
        (np.zeros((1, 2, 2, 3), "u1"), "a.png", "shape"),
        (np.zeros((0, 2), "u1"), "a.png", "a.png"),
        (PIXELS, "a.jpg", "as JPEG.*RGBA.*convert"),
        (PIXELS, "a.exe", r"'a\.exe' names no format of an image"),
        (PIXELS, "a", "names no format of an image"),
        ("text", "a.png", "str is no image"),
    ],
)
def test_images_that_are_refused(folder: Path, image: Any, file_name: str, match: str) -> None:
    with pytest.raises(ArtifactError, match=match):
        write_image(image, folder / file_name)


ROWS = [
    {"name": 'é,\n"x"', "count": 1, "share": 0.1, "good": True, "empty": ""},
    {"name": "b", "count": 2, "share": 1e-300, "good": False, "empty": "x"},
]
COLUMNS = {key: [row[key] for row in ROWS] for key in ROWS[0]}
SOURCES = {
    "rows": lambda: ROWS,
    "columns": lambda: COLUMNS,
    "arrays": lambda: {key: np.array(values) for key, values in COLUMNS.items()},
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "arrow": lambda: pa.table(COLUMNS),
}
SUFFIXES = [".parquet", ".csv", ".json", ".jsonl"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_tables(folder: Path, source: Any, suffix: str) -> None:
    path = folder / f"rows{suffix}"
    encoded = write_table(source(), path)
    assert encoded.kind == "table"
    assert encoded.facts["rows"] == 2
    assert encoded.facts["columns"] == list(COLUMNS)
    assert read_table(path).to_dict("list") == COLUMNS
    for as_type, rows in (
        (pd.DataFrame, pd.DataFrame.to_dict),
        (pl.DataFrame, pl.DataFrame.to_dicts),
        (pa.Table, pa.Table.to_pylist),
    ):
        options = {"orient": "records"} if as_type is pd.DataFrame else {}
        assert rows(read_table(path, as_type), **options) == ROWS
        assert rows(decoded(encoded, path, as_type), **options) == ROWS
    with pytest.raises(ArtifactLoadError, match="dict"):
        read_table(path, dict)
    with pytest.raises(ArtifactLoadError, match="dict"):
        decoded(encoded, path, dict)


def test_other_programs_read_the_tables(folder: Path) -> None:
    write_table(ROWS, folder / "a.csv")
    with (folder / "a.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == COLUMNS["name"]
    write_table(ROWS, folder / "a.json")
    assert json.loads((folder / "a.json").read_text()) == ROWS
    write_table(ROWS, folder / "a.jsonl")
    assert [json.loads(line) for line in (folder / "a.jsonl").read_text().split("\n")[:-1]] == ROWS


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_with_other_keys_lose_none(folder: Path, suffix: str) -> None:
    path = folder / f"a{suffix}"
    write_table([{"a": 1}, {"b": "x"}], path)
    assert read_table(path, pa.Table).to_pylist() == [{"a": 1, "b": None}, {"a": None, "b": "x"}]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_rows(folder: Path, suffix: str) -> None:
    path = folder / f"a{suffix}"
    encoded = write_table(pd.DataFrame({"a": pd.Series([], dtype="int64")}), path)
    assert (encoded.facts["rows"], encoded.facts["columns"]) == (0, ["a"])
    assert len(read_table(path)) == 0
    assert len(decoded(encoded, path)) == 0


def test_an_index_is_kept(folder: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="k"))
    write_table(frame, folder / "a.parquet")
    pd.testing.assert_frame_equal(read_table(folder / "a.parquet"), frame)
    for suffix in SUFFIXES[1:]:
        write_table(frame, folder / f"a{suffix}")
        assert read_table(folder / f"a{suffix}").to_dict("list") == {"k": ["x", "y"], "a": [1, 2]}
        write_table(frame.rename_axis(None), folder / f"a{suffix}")
        assert list(read_table(folder / f"a{suffix}").columns) == ["index", "a"]
        write_table(frame[frame.a > 5].reset_index(drop=True), folder / f"a{suffix}")
        assert "index" not in read_table(folder / f"a{suffix}").columns


def test_a_missing_text_is_no_empty_text_in_csv(folder: Path) -> None:
    write_table(
        {"a": ["", None, "x"], "b": [1.5, None, 2.0], "c": pd.Categorical(["u", None, "v"])}, folder / "a.csv"
    )
    assert read_table(folder / "a.csv", pa.Table).to_pydict() == {
        "a": ["", None, "x"],
        "b": [1.5, None, 2.0],
        "c": ["u", None, "v"],
    }


def test_json_has_dates_as_text(folder: Path) -> None:
    write_table(
        {"a": [dt.date(2020, 1, 1)], "b": [Decimal("1.50")], "c": [[1, 2]], "d": [{"x": None}]}, folder / "a.jsonl"
    )
    assert json.loads((folder / "a.jsonl").read_text()) == {
        "a": "2020-01-01",
        "b": "1.50",
        "c": [1, 2],
        "d": {"x": None},
    }


@pytest.mark.parametrize(
    ("data", "file_name", "match"),
    [
        (ROWS, "a", r"'a' names no format of a table.*\.parquet, \.csv"),
        (ROWS, "a.xlsx", "names no format of a table"),
        (5, "a.csv", "int is no table"),
        ("text", "a.csv", "str is no table"),
        ([1, 2], "a.csv", "list is no table"),
        ([{"a": 1}, None], "a.csv", "list is no table"),
        ({"a": 5}, "a.csv", "column 'a' is a int"),
        ({"a": "text"}, "a.csv", "column 'a' is a str"),
        ({"a": [1], "b": [1, 2]}, "a.csv", "does not make a table"),
        ({"a": [1, "x"]}, "a.parquet", "does not make a table.*alike"),
        ({1: [1]}, "a.csv", r"column 1 is named by a int.*str\(key\)"),
        ([{1: 1}], "a.json", "column 1 is named by a int"),
        (pd.DataFrame([[1]]), "a.csv", "named by a int"),
        (pd.DataFrame([[1]]), "a.parquet", "named by a int"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a.json", "two columns"),
        ({"a": [[1]]}, "a.csv", r"CSV cannot hold the column 'a'.*\.parquet"),
        ({"a": [b"x"]}, "a.csv", "CSV cannot hold the column 'a'"),
        ({"a": [dt.timedelta(1)]}, "a.csv", "CSV cannot hold"),
        ({"a": [1.5, math.nan]}, "a.json", r"\[1\].*nan"),
        ({"a": [b"x"]}, "a.jsonl", "bytes"),
        (pl.DataFrame({"o": [object()]}, schema={"o": pl.Object}), "a.parquet", "Python objects"),
        (pl.DataFrame({"o": [object()]}, schema={"o": pl.Object}), "a.csv", "Python objects"),
    ],
)
def test_tables_that_are_refused(folder: Path, data: Any, file_name: str, match: str) -> None:
    with pytest.raises(ArtifactError, match=match) as caught:
        write_table(data, folder / file_name)
    assert caught.value.name == file_name


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.parquet", b"PAR1"),
        ("a.csv", b""),
        ("a.csv", b"a,b\n1\n"),
        ("a.json", b'{"a": 1}'),
        ("a.json", b"[1, 2]"),
        ("a.json", b'[{"a": NaN}]'),
        ("a.json", b'[{"a": 1}, {"a": "x"}]'),
        ("a.jsonl", b'{"a": 1}\n{"a"'),
        ("a.txt", b"a,b\n1,2\n"),
    ],
)
def test_what_is_no_table_is_refused(folder: Path, file_name: str, content: bytes) -> None:
    (folder / file_name).write_bytes(content)
    for as_type in (None, pa.Table):
        with pytest.raises(ArtifactLoadError, match=file_name) as caught:
            read_table(folder / file_name, as_type)
        assert "was not saved" not in str(caught.value)
        with pytest.raises(ArtifactLoadError, match="results"):
            decode("table", folder, name="results", as_type=as_type)


def test_without_pandas_a_table_is_arrow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table(ROWS, folder / "a.jsonl")
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert type(read_table(folder / "a.jsonl")) is pa.Table


@given(
    st.lists(
        st.fixed_dictionaries({"t": st.text(), "n": st.integers(-(2**63), 2**63 - 1)}), min_size=1, max_size=5
    )
)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("suffix", [".parquet", ".json", ".jsonl"])
def test_any_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    write_table(rows, path)
    assert read_table(path, pa.Table).to_pylist() == rows


TEXTS = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["007", "1", "NA", "2020-01-01"])
)


@given(st.lists(st.fixed_dictionaries({"t": TEXTS, "n": st.none() | st.integers(-5, 5)}), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_texts_in_csv_stay_texts(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for columns in (["t"], ["t", "n"], ["n"]):
        part = [{key: row[key] for key in columns} for row in rows]
        write_table(part, path)
        assert read_table(path, pa.Table).to_pylist() == part


def test_csv_of_others_is_read(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b'\xef\xbb\xbfname,"n, ""1""",day\r\nx,1,2020-01-01\r\n"a ""b""\nc",,\r\n\r\n')
    assert read_table(folder / "a.csv", pa.Table).to_pydict() == {
        "name": ["x", 'a "b"\nc'],
        'n, "1"': [1, None],
        "day": [dt.date(2020, 1, 1), None],
    }
