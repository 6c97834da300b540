"""The same on a store that is reached over a network, with a connection that is in Airflow's database."""

from __future__ import annotations

import urllib.request
import uuid
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.artifacts import ArtifactRepository
from airflow_artifacts.storage import open_store
from tests.artifacts.support import save_value
from tests.plugin.conftest import Client, made_by
from tests.servers.s3 import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture
def saved(endpoint: str, airflow_home: object, monkeypatch: pytest.MonkeyPatch) -> ArtifactRepository:
    """A root on S3 with a text in it, saved by a task with credentials of its own."""
    import boto3
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    for name, value in (
        ("ACCESS_KEY_ID", "worker"),
        ("SECRET_ACCESS_KEY", "secret"),
        ("DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    bucket = f"bucket-{uuid.uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    repository = ArtifactRepository(open_store(f"s3://{bucket}/root"))
    save_value(repository, "notes", "hello", producer=made_by("mine"))
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "DEFAULT_REGION", "ENDPOINT_URL"):
        monkeypatch.delenv(f"AWS_{name}")
    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == "my_s3"))
        extra = {"endpoint_url": endpoint, "region_name": "us-east-1"}
        session.add(Connection("my_s3", "aws", login="server", password="hidden-secret", extra=extra))
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", f"s3://my_s3@{bucket}/root")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")  # as in the API server, which asks the database
    return repository


@pytest.mark.usefixtures("saved")
def test_artifacts_are_listed_previewed_and_sent(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    (item,) = viewer.json("api/artifacts")["items"]
    assert item["uri"] == "artifact://notes@1"
    assert viewer.json("api/artifacts/notes@1/preview?file=notes.txt")["text"] == "hello"
    whole = viewer.get("artifacts/notes@1/files/notes.txt")
    assert (whole.status_code, whole.text) == (200, "hello")
    part = viewer.get("artifacts/notes@1/files/notes.txt", headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.text) == (206, "el")
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__SIGNED_DOWNLOADS", "True")
    sent = viewer.get("artifacts/notes@1/files/notes.txt")
    assert sent.status_code == 307
    assert "hidden-secret" not in sent.headers["location"]
    with urllib.request.urlopen(sent.headers["location"]) as answer:  # noqa: S310 - a server of this test
        assert answer.read() == b"hello"


def test_an_object_that_is_gone_is_named(viewer: Client, saved: ArtifactRepository) -> None:
    saved.store.delete_prefix(saved.get("notes").path)
    answer = viewer.get("artifacts/notes@1/files/notes.txt")
    assert answer.status_code == 404
    assert "notes.txt" in answer.json()["detail"]
    assert "hidden-secret" not in answer.text
