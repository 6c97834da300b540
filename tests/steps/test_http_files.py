"""Rows of files on web servers: as they are read, from where that is allowed, and from nowhere else."""

from __future__ import annotations

import bz2
import functools
import gzip
import json
import lzma
import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from airflow.sdk import DAG

from airflow_artifacts import StepOperator
from airflow_artifacts.exceptions import SourceFileError, StorageError, UnsafeUrlError, UrlError
from airflow_artifacts.steps import LoadDataFromFiles
from airflow_artifacts.steps.files import filesystem_opener
from airflow_artifacts.storage import open_filesystem
from airflow_artifacts.storage.http import fetching
from tests.servers.web import Web, web_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "s3cr3t"  # noqa: S105
ROWS = [{"n": number, "text": f"row {number} " * 20} for number in range(4000)]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
CSV = ("n,text\n" + "".join(f"{row['n']},{row['text']}\n" for row in ROWS)).encode()


@pytest.fixture(autouse=True)
def _allow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fetching, "WAITS", (0, 0))
    token = filesystem_opener.set(functools.partial(open_filesystem, http_hosts=["127.0.0.1"]))
    yield
    filesystem_opener.reset(token)


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as running:
        yield running


def numbers(**arguments: Any) -> list[int]:
    step = LoadDataFromFiles(batch_size=500, **arguments)
    return [int(row["n"]) for rows, _ in step.process() for row in rows]


@pytest.fixture
def parquet(tmp_path: Path) -> bytes:
    noise = [{**row, "noise": [uuid.uuid4().hex for _ in range(20)]} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(noise), tmp_path / "a.parquet", row_group_size=500)
    return (tmp_path / "a.parquet").read_bytes()


@pytest.mark.parametrize(
    "how", [{}, {"parts": False}, {"length": "chunked", "parts": False}, {"cuts": [90_000] * 2}]
)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", JSONL),
        ("a.csv", CSV),
        ("a.jsonl.gz", gzip.compress(JSONL)),
        ("a.csv.bz2", bz2.compress(CSV)),
        ("a.jsonl.xz", lzma.compress(JSONL)),
        ("a.csv.zst", zstandard.compress(CSV)),
    ],
)
def test_text(web: Web, name: str, data: bytes, how: dict[str, Any]) -> None:
    url = web.add(f"/{name}", data, **how)
    assert numbers(data_files=url) == list(range(4000))
    assert numbers(data_files=f"{url}?sig={SECRET}") == list(range(4000))


@pytest.mark.parametrize("how", [{}, {"parts": False}, {"length": "chunked"}, {"cuts": [10_000] * 2}])
def test_parquet(web: Web, parquet: bytes, how: dict[str, Any]) -> None:
    assert numbers(data_files=web.add("/a.parquet", parquet, **how)) == list(range(4000))


def test_of_parquet_only_what_is_wanted_is_fetched(web: Web, parquet: bytes) -> None:
    assert len(parquet) > 1_500_000
    url = web.add("/a.parquet", parquet)
    assert numbers(data_files=url, columns=["n"], num_examples=10) == list(range(10))
    assert web.sent < 600_000


def test_text_is_not_fetched_as_a_whole(web: Web) -> None:
    url = web.add("/a.jsonl", JSONL * 50)
    batches: Any = LoadDataFromFiles(data_files=url, batch_size=500).process()
    assert [row["n"] for row in next(batches)[0]] == list(range(500))
    assert web.sent < len(JSONL) * 25
    batches.close()


def test_several_files(web: Web, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(JSONL)
    first = web.add("/a.jsonl", JSONL)
    assert len(numbers(data_files=[first, tmp_path / "b.jsonl", first])) == 8000


def test_a_body_that_is_cut_for_ever_is_no_end(web: Web) -> None:
    for name, data in (("a.jsonl", JSONL), ("a.csv.gz", gzip.compress(CSV))):
        url = web.add(f"/{name}", data, cuts=[1000] * 99)
        with pytest.raises(StorageError) as error:
            numbers(data_files=url)
        assert error.value.retryable


def test_parquet_that_is_cut_for_ever(web: Web, parquet: bytes) -> None:
    url = web.add("/a.parquet", parquet, cuts=[1000] * 99)
    with pytest.raises(StorageError):
        numbers(data_files=url)


def test_what_is_not_there(web: Web) -> None:
    with pytest.raises(SourceFileError, match=f"{web.url}/a.jsonl: there is no such file"):
        numbers(data_files=f"{web.url}/a.jsonl?{SECRET}")
    for pattern in ("/*.jsonl", "/d/**/a.jsonl"):
        with pytest.raises(UrlError, match="over HTTP there are no folders"):
            numbers(data_files=web.url + pattern)


def test_headers_are_sent_and_never_shown(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = web.add("/a.jsonl", JSONL)
    options = {"headers": {"Authorization": f"Bearer {SECRET}"}}
    step = LoadDataFromFiles(data_files=url, storage_options=options)
    assert len([row for rows, _ in step.process() for row in rows]) == 4000
    assert {headers["Authorization"] for _, headers in web.requests} == {f"Bearer {SECRET}"}
    web.add("/a.jsonl", statuses=[403])
    with pytest.raises(UrlError) as error:
        next(step.process())
    assert SECRET not in f"{error.value!r} {caplog.text} {step!r} {step.model_dump()}"


@pytest.mark.parametrize(
    "url", ["http://localhost/a.jsonl", "http://169.254.169.254/a.jsonl", f"http://{SECRET}@127.0.0.1/a.jsonl"]
)
def test_what_is_not_allowed(url: str) -> None:
    with pytest.raises(UnsafeUrlError) as error:
        numbers(data_files=url)
    assert SECRET not in str(error.value)


def test_a_redirect_to_what_is_not_allowed(web: Web) -> None:
    web.add("/a.jsonl", location=f"http://localhost:{web.port}/b.jsonl")
    web.add("/b.jsonl", JSONL)
    with pytest.raises(UnsafeUrlError, match="is not among"):
        numbers(data_files=f"{web.url}/a.jsonl")
    assert {path for path, _ in web.requests} == {"/a.jsonl"}


def test_in_a_task(run_and_collect: Callable[..., Any], web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    url = web.add("/a.jsonl.gz", gzip.compress(JSONL))
    with DAG(f"http_{uuid.uuid4().hex}", schedule=None) as dag:
        StepOperator(task_id="load", step=LoadDataFromFiles(data_files=f"{url}?sig={SECRET}"))
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__HTTP_HOSTS", "127.0.0.1")
    results = run_and_collect(dag)
    assert results.states == {"load": "success"}
    assert results.rows("load") == ROWS
    asked = len(web.requests)
    monkeypatch.delenv("AIRFLOW__AIRFLOW_ARTIFACTS__HTTP_HOSTS")
    assert run_and_collect(dag).states == {"load": "failed"}
    assert len(web.requests) == asked, "without a setting, no private address is read from"
