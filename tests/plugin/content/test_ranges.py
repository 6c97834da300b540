"""Which bytes a request asks for."""

from __future__ import annotations

import pytest

from airflow_artifacts.plugin.content.ranges import parse_range


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=0-99", range(100)),
        ("bytes=10-19", range(10, 20)),
        ("bytes=90-", range(90, 100)),
        ("bytes=90-1000", range(90, 100)),
        ("bytes=-1", range(99, 100)),
        ("bytes=-100", range(100)),
        ("bytes=-1000", range(100)),
        ("BYTES= 5-6 ", range(5, 7)),
        (f"bytes=0-{'9' * 100}", range(100)),
    ],
)
def test_a_range_is_cut_to_the_file(text: str, span: range) -> None:
    assert parse_range(text, 100) == span


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 100}-"])
def test_a_range_that_the_file_does_not_have_is_empty(text: str) -> None:
    span = parse_range(text, 100)
    assert span is not None
    assert not span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=0-1,5-6",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=0x1-2",
        "bytes=\u0661-\u0662",
        "items=0-1",
        f"bytes={'9' * 101}-",
    ],
)
def test_what_is_no_range_asks_for_the_whole(text: str) -> None:
    assert parse_range(text, 100) is None


@pytest.mark.parametrize("text", ["bytes=0-", "bytes=-5", "bytes=3-4"])
def test_a_file_without_bytes_is_always_sent_whole(text: str) -> None:
    assert parse_range(text, 0) is None
