"""Media types: the same on every machine, and never more than a type and a subtype."""

from __future__ import annotations

import mimetypes
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.artifacts.value_codecs import guess_media_type
from airflow_artifacts.plugin.media_types import media_type_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("rows.jsonl", "application/jsonl"),
        ("rows.ndjson", "application/x-ndjson"),
        ("data/rows.PARQUET", "application/vnd.apache.parquet"),
        ("array.npy", "application/octet-stream"),
        ("index.faiss", "application/octet-stream"),
        ("main.ts", "text/x-typescript"),
        ("notes.md", "text/markdown"),
        ("config.yaml", "application/yaml"),
        ("photo.avif", "image/avif"),
        ("photo.webp", "image/webp"),
        ("drawing.svg", "image/svg+xml"),
        ("table.csv", "text/csv"),
        ("table.csv.gz", "application/gzip"),
        ("archive.tgz", "application/gzip"),
        ("photo.png", "image/png"),
        ("unheard.of", "application/octet-stream"),
        ("no extension", "application/octet-stream"),
        ("data:text/html,<b>", "application/octet-stream"),
        ("folder.html/file", "application/octet-stream"),
        ("a'b\"c<d>.json", "application/json"),
    ],
)
def test_the_extension_tells_the_type(path: str, expected: str) -> None:
    assert media_type_of(path, None) == expected


def test_what_was_recorded_counts_where_the_extension_is_not_known() -> None:
    assert media_type_of("model", "Application/X-Model; charset=utf-8") == "application/x-model"
    assert media_type_of("model", " text/x-model ;a=b") == "text/x-model"
    assert media_type_of("photo.png", "text/html") == "image/png"


@pytest.mark.parametrize(
    "recorded", ["", "text", "text/", "/html", "text/html\r\nX: y", "text/html\n", "te xt/html", "a/b/c", "ä/ö"]
)
def test_a_malformed_type_does_not_count(recorded: str) -> None:
    assert media_type_of("file", recorded) == "application/octet-stream"


@given(st.text(), st.text())
def test_whatever_is_recorded_a_type_fits_a_header(path: str, recorded: str) -> None:
    assert re.fullmatch(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", media_type_of(path, recorded), re.ASCII)


def test_what_the_machine_says_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mime.types"
    table.write_text("text/evil png of\n")
    monkeypatch.setattr(mimetypes, "inited", False)
    monkeypatch.setattr(mimetypes, "_db", None)
    mimetypes.init([str(table)])
    assert mimetypes.guess_type("unheard.of")[0] == "text/evil"
    from airflow_artifacts.plugin import media_types

    media_types._standard.cache_clear()
    assert media_type_of("unheard.of", None) == "application/octet-stream"
    assert media_type_of("photo.png", None) == "image/png"


@pytest.mark.parametrize(
    "name", ["a.csv", "a.html", "a.json", "a.jsonl", "a.md", "a.parquet", "a.svg", "a.txt", "a.yml"]
)
def test_types_are_those_that_were_recorded_on_saving(name: str) -> None:
    assert media_type_of(name, None) == guess_media_type(name)
