from __future__ import annotations

import gc
import json
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from airflow_artifacts import read_rows
from airflow_artifacts.connections import filesystem_for
from airflow_artifacts.exceptions import ConfigurationError, DistisetError, StorageError, UrlError
from airflow_artifacts.operators import StepOperator
from airflow_artifacts.operators.credentials import connections
from airflow_artifacts.runtime import (
    final_failures,
    get_producer,
    get_settings,
    open_root,
    open_url,
    settled_memory,
)
from airflow_artifacts.steps import LoadDataFromFiles, run_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def connection(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", json.dumps({"conn_type": "generic", "password": "hunter2"}))
    return "my_store"


def test_root_may_name_a_connection(connection: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"file://{connection}@{tmp_path}"
    filesystem = filesystem_for(url)
    assert filesystem is not None
    assert filesystem.exists(str(tmp_path))
    open_url(url).create("a", b"1")
    assert (tmp_path / "a").read_bytes() == b"1"


def test_connection_that_does_not_exist_is_an_error_and_never_anonymous_access(
    airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", "s3://nobody@bucket/prefix")
    with pytest.raises(
        UrlError, match="s3://nobody@bucket/prefix cannot be opened: there is no connection 'nobody'"
    ):
        open_root()


def test_scheme_that_nothing_serves_is_an_error(connection: str) -> None:
    with pytest.raises(UrlError, match="no installed provider serves gopher://"):
        filesystem_for(f"gopher://{connection}@bucket")


@pytest.mark.parametrize("url", ["/srv/data", "file:///srv/data", "s3://bucket/a@b", "s3://key:secret@bucket"])
def test_url_without_a_connection_has_no_file_system_of_its_own(url: str) -> None:
    assert filesystem_for(url) is None


def test_step_may_load_from_a_url_with_a_connection(connection: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"n": 1}\n')
    with connections():
        for url in (f"file://{connection}@{tmp_path}/rows.jsonl", f"{tmp_path}/rows.jsonl"):
            assert run_step(LoadDataFromFiles(data_files=url)).rows == [{"n": 1}]
        with pytest.raises(UrlError, match="no connection 'nobody'"):
            run_step(LoadDataFromFiles(data_files=f"file://nobody@{tmp_path}/rows.jsonl"))


def test_what_a_retry_cannot_help_is_final() -> None:
    with pytest.raises(AirflowFailException, match="has no rows") as raised, final_failures():
        raise DistisetError("It has no rows.")
    assert isinstance(raised.value.__cause__, DistisetError)
    with pytest.raises(StorageError), final_failures():
        raise StorageError("read", "s3://bucket/key", "503")
    with pytest.raises(KeyError), final_failures():
        raise KeyError("of the step itself")


def test_garbage_collector_looks_at_everything_again_afterwards() -> None:
    counts = []

    def fail() -> None:
        with settled_memory():
            counts.append(gc.get_freeze_count())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counts[0] > 1000
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("map_index", [None, -1, 3])
def test_producer_is_this_attempt(map_index: int | None) -> None:
    instance = SimpleNamespace(
        dag_id="d", run_id="r", task_id="t", map_index=map_index, try_number=2, id=UUID(int=5)
    )
    producer = get_producer({"ti": instance, "logical_date": datetime(2026, 1, 2, tzinfo=timezone.utc)})
    assert producer.prefix == f"runs/d/r/t/{3 if map_index == 3 else -1}/002-00000000-0000-0000-0000-000000000005"
    assert producer.logical_date == "2026-01-02T00:00:00+00:00"
    assert get_producer({"ti": instance}).logical_date is None


def test_bad_setting_names_itself(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__PART_BYTES", "a lot")
    with pytest.raises(ConfigurationError, match=r"\[airflow_artifacts\] part_bytes is 'a lot'"):
        get_settings()


def test_rows_are_read_from_the_configured_root(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"n": 1}\n{"n": 2}\n')
    with DAG("read", schedule=None) as dag:
        StepOperator(task_id="load", step=LoadDataFromFiles(data_files=str(tmp_path / "rows.jsonl")))
    ref = run_and_collect(dag).xcom("load")
    assert list(read_rows(ref)) == [{"n": 1}, {"n": 2}]
    assert len(read_rows([ref, ref])) == 4
