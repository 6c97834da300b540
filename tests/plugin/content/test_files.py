"""Files are sent whole, in parts or not at all, with headers that keep them from being more than files."""

from __future__ import annotations

import errno
import gzip
import io
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.testclient import TestClient

from airflow_artifacts.plugin.content.headers import PDF_POLICY, SANDBOX
from airflow_artifacts.plugin.content.parts import PART
from tests.plugin.content.support import LARGE, SMALL, running, saved, served

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.storage import ObjectStore

_PROTECTED = {
    "Content-Encoding": "identity",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


def ask(store: ObjectStore, file: FileRecord, method: str = "GET", *, headers: Any = None, **options: Any) -> Any:
    client = TestClient(served(store, file, **options), follow_redirects=False)
    return client.request(method, "/app/file", headers=headers)


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART, len(LARGE)])
def test_a_file_is_sent_whole(store: ObjectStore, size: int) -> None:
    file = saved(store, "folder/data.bin", LARGE[:size])
    answer = ask(store, file)
    assert (answer.status_code, answer.content) == (200, LARGE[:size])
    expected = {
        **_PROTECTED,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": "attachment; filename=\"data.bin\"; filename*=UTF-8''data.bin",
        "Content-Length": str(size),
        "Content-Security-Policy": SANDBOX,
        "Content-Type": "application/octet-stream",
        "ETag": f'"{file.sha256}"',
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    head = ask(store, file, "HEAD", headers={"Range": "bytes=0-0"})
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2000000-2999999", 2_000_000, 3_000_000),
        ("bytes=19999999-", 19_999_999, 20_000_001),
        ("bytes=-3", 19_999_998, 20_000_001),
        ("bytes=1-99999999", 1, 20_000_001),
    ],
)
def test_a_range_is_sent(store: ObjectStore, asked: str, start: int, stop: int) -> None:
    file = saved(store, "data.bin", LARGE)
    answer = ask(store, file, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, LARGE[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(LARGE)}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert {name: answer.headers.get(name) for name in _PROTECTED} == _PROTECTED


@pytest.mark.parametrize("asked", ["bytes=100000-", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(local: ObjectStore, asked: str) -> None:
    answer = ask(local, saved(local, "data.bin", SMALL), headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */100000"
    assert answer.json() == {"detail": "The file has 100000 bytes, and not the range."}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert {name: answer.headers.get(name) for name in _PROTECTED} == _PROTECTED


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=x", "lines=1-2"])
def test_what_is_no_single_range_gets_the_whole(local: ObjectStore, asked: str) -> None:
    answer = ask(local, saved(local, "data.bin", SMALL), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, SMALL)
    assert "Content-Range" not in answer.headers


def test_a_range_is_only_for_who_has_a_part_of_the_same_file(local: ObjectStore) -> None:
    file = saved(local, "data.bin", SMALL)
    wanted = {"Range": "bytes=10-19"}
    assert ask(local, file, headers={**wanted, "If-Range": f'"{file.sha256}"'}).content == SMALL[10:20]
    for other in (f'W/"{file.sha256}"', '"other"', "Mon, 30 Nov 2026 12:00:00 GMT"):
        answer = ask(local, file, headers={**wanted, "If-Range": other})
        assert (answer.status_code, answer.content) == (200, SMALL)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_has_the_file_gets_nothing_even_where_the_store_is_gone(local: ObjectStore, method: str) -> None:
    file = saved(local, "data.bin", SMALL)
    local.delete("data.bin")
    for tags in (f'"{file.sha256}"', f'"other", W/"{file.sha256}"', "*"):
        answer = ask(local, file, method, headers={"If-None-Match": tags, "Range": "bytes=0-1"})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == f'"{file.sha256}"'
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Content-Security-Policy" not in answer.headers, "that of the answer at hand holds on"
    lines = [("If-None-Match", '"other"'), ("If-None-Match", f'"{file.sha256}"')]
    assert ask(local, file, method, headers=lines).status_code == 304
    assert ask(local, file, method, headers={"If-None-Match": '"other"'}).status_code == 404


def test_nothing_is_compressed_on_the_way(local: ObjectStore) -> None:
    text = b"the same again, " * 10_000
    file = saved(local, "a.txt", text)
    with running(served(local, file, media_type="text/plain")) as url, httpx.Client() as client:
        for headers, part in [({}, text), ({"Range": "bytes=5-5004"}, text[5:5005])]:
            with client.stream("GET", f"{url}/file", headers={**headers, "Accept-Encoding": "gzip"}) as answer:
                assert b"".join(answer.iter_raw()) == part
            assert answer.headers["Content-Length"] == str(len(part))
    assert gzip.compress(text) < text, "it could have been"


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [
        ("image/png", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html; charset=utf-7", "text/html; charset=utf-8"),
        ("video/mp4", "video/mp4"),
    ],
)
def test_what_may_be_shown_is_shown_in_a_sandbox(local: ObjectStore, media_type: str, sent: str) -> None:
    file = saved(local, "a", b"<script>alert(1)</script>")
    answer = ask(local, file, media_type=media_type, inline=True)
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["Content-Type"] == sent
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert ask(local, file, media_type=media_type).headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/xml", "text/xml; charset=utf-8"),
        ("application/xhtml+xml", "application/xhtml+xml"),
        ("text/html,", "application/octet-stream"),
        ("x", "application/octet-stream"),
    ],
)
def test_what_may_not_be_shown_is_saved(local: ObjectStore, media_type: str, sent: str) -> None:
    answer = ask(local, saved(local, "a", b"<script>alert(1)</script>"), media_type=media_type, inline=True)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == sent


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=3-9"}], ids=["whole", "range"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_only_what_is_a_pdf_is_shown_as_one(store: ObjectStore, method: str, headers: dict[str, str]) -> None:
    pdf = saved(store, "a.pdf", b"%PDF-1.7\n...")
    answer = ask(store, pdf, method, headers=headers, media_type="application/pdf", inline=True)
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["Content-Security-Policy"] == PDF_POLICY
    html = saved(store, "b.pdf", b"<script>1</script>%PDF-")
    answer = ask(store, html, method, headers=headers, media_type="application/pdf", inline=True)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"] == SANDBOX


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("size", [len(SMALL), 3 * PART])
def test_what_is_gone_or_has_another_size_is_said_before_anything_is_sent(
    store: ObjectStore, method: str, size: int
) -> None:
    file = saved(store, "data.bin", LARGE[:size])
    for headers in ({}, {"Range": "bytes=0-9"}):
        for data in (LARGE[: size - 1], LARGE[: size + 1], LARGE):
            store.replace("data.bin", data)
            answer = ask(store, file, method, headers=headers)
            assert answer.status_code == 502
            if method == "GET":
                assert store.url("data.bin") in answer.json()["detail"]
                assert "is damaged: it has" in answer.json()["detail"]
    store.delete("data.bin")
    assert ask(store, file, method).status_code == 404


def test_a_small_file_that_was_changed_is_said_before_anything_is_sent(store: ObjectStore) -> None:
    file = saved(store, "data.bin", SMALL)
    store.replace("data.bin", SMALL[:-1] + b"?")
    answer = ask(store, file)
    assert answer.status_code == 502
    assert "its SHA-256 is not the recorded one" in answer.json()["detail"]


def test_an_error_of_the_disk_is_one_of_the_store(local: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    data = LARGE[: 2 * PART]
    file = saved(local, "folder/data.bin", data)
    monkeypatch.setattr(local, "open", lambda _: Broken(data))
    answer = ask(local, file)
    assert answer.status_code == 502
    assert f"Could not read {local.url(file.path)}: [Errno 5]" in answer.json()["detail"]
