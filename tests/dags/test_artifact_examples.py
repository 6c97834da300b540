"""The example DAGs of named artifacts run, and keep what they say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import DAG

FOLDER = Path(__file__).parents[2] / "dags"


def load_dag(name: str, variable: str = "dag") -> DAG:
    dag: DAG = runpy.run_path(str(FOLDER / f"{name}.py"), run_name=name)[variable]
    return dag


@pytest.fixture
def client(root: Path) -> ArtifactClient:
    return ArtifactClient(root.as_uri())


def test_dynamic_names(run_and_collect: Callable[..., Any], client: ArtifactClient) -> None:
    results = run_and_collect(load_dag("example_dynamic_names"), model="large")
    assert set(results.states) == {
        "split_data",
        "process_train",
        "process_validation",
        "process_test",
        "count",
    }
    assert set(results.states.values()) == {"success"}
    values = {version.name: version.load() for version in client.list_artifacts()}
    assert values == {
        "large_counts": {"part 1": 6, "part 2": 2, "part 3": 2},
        "numbers/test": [8, 9],
        "numbers/train": [0, 1, 2, 3, 4, 5],
        "numbers/validation": [6, 7],
        "test_artifact": {"processed_data": [8, 9]},
        "train_artifact": {"processed_data": [0, 1, 2, 3, 4, 5]},
        "validation_artifact": {"processed_data": [6, 7]},
    }
    assert client.get_artifact_version("test_artifact").parents == ("artifact://numbers/test@1",)


def test_metadata_lookup(run_and_collect: Callable[..., Any], client: ArtifactClient) -> None:
    results = run_and_collect(load_dag("example_metadata_lookup"))
    assert set(results.states.values()) == {"success"}
    expected = {"train": {"rows": [1, 2, 3]}, "validation": {"rows": [4]}, "test": {"rows": [5, 6]}}
    assert results.xcom("load_by_prefix") == expected
    assert results.xcom("load_one") == expected["validation"]
    versions = client.list_artifact_versions("generic_artifact")
    assert [version.version for version in versions] == [1, 2, 3]
    assert {version.run_metadata["custom_prefix"]: version.load() for version in versions} == expected


def test_artifact_logging(run_and_collect: Callable[..., Any], client: ArtifactClient) -> None:
    results = run_and_collect(load_dag("example_artifact_logging"))
    assert set(results.states.values()) == {"success"}
    kept = {version.name: [file.path for file in version.files] for version in client.list_artifacts()}
    assert kept == {
        "config.yaml": ["config.yaml"],
        "results/notes.txt": ["notes.txt"],
        "results/predictions": ["best.txt", "raw/epoch-5.txt"],
        "results/scores.csv": ["scores.csv"],
        "results/scores.png": ["scores.png"],
        "results/summary.json": ["summary.json"],
    }
    plot = client.get_artifact_version("results/scores.png")
    assert results.xcom("train") == plot.uri
    assert results.xcom("publish") == {"file": "scores.png", "bytes": plot.size, "best": 0.73}
    assert plot.download().read_bytes().startswith(b"\x89PNG")
    assert client.load_dict("config.yaml") == {"learning_rate": 0.1, "epochs": 5}
    assert client.load_text("artifact://results/predictions/best.txt") == "epoch 5"
    assert plot.metadata["epochs"] == 5
    assert {ref["name"] for ref in results.xcom("train", "artifacts")} == set(kept)


def test_artifact_consumer(run_and_collect: Callable[..., Any], client: ArtifactClient) -> None:
    from airflow.models.asset import AssetDagRunQueue
    from airflow.utils.session import create_session
    from sqlalchemy import select

    consumer = load_dag("example_artifact_consumer", "consumer")
    consumer.is_paused_upon_creation = False
    # Nobody has triggered it yet.
    assert set(run_and_collect(consumer).states.values()) == {"success"}
    assert client.load_artifact("example_sums") == {}
    assert set(run_and_collect(load_dag("example_artifact_consumer", "producer")).states.values()) == {"success"}
    assert client.load_artifact("example_numbers") == [1, 2, 3]
    with create_session() as session:
        assert "example_artifact_consumer" in session.scalars(select(AssetDagRunQueue.target_dag_id)).all()
