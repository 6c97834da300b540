"""Archives are written while they are sent, and are whole or cannot be opened."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.exceptions import UnsafeNameError
from airflow_artifacts.plugin.content import archive_response
from airflow_artifacts.plugin.content.archives import zip_parts, zip_size
from airflow_artifacts.storage import open_store
from tests.plugin.content.support import LARGE, SMALL, member, receive, running, saved, served

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.plugin.content import Member
    from airflow_artifacts.storage import ObjectStore

NAMES = {
    "report/plot.png": SMALL,
    "report/empty": b"",
    "名前/ü ä.csv": b"a,b\n1,2\n",
    "quotes'\"<b>&;$`.html": b"<b>",
    "large.bin": LARGE,
    "-rf": b"-",
}


def members_of(store: ObjectStore) -> list[Member]:
    return [member(store, saved(store, path, data)) for path, data in NAMES.items()]


def download(members: list[Member]) -> Any:
    some = members[0]
    return TestClient(served(some.store, some.file, members=members)).get("/app/archive")


def test_all_files_come_out_as_they_went_in(store: ObjectStore) -> None:
    answer = download(members_of(store))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Encoding"] == "identity"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="all of it.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(NAMES)
        assert {name: archive.read(name) for name in NAMES} == NAMES
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 30, 12, 34, 56)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_another_program_opens_it(local: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(download(members_of(local)).content)
    unzip = ["unzip", "-q", str(tmp_path / "all.zip"), "-d", str(tmp_path / "out")]
    assert subprocess.run(unzip, check=False, env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}).returncode == 0
    for name, data in NAMES.items():
        assert (tmp_path / "out" / name).read_bytes() == data


def test_an_archive_is_sent_in_parts_of_some_size(local: ObjectStore) -> None:
    files = [saved(local, f"{number}", SMALL) for number in range(30)]
    files.append(saved(local, "large", LARGE))
    sizes = [len(part) for part in zip_parts([member(local, file) for file in files])]
    assert len(sizes) < 25
    assert max(sizes) < 3_000_000


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_damaged_file_leaves_an_archive_that_nothing_opens(
    store: ObjectStore, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    data = LARGE[:3_000_000]
    files = [saved(store, name, data) for name in "abc"]
    store.replace(files[number].path, data[:-1] + b"?")
    with running(served(store, files[0], members=[member(store, file) for file in files])) as url:
        received, error = receive(f"{url}/archive")
    assert "without sending complete message body" in str(error)
    assert len(received) > number * len(data)
    assert not zipfile.is_zipfile(io.BytesIO(received))
    assert any(files[number].path in text and "broken off" in text for text in caplog.messages)


def test_what_fails_at_the_beginning_is_an_error_and_no_archive(store: ObjectStore) -> None:
    members = members_of(store)
    store.replace("report/plot.png", b"other")
    answer = download(members)
    assert answer.status_code == 502
    assert "is damaged: it has 5 bytes, not 100000" in answer.json()["detail"]


def test_files_and_archives_of_more_than_32_bits(monkeypatch: pytest.MonkeyPatch, local: ObjectStore) -> None:
    """The limits are lowered, so that a file of 20 MB is what one of 5 GiB would be."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10_000_000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    members = members_of(local)
    data = b"".join(zip_parts(members))
    assert len(data) == zip_size(members)
    monkeypatch.undo()
    assert b"PK\x06\x06" in data, "the end record of 64 bits"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in NAMES} == NAMES


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 400), st.integers(0, 15))
def test_the_size_of_an_archive_is_known_before(sizes: list[int], limit: int, count: int) -> None:
    store = open_store("memory://sizes-of-archives")
    files = [saved(store, f"{number}-ü", bytes(size)) for number, size in enumerate(sizes)]
    members = [member(store, file) for file in files]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile, "ZIP64_LIMIT", limit)
        patch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", count)
        assert len(b"".join(zip_parts(members))) == zip_size(members)


@pytest.mark.parametrize("path", ["../a", "/a", "a/../../b", "C:a", "a\\b", "", "a\0b", "a/", "\ud800"])
def test_no_path_leads_out_of_the_folder(local: ObjectStore, path: str) -> None:
    file = saved(local, "a", b"1")
    with pytest.raises(UnsafeNameError, match="path in an archive"):
        archive_response("a.zip", [member(local, file)._replace(path=path)])


def test_two_files_cannot_have_one_path_and_no_archive_is_empty(local: ObjectStore) -> None:
    file = saved(local, "a", b"1")
    with pytest.raises(ValueError, match="2 files have the path 'b/c'"):
        archive_response("a.zip", [member(local, file, path) for path in ("a", "b/c", "b/c")])
    with pytest.raises(ValueError, match="An archive needs files"):
        archive_response("a.zip", [])


@pytest.mark.parametrize(
    ("created_at", "moment"),
    [
        ("1970-01-01T00:00:00+00:00", (1980, 1, 1, 0, 0, 0)),
        ("9999-12-31T23:59:59+00:00", (2107, 12, 31, 0, 0, 0)),
        ("2026-11-30T00:30:01+02:00", (2026, 11, 29, 22, 30, 0)),
    ],
)
def test_times_are_those_that_the_format_can_say(
    local: ObjectStore, created_at: str, moment: tuple[int, ...]
) -> None:
    file = saved(local, "a", b"1")
    data = b"".join(zip_parts([member(local, file, created_at=created_at)]))
    assert zipfile.ZipFile(io.BytesIO(data)).getinfo("a").date_time == moment


def test_the_name_of_an_archive_is_safe(local: ObjectStore) -> None:
    answer = archive_response('a"/\r\n.zip', [member(local, saved(local, "a", b"1"))])
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"a____.zip\"; filename*=UTF-8''a%22___.zip"
    )
