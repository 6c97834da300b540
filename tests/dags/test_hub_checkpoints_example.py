"""The example DAG with checkpoints runs, against a fake Hub."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hub.fixtures import hub
from tests.steps.hub_support import loaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import DAG

    from airflow_artifacts.testing import FakeHub

__all__ = ["hub"]

FILE = Path(__file__).parents[2] / "dags" / "example_hub_checkpoints.py"
REPO = "tester/kept"


@pytest.fixture
def dag(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> DAG:
    connection = {"conn_type": "huggingface", "password": hub.token, "host": hub.endpoint}
    monkeypatch.setenv("AIRFLOW_CONN_HUGGINGFACE_DEFAULT", json.dumps(connection))
    dag: DAG = runpy.run_path(str(FILE), run_name="example_hub_checkpoints")["dag"]
    return dag


def test_checkpoints(
    dag: DAG, hub: FakeHub, run_and_collect: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = run_and_collect(dag, repo_id=REPO)
    assert results.states == dict.fromkeys(["load", "text_generation", "checkpoint"], "success")
    rows = results.rows("checkpoint")
    assert len(rows) == 25
    assert results.rows("text_generation") == rows
    assert loaded(hub, tmp_path, "text_generation", repo=REPO) == {"text_generation": rows}
    files = [path for path in hub.tree(REPO) if path.startswith("text_generation/")]
    assert files == [f"text_generation/train-{number:05}.jsonl" for number in range(3)]
    assert len(hub.commits(REPO)) == 3  # the empty one, the first file at once, the rest
    assert hub.token not in "".join(capsys.readouterr())
    assert hub.token not in json.dumps(results.xcom("checkpoint"))

    again = run_and_collect(dag, repo_id=REPO)
    assert loaded(hub, tmp_path / "again", "text_generation", repo=REPO) == {"text_generation": rows * 2}
    assert set(again.states.values()) == {"success"}


def test_a_token_that_may_not_write_fails_the_task(
    dag: DAG, hub: FakeHub, run_and_collect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = hub.add_user("reader", role="read")
    connection = {"conn_type": "huggingface", "password": token, "host": hub.endpoint}
    monkeypatch.setenv("AIRFLOW_CONN_HUGGINGFACE_DEFAULT", json.dumps(connection))
    results = run_and_collect(dag, repo_id=REPO)
    assert results.states["checkpoint"] == "failed"
    assert results.states["text_generation"] == "success"
