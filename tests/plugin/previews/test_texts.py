"""Texts: the right kind, cut where a character ends, and whatever they are written in."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import ObjectNotFoundError
from airflow_artifacts.plugin.previews import preview_file
from tests.plugin.previews.support import preview, save

if TYPE_CHECKING:
    from tests.plugin.previews.support import CountingStore

LIMIT = 256 * 1024


@pytest.mark.parametrize(
    ("path", "kind", "language"),
    [
        ("notes.md", "markdown", None),
        ("value.json", "json", None),
        ("config.yml", "yaml", None),
        ("out.log", "text", None),
        ("LICENSE", "text", None),
        ("main.py", "code", "python"),
        ("main.ts", "code", "typescript"),
        ("main.H", "code", "c"),
        ("settings.toml", "code", "ini"),
        ("query.sql", "code", "sql"),
        ("Dockerfile", "code", "dockerfile"),
        ("feed.xml", "code", "xml"),
        ('it\'s "a" <b>.py', "code", "python"),
        ("unheard.of", "text", None),
    ],
)
def test_the_extension_tells_the_kind(store: CountingStore, path: str, kind: str, language: str | None) -> None:
    save(store, path, b"a: 1\n")
    expected = {"type": kind, "text": "a: 1\n", "language": language, "size": 5, "is_cut": False}
    assert preview(store, path) == expected


@pytest.mark.parametrize(
    ("path", "media_type", "kind"),
    [
        ("photo.png", None, "image"),
        ("drawing.SVG", None, "image"),
        ("photo", "image/png", "image"),
        ("song.mp3", None, "audio"),
        ("film.webm", None, "video"),
        ("film", "video/mp4", "video"),
        ("paper.pdf", None, "pdf"),
        ("page.htm", None, "html"),
        ("page", "text/html; charset=utf-8", "html"),
        ("photo.tiff", "image/tiff", "none"),
        ("photo.png", "text/html", "image"),
    ],
)
def test_what_browsers_show_is_left_to_them(
    store: CountingStore, path: str, media_type: str | None, kind: str
) -> None:
    save(store, path, bytes(100))
    assert preview(store, path, media_type=media_type)["type"] == kind


@pytest.mark.parametrize(
    ("path", "kind"), [("a.png", "none"), ("a.html", "none"), ("a.pdf", "none"), ("a.mp4", "video")]
)
def test_what_a_browser_would_load_whole_is_not_shown_where_it_is_huge(
    store: CountingStore, path: str, kind: str
) -> None:
    found = preview_file(store, path, path=path, size=50_000_001, media_type=None, facts={})
    assert found["type"] == kind
    assert found.get("reason", "too large").count("too large") == 1
    found = preview_file(store, path, path=path, size=50_000_000, media_type=None, facts={})
    assert found["type"] != "none"


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("text/markdown", "markdown"), ("application/json", "json"), ("text/csv", "table"), ("text/plain", "text")],
)
def test_the_media_type_tells_where_the_extension_does_not(
    store: CountingStore, media_type: str, kind: str
) -> None:
    save(store, "file", b"a,b\n1,2\n")
    assert preview(store, "file", media_type=media_type)["type"] == kind


@pytest.mark.parametrize("character", ["a", "é", "€", "😀"])
def test_a_long_text_is_cut_where_a_character_ends(store: CountingStore, character: str) -> None:
    save(store, "a.txt", ("x" + character * LIMIT).encode())
    found = preview(store, "a.txt")
    size = len(character.encode())
    assert (found["text"], found["is_cut"]) == ("x" + character * ((LIMIT - 1) // size), True)
    assert found["size"] == LIMIT * size + 1
    assert store.bytes_read == LIMIT


def test_a_text_that_just_fits_is_whole(store: CountingStore) -> None:
    save(store, "a.txt", b"x" * LIMIT)
    found = preview(store, "a.txt")
    assert (len(found["text"]), found["is_cut"]) == (LIMIT, False)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("\ufeffgrün".encode(), "grün"),
        ("\ufeffgrün\n".encode("utf-16-le"), "grün\n"),
        ("\ufeffgrün\n".encode("utf-16-be"), "grün\n"),
        ("viele grüne Bäume".encode("latin-1"), "viele gr\ufffdne B\ufffdume"),
        (b"half \xe2\x82", "half \ufffd"),
        (b"\x1b[31mred\x1b[0m\r\n", "\x1b[31mred\x1b[0m\r\n"),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "latin-1", "half a character", "terminal"],
)
def test_texts_are_read_whatever_their_encoding(store: CountingStore, data: bytes, expected: str) -> None:
    save(store, "a.txt", data)
    assert preview(store, "a.txt")["text"] == expected


def test_lone_surrogates_are_replaced(store: CountingStore) -> None:
    save(store, "a.jsonl", b'{"a\\ud800": "b\\udc00", "c": ["\\ud800"]}\n')
    found = preview(store, "a.jsonl")
    assert [column["name"] for column in found["columns"]] == ["a\ufffd", "c"]
    assert found["rows"] == [["b\ufffd", '["\ufffd"]']]


@pytest.mark.parametrize("path", ["a.bin", "a.txt", "a.csv", "a.jsonl", "a.json", "a.py", "a"])
def test_bytes_are_no_text_whatever_their_name(store: CountingStore, path: str) -> None:
    for data in (os.urandom(1000) + b"\0", b"mostly a text\n" * 10 + b"\0", b"\x81" * 100, b"\1" * 100):
        save(store, path, data)
        assert preview(store, path)["type"] == "none"


def test_the_reason_names_the_kind(store: CountingStore) -> None:
    for path, reason in {
        "a.bin": "There is no preview of .bin files.",
        "a": "There is no preview of such files.",
        f"a.{'x' * 200}": f"There is no preview of .{'x' * 19} files.",
        "a.npy": "The file is damaged, or is no .npy file.",
    }.items():
        save(store, path, b"\0\xff")
        assert preview(store, path) == {"type": "none", "reason": reason}


@pytest.mark.parametrize("path", ["a.bin", "a.csv", "a.png", "a.parquet", "a.txt", "a.npy"])
def test_an_empty_file_says_so(store: CountingStore, path: str) -> None:
    save(store, path, b"")
    expected = {"type": "none", "reason": "The file is empty."}
    assert preview_file(store, path, path=path, size=0, media_type=None, facts={}) == expected
    if path != "a.png":
        assert preview(store, path) == expected, "although the record says otherwise"


@pytest.mark.parametrize("path", ["a.txt", "a.parquet", "a.csv", "a.npz", "a"])
def test_a_file_that_is_missing_is_the_error_of_the_store(store: CountingStore, path: str) -> None:
    with pytest.raises(ObjectNotFoundError):
        preview(store, path)


@pytest.mark.parametrize("path", ["main.index", "a.npy", "a.npz", "a.parquet"])
def test_a_text_under_another_name_is_shown_or_refused(store: CountingStore, path: str) -> None:
    save(store, path, b"only a text\n")
    assert preview(store, path)["type"] == ("none" if path == "a.parquet" else "text")


def test_json_is_given_as_it_is_written(store: CountingStore) -> None:
    value: Any = {"b": 1, "a": [float("nan")]}
    save(store, "a.json", json.dumps(value).encode())
    assert preview(store, "a.json")["text"] == '{"b": 1, "a": [NaN]}'
