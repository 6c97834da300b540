from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from airflow_artifacts import attempt
from airflow_artifacts.plugin import listener
from airflow_artifacts.tracking import download_artifacts, load_artifact, save_artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("error", "state"), [(None, "success"), (ValueError("x"), "failed"), (AirflowSkipException("x"), "skipped")]
)
def test_downloads_are_removed_when_the_task_ends(
    run_and_collect: Callable[..., Any], tmp_path: Path, error: Exception | None, state: str
) -> None:
    source = tmp_path / "source.txt"
    source.write_text("hello")
    seen: list[Path] = []
    with DAG("downloads", schedule=None) as dag:

        @task
        def downloads() -> None:
            ref = save_artifact("downloaded", source)
            seen.extend([download_artifacts(ref), load_artifact(ref), download_artifacts(ref, tmp_path / "kept")])
            assert [path.read_text() for path in seen] == ["hello"] * 3
            if error is not None:
                raise error

        downloads()
    assert run_and_collect(dag).states == {"downloads": state}
    *removed, kept = seen
    assert not any(path.exists() or path.parent.exists() for path in removed)
    assert (kept.read_text(), source.read_text()) == ("hello", "hello")


def test_what_goes_wrong_is_only_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: str) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(attempt, "close_attempt", fails)
    listener.on_task_instance_success(SimpleNamespace(id="x"))
    assert "disk on fire" in caplog.text


def test_nothing_is_imported_where_nothing_was_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "airflow_artifacts.attempt")
    listener.on_task_instance_failed(SimpleNamespace(id="x"))
    assert "airflow_artifacts.attempt" not in sys.modules
