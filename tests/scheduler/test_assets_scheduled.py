"""A DAG that is scheduled on an artifact, and what tasks leave on disk, under a real scheduler."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient
from tests.scheduler.test_scheduler import PROJECT, Server, _asked_for, server  # noqa: F401 - these are fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running Airflow with the example DAGs, which leaves its temporary files in a folder of its own."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setenv("AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL", "2")
        running: Server = request.getfixturevalue("server")
        for name in ("artifact_consumer", "artifact_logging"):
            shutil.copy(PROJECT / "dags" / f"example_{name}.py", running.home / "dags")
        yield running


def wait_for_run(airflow: Server, dag_id: str) -> dict[str, Any]:
    """Wait for the end of a run that something else has started."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        runs = airflow.request("GET", f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"]
        if runs and runs[0]["state"] in {"success", "failed"}:
            return dict(runs[0])
        time.sleep(1)
    pytest.fail(f"{dag_id} did not run")


def wait_until_parsed(airflow: Server, dag_id: str) -> None:
    """Wait until a DAG is known, and have it run when it is due."""
    deadline = time.monotonic() + 120
    while not airflow._unpause(dag_id):
        assert time.monotonic() < deadline
        time.sleep(1)


def test_new_version_runs_the_dag_that_is_scheduled_on_it(airflow: Server) -> None:
    wait_until_parsed(airflow, "example_artifact_consumer")
    run = airflow.run("example_artifact_producer", {})
    assert run["state"] == "success"
    triggered = wait_for_run(airflow, "example_artifact_consumer")
    assert (triggered["state"], triggered["run_type"]) == ("success", "asset_triggered")
    client = ArtifactClient((airflow.home / "artifacts").as_uri())
    assert client.load_artifact("example_sums") == {"artifact://example_numbers@1": 6}
    (event,) = airflow.request("GET", "/api/v2/assets/events?source_dag_id=example_artifact_producer")[
        "asset_events"
    ]
    metadata = client.get_artifact_version("example_numbers").metadata
    assert event["extra"] == {"version": 1, "uri": "artifact://example_numbers@1", "metadata": metadata}
    assert client.get_artifact_version("example_sums").parents == ("artifact://example_numbers@1",)


def test_downloads_of_a_task_are_removed_when_it_ends(airflow: Server) -> None:
    run = airflow.run("example_artifact_logging", {})
    assert {each["task_id"]: each["state"] for each in run["instances"]} == {
        "train": "success",
        "publish": "success",
    }
    temporary = Path(os.environ["TMPDIR"])
    assert temporary.is_dir()
    assert list(temporary.glob("airflow-artifacts-*")) == []
