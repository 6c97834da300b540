"""A download may be sent to the store itself, with a URL that is signed when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.plugin.content.headers import SANDBOX
from airflow_artifacts.storage import ObjectStore, open_store
from tests.contracts.signing import fetch
from tests.plugin.content.support import SMALL, saved, served

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import FileRecord


@pytest.fixture
def bucket(s3_root: str) -> ObjectStore:
    return open_store(s3_root)


def ask(store: ObjectStore, file: FileRecord, method: str = "GET", **options: Any) -> Any:
    client = TestClient(served(store, file, sign=True, **options), follow_redirects=False)
    return client.request(method, "/app/file")


def test_a_download_is_sent_to_the_store(bucket: ObjectStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="airflow_artifacts")
    answer = ask(bucket, saved(bucket, "a b/plot ü.png", SMALL))
    assert (answer.status_code, answer.content) == (307, b"")
    url = answer.headers["Location"]
    assert "X-Amz-Expires=300" in url
    assert fetch(url) == SMALL
    assert urlsplit(url).path.endswith("/plot%20%C3%BC.png"), "from which the client takes the name"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert "ETag" not in answer.headers
    assert "X-Amz" not in caplog.text


def test_what_is_shown_and_what_is_asked_without_a_body_comes_from_here(bucket: ObjectStore) -> None:
    file = saved(bucket, "plot.png", SMALL)
    assert ask(bucket, file, media_type="image/png", inline=True).content == SMALL
    assert ask(bucket, file, "HEAD").status_code == 200
    assert ask(bucket, file, media_type="text/plain", inline=True).status_code == 307


def test_what_is_gone_or_has_another_size_is_said_here(bucket: ObjectStore) -> None:
    file = saved(bucket, "plot.png", SMALL)
    bucket.replace("plot.png", SMALL + b"1")
    assert "is damaged" in ask(bucket, file).json()["detail"]
    bucket.delete("plot.png")
    assert ask(bucket, file).status_code == 404


def test_a_store_that_cannot_sign_sends_the_file(local: ObjectStore) -> None:
    answer = ask(local, saved(local, "plot.png", SMALL))
    assert (answer.status_code, answer.content) == (200, SMALL)


def test_where_signing_fails_the_file_is_sent(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(key: str, seconds: int) -> str:
        raise StorageError("sign a URL of", bucket.url(key), "there is no key to sign with")

    monkeypatch.setattr(bucket, "signed_url", fail)
    answer = ask(bucket, saved(bucket, "plot.png", SMALL))
    assert (answer.status_code, answer.content) == (200, SMALL)
    assert "there is no key to sign with. The file is sent from here instead." in caplog.text
