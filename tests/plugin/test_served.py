"""The root that the API server serves is opened once, and anew where it has to be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.plugin import served
from airflow_artifacts.plugin.app import create_app
from airflow_artifacts.storage import LocalObjectStore
from tests.artifacts.support import save_value

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository
    from tests.plugin.conftest import Client

pytestmark = pytest.mark.usefixtures("airflow_home")


def test_the_catalogue_is_read_when_the_server_starts(repository: ArtifactRepository) -> None:
    save_value(repository, "a", 1)
    assert served.get_served().catalogue.as_of is None
    with TestClient(create_app()):
        deadline = time.monotonic() + 30
        while served.get_served().catalogue.as_of is None and time.monotonic() < deadline:
            time.sleep(0.05)
    assert served.get_served().catalogue.as_of is not None


def test_a_root_that_cannot_be_opened_keeps_no_server_from_starting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", "s3://no_such_connection@bucket/root")
    with TestClient(create_app()):
        deadline = time.monotonic() + 30
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.05)
    assert "no_such_connection" in caplog.text


def test_a_root_that_does_not_answer_is_opened_anew_after_a_while(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("list", "registry", "the credentials have expired")

    before = served.get_served()
    assert served.get_served() is before
    with monkeypatch.context() as patch:
        patch.setattr(LocalObjectStore, "list", fail)
        with pytest.raises(StorageError):
            before.catalogue.refresh()
    assert served.get_served() is before  # not at once
    monkeypatch.setattr(served, "_REOPENED_AFTER", -1.0)
    again = served.get_served()
    assert again is not before
    assert served.get_served() is again


def test_another_root_is_another_store(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = served.get_served()
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", (tmp_path / "other").as_uri())
    assert served.get_served().store.root != before.store.root


def test_one_odd_object_closes_nothing(viewer: Client, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "registry" / "x" / "1").mkdir(parents=True)
    monkeypatch.setattr(served, "_REOPENED_AFTER", -1.0)
    viewer.get("api/artifacts")
    before = served.get_served()
    assert viewer.get("api/artifacts/x@1").status_code == 502
    assert served.get_served() is before
