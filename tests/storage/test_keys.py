"""Names from outside: what is quoted, what is refused."""

# ruff: noqa: RUF001 - names that look like others are the point

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_artifacts.exceptions import UnsafeNameError
from airflow_artifacts.storage import Producer, check_artifact_name, check_relative_path, quote_segment

TEXTS = st.text(st.characters(exclude_categories=()))
NASTY = st.text("./~%\\aE2 \0\u00e4\ud800", max_size=6) | TEXTS | st.text("a", min_size=110, max_size=140)


@given(NASTY)
@example("")
@example(".")
@example("..")
@example("a" * 1000)
def test_a_quoted_text_is_one_safe_segment(text: str) -> None:
    quoted = quote_segment(text)
    assert re.fullmatch(r"[A-Za-z0-9_.~-]{1,137}", quoted)
    assert not quoted.startswith(".")
    assert not quoted.endswith(".")
    assert check_relative_path(quoted) == quoted
    assert quote_segment(text) == quoted


@given(NASTY, NASTY)
@example("", "~")
@example("", "%")
@example("~2E", ".")
@example("a.", "a~2E")
@example("a/b", "a~2Fb")
@example("a" * 120, "a" * 121)
def test_unlike_texts_are_quoted_unlike(one: str, other: str) -> None:
    assert (quote_segment(one) == quote_segment(other)) is (one == other)


def test_quoting_many_long_texts_and_their_own_quotes() -> None:
    texts = {"a" * n + end for n in range(100, 300) for end in ("", "~", ".", "ä", "b")}
    assert len({quote_segment(text) for text in texts}) == len(texts)
    again = {quote_segment(quote_segment(text)) for text in texts}
    assert not again & {quote_segment(text) for text in texts if len(text) > 121}


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("my_dag", "my_dag"),
        ("manual__2026-01-01T00:00:00+00:00", "manual__2026-01-01T00~3A00~3A00~2B00~3A00"),
        ("a/b", "a~2Fb"),
        ("..", "~2E~2E"),
        (".", "~2E"),
        (".a.", "~2Ea~2E"),
        ("", "~"),
        ("ä", "~C3~A4"),
    ],
)
def test_quotes_are_stable(text: str, quoted: str) -> None:
    assert quote_segment(text) == quoted


@pytest.mark.parametrize("name", ["a", "A1", "plots/loss-curve_1.2", "0", "a" * 200, "a/b/c", "index.html"])
def test_names_of_artifacts(name: str) -> None:
    assert check_artifact_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "/a",
            "a/",
            "a//b",
            "a/../b",
            ".hidden",
            "a/.b",
            "-a",
            "_a",
            "a.",
            "a./b",
            "a b",
            "a\n",
            "a\0",
        ),
        *("a\\b", "ä", "a%2e", "a" * 201, "．．", "a∕b", "a:b", "~a", None, 5),
    ],
)
def test_other_names_are_refused(name: Any) -> None:
    with pytest.raises(UnsafeNameError, match=re.escape(repr(name)[:200]) if name else "not empty"):
        check_artifact_name(name)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "a",
            "a/b",
            ".a",
            "a/..b",
            "...a",
            "a b/c",
            "ä/日本",
            "100%",
            "100%25",
            "a%2Eb",
            "a%",
            "%zz",
            "#?&=+,;'\"[]{}",
        ),
        *(
            "x" * 255,
            "/".join(["x" * 100] * 10),
            "e\u0301",
            "a…b",
            "\U0001f469\u200d\U0001f52c.png",
            "ab:c",
            "~2E~2E",
        ),
    ],
)
def test_paths_that_stay_below(path: str) -> None:
    assert check_relative_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            ".",
            "..",
            "/",
            "/a",
            "a/",
            "a//b",
            "./a",
            "a/.",
            "../a",
            "a/..",
            "a/../b",
            "\\a",
            "a\\..\\b",
            "C:",
            "c:/a",
        ),
        *("a\0b", "a\nb", "a\x7f", "a\x85b", "a\ud800", "a\u2028b", "a\u202eb", "a\u2066b"),
        *(
            "%2e%2e",
            "%2E%2e/a",
            "a/%2e%2e/b",
            "%252e%252e",
            "%25252e%25252e/a",
            "..%2fa",
            "a%2fb",
            "a%5cb",
            "%2Fa",
            "a%00",
        ),
        *(
            "．．",
            "．．/a",
            "a／b",
            "a＼b",
            "․․",
            "‥",
            "…",
            "％2e％2e",
            "a∕b",
            "a⁄b",
            "a∖b",
            "a⧸b",
            "½",
            "℀",
            "Ｃ:a",
        ),
        *("a.", "a ", "a./b", "a /b", "... ", " .", "a。."),
        *("x" * 256, "ä" * 128, "a/" * 600 + "a", ".tmp-1", "a/.tmp-x/b"),
        *(None, 5, b"a", ["a"]),
    ],
)
def test_paths_that_do_not_are_refused(path: Any) -> None:
    with pytest.raises(UnsafeNameError) as caught:
        check_relative_path(path, what="file")
    assert str(caught.value).startswith("The file ")
    str(caught.value).encode()


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("./%2e2f\\．／")))
def test_whatever_is_accepted_stays_below_however_it_is_read(path: str) -> None:
    try:
        check_relative_path(path)
    except UnsafeNameError:
        return
    from urllib.parse import unquote

    for form in (path, unquote(path), unicodedata.normalize("NFKC", path), unquote(unquote(path))):
        assert form.count("/") == path.count("/")
        assert "\\" not in form
        assert not {"", ".", ".."} & set(form.split("/"))


def test_producers() -> None:
    producer = Producer("dag", "run/1", "group.task", 3, 2, "0190-ab")
    assert producer.task_prefix == "runs/dag/run~2F1/group.task/3"
    assert producer.prefix == "runs/dag/run~2F1/group.task/3/002-0190-ab"
    assert check_relative_path(Producer("..", ".", "", attempt="../..").prefix)
    with pytest.raises(AttributeError):
        producer.dag_id = "other"  # type: ignore[misc]
