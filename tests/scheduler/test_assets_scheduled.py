"""A DAG that is scheduled on an artifact, and what tasks leave on disk, under a real scheduler."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient

if TYPE_CHECKING:
    from tests.servers.airflow import Server


def wait_for_run(server: Server, dag_id: str) -> dict[str, Any]:
    """Wait for the end of a run that something else has started."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        runs = server.request("GET", f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"]
        if runs and runs[0]["state"] in {"success", "failed"}:
            return dict(runs[0])
        time.sleep(1)
    pytest.fail(f"{dag_id} did not run")


def wait_until_parsed(server: Server, dag_id: str) -> None:
    """Wait until a DAG is known, and have it run when it is due."""
    deadline = time.monotonic() + 120
    while not server.unpause(dag_id):
        assert time.monotonic() < deadline
        time.sleep(1)


def test_new_version_runs_the_dag_that_is_scheduled_on_it(server: Server) -> None:
    wait_until_parsed(server, "example_artifact_consumer")
    run = server.run("example_artifact_producer", {})
    assert run["state"] == "success"
    triggered = wait_for_run(server, "example_artifact_consumer")
    assert (triggered["state"], triggered["run_type"]) == ("success", "asset_triggered")
    client = ArtifactClient((server.home / "artifacts").as_uri())
    assert client.load_artifact("example_sums") == {"artifact://example_numbers@1": 6}
    (event,) = server.request("GET", "/api/v2/assets/events?source_dag_id=example_artifact_producer")[
        "asset_events"
    ]
    metadata = client.get_artifact_version("example_numbers").metadata
    assert event["extra"] == {"version": 1, "uri": "artifact://example_numbers@1", "metadata": metadata}
    assert client.get_artifact_version("example_sums").parents == ("artifact://example_numbers@1",)


def test_downloads_of_a_task_are_removed_when_it_ends(server: Server) -> None:
    run = server.run("example_artifact_logging", {})
    assert {each["task_id"]: each["state"] for each in run["instances"]} == {
        "train": "success",
        "publish": "success",
    }
    assert list(server.temporary.glob("airflow-artifacts-*")) == []
