"""The root that the API server serves is opened once, and anew where it has to be."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.plugin import app, served
from airflow_artifacts.storage import LocalObjectStore
from tests.artifacts.support import save_value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository
    from airflow_artifacts.storage import ObjectInfo
    from tests.plugin.conftest import Client

pytestmark = pytest.mark.usefixtures("airflow_home")


def test_the_catalogue_is_read_before_the_server_answers(
    repository: ArtifactRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_value(repository, "a", 1)
    list_objects = LocalObjectStore.list

    def list_after_a_moment(store: LocalObjectStore, prefix: str) -> Iterable[ObjectInfo]:
        time.sleep(0.3)
        return list_objects(store, prefix)

    monkeypatch.setattr(LocalObjectStore, "list", list_after_a_moment)
    assert served.get_served().catalogue.as_of is None
    with TestClient(app.create_app()):
        assert served.get_served().catalogue.as_of is not None


def test_a_store_that_is_slow_does_not_keep_the_server_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    has_started = threading.Event()

    def list_slowly(*_: object) -> list[object]:
        assert has_started.wait(30)
        return []

    monkeypatch.setattr(LocalObjectStore, "list", list_slowly)
    monkeypatch.setattr(app, "_START", 0.05)
    with TestClient(app.create_app()):
        catalogue = served.get_served().catalogue
        assert catalogue.as_of is None
        has_started.set()
        catalogue.refresh()  # which waits for the thread that reads
        assert catalogue.as_of is not None


def test_a_root_that_cannot_be_opened_keeps_no_server_from_starting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", "s3://no_such_connection@bucket/root")
    with TestClient(app.create_app()):
        pass
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
