"""What a browser is told of a file."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.plugin.content.headers import (
    PDF_POLICY,
    SANDBOX,
    content_headers,
    disposition,
    may_be_shown,
)


@pytest.mark.parametrize(
    ("name", "plain", "real"),
    [
        ("plot.png", "plot.png", "plot.png"),
        ('a"b\\c;d.txt', "a_b_c_d.txt", "a%22b_c%3Bd.txt"),
        ("<b>&'%41'.html", "_b____41_.html", "%3Cb%3E%26%27%2541%27.html"),
        ("a\r\nSet-Cookie: x\0.txt", "a__Set-Cookie_ x_.txt", "a__Set-Cookie%3A%20x_.txt"),
        ("../../etc/passwd", ".._.._etc_passwd", ".._.._etc_passwd"),
        ("名前 ü.csv", "__ _.csv", "%E5%90%8D%E5%89%8D%20%C3%BC.csv"),
        ("gpj\u202eexe.txt", "gpj_exe.txt", "gpj_exe.txt"),
        ("a\u2028b\u2029c.txt", "a_b_c.txt", "a_b_c.txt"),
    ],
    ids=["plain", "quotes", "tags", "newlines", "folders", "not ASCII", "direction", "lines"],
)
def test_names_are_safe_in_a_header_and_come_back(name: str, plain: str, real: str) -> None:
    assert disposition(name, inline=False) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{real}"


@given(st.text())
def test_no_name_leaves_its_place_in_the_header(name: str) -> None:
    header = disposition(name, inline=True)
    assert header.isascii()
    assert header.isprintable()
    kind, plain, real = header.split(";")
    assert (kind, plain.count('"'), real.count('"')) == ("inline", 2, 0)
    assert len(unquote(real.partition("''")[2])) == len(name)


@pytest.mark.parametrize(
    ("media_type", "is_shown"),
    [
        ("image/png", True),
        ("image/svg+xml", True),
        ("audio/mpeg", True),
        ("video/mp4", True),
        ("application/pdf", True),
        ("text/html", True),
        ("text/plain", False),
        ("text/xml", False),
        ("application/xhtml+xml", False),
        ("application/javascript", False),
        ("audio/mpegurl", False),
        ("image/x-unknown", False),
    ],
)
def test_what_may_be_shown(media_type: str, is_shown: bool) -> None:
    assert may_be_shown(media_type) is is_shown


def test_everything_but_a_shown_pdf_is_in_a_sandbox() -> None:
    for media_type, inline in [("text/html", True), ("image/svg+xml", True), ("application/pdf", False)]:
        headers = content_headers("a", media_type, inline=inline)
        assert headers["Content-Security-Policy"] == SANDBOX
    assert content_headers("a", "application/pdf", inline=True)["Content-Security-Policy"] == PDF_POLICY
    for policy in (SANDBOX, PDF_POLICY):
        for directive in ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"):
            assert directive in policy
        assert "script-src" not in policy
        assert "allow-" not in policy
        assert "'self'" not in policy.replace("frame-ancestors 'self'", "")
    assert SANDBOX.startswith("sandbox;")


@pytest.mark.parametrize("media_type", ["text/javascript", "application/javascript", "text/css"])
def test_no_page_can_load_a_file_as_its_script_or_style(media_type: str) -> None:
    assert content_headers("a", media_type, inline=False)["Content-Type"] == "text/plain; charset=utf-8"


def test_text_is_utf_8() -> None:
    assert content_headers("a", "text/csv", inline=False)["Content-Type"] == "text/csv; charset=utf-8"
    assert content_headers("a", "image/png", inline=False)["Content-Type"] == "image/png"
