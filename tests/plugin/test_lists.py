from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.support import save_value
from tests.plugin.conftest import Client, made_by

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactRepository


@pytest.fixture
def saved(repository: ArtifactRepository) -> None:
    save_value(
        repository, "plots/loss", "a", producer=made_by("train", "plot"), tags=["plot"], metadata={"loss": 0.5}
    )
    save_value(repository, "plots/loss", "bb", producer=made_by("train", "plot"), metadata={"loss": 0.25})
    save_value(repository, "model", "ccc", producer=made_by("train", "fit", map_index=3), metadata={"loss": 0.25})
    save_value(repository, "notes", {"a": 1}, producer=made_by("report"), metadata={"lang": "en"})


def names(page: dict[str, Any]) -> list[str]:
    return [f"{item['name']}@{item['version']}" for item in page["items"]]


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=name", ["model@1", "notes@1", "plots/loss@1", "plots/loss@2"]),
        ("sort=-name&latest=true", ["plots/loss@2", "notes@1", "model@1"]),
        ("sort=-size&limit=1", ["notes@1"]),
        ("sort=name&limit=2&offset=1", ["notes@1", "plots/loss@1"]),
        ("q=LOSS&sort=version", ["plots/loss@1", "plots/loss@2"]),
        ("q=loss&latest=true", ["plots/loss@2"]),
        ("dag_id=train&task_id=fit", ["model@1"]),
        ("dag_id=train&map_index=3", ["model@1"]),
        ("tag=plot", ["plots/loss@1"]),
        ("metadata=loss=0.25&sort=name", ["model@1", "plots/loss@2"]),
        ("metadata=loss%3C0.3&metadata=loss%3E0&q=model", ["model@1"]),
        ("metadata=lang=en", ["notes@1"]),
        ("created_after=2200-01-01", []),
        ("name=loss", []),
    ],
    ids=str,
)
def test_a_list_is_filtered_sorted_and_paged_by_the_server(
    viewer: Client, query: str, expected: list[str]
) -> None:
    assert names(viewer.json(f"api/artifacts?{query}")) == expected


@pytest.mark.usefixtures("saved")
def test_the_total_counts_all_pages(viewer: Client) -> None:
    page = viewer.json("api/artifacts?limit=1")
    assert (len(page["items"]), page["total"]) == (1, 4)
    assert page["as_of"] >= page["items"][0]["created_at"][:19]


@pytest.mark.usefixtures("saved")
def test_a_list_says_of_a_version_what_is_known(viewer: Client) -> None:
    (item,) = viewer.json("api/artifacts?q=model")["items"]
    assert item["uri"] == "artifact://model@1"
    assert (item["kind"], item["size"], item["is_by_reference"]) == ("text", 3, False)
    assert item["producer"] | {"attempt": ""} == {
        "dag_id": "train",
        "run_id": "run+1",
        "task_id": "fit",
        "map_index": 3,
        "try_number": 1,
        "attempt": "",
        "logical_date": None,
        "state": None,
        "is_latest_try": None,
    }
    assert {value["key"]: (value["type"], value["text"]) for value in item["metadata"]} == {
        "length": ("number", "3"),
        "loss": ("number", "0.25"),
    }


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("offset=-1", "offset"),
        ("sort=colour", "sort"),
        ("created_after=yesterday", "created_after"),
        ("metadata=%3D1", "metadata"),
        ("nonsense=1", "nonsense"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(
    viewer: Client, root: object, query: str, named: str
) -> None:
    answer = viewer.get(f"api/artifacts?{query}")
    assert answer.status_code in {400, 422}
    assert named in answer.text


@pytest.mark.usefixtures("saved")
def test_facets_are_what_there_is(viewer: Client) -> None:
    facets = viewer.json("api/facets")
    assert facets["dag_ids"] == ["report", "train"]
    assert facets["task_ids"] == ["fit", "make", "plot"]
    assert facets["tags"] == ["plot"]
    assert {"lang", "loss"} <= set(facets["metadata_keys"])
    assert "text" in facets["kinds"]


@pytest.mark.usefixtures("saved")
def test_series_have_a_value_for_each_version(viewer: Client, repository: ArtifactRepository) -> None:
    save_value(repository, "plots/loss", "no loss here")
    found = viewer.json("api/artifacts/plots/loss/series")
    assert [each["version"] for each in found["versions"]][:2] == [1, 2]
    assert found["series"]["loss"][:2] == [0.5, 0.25]
    assert found["series"]["size"][:2] == [1, 2]


def test_a_list_tells_a_failed_and_an_earlier_try(
    viewer: Client, repository: ArtifactRepository, run_dag: Any
) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.sdk import DAG
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    from airflow_artifacts.decorators.artifact import artifact_task

    with DAG("retried", schedule=None) as dag:

        @artifact_task
        def note() -> str:
            return "text"

        note()
    run = run_dag(dag)
    with create_session() as session:  # as a failure and a clear would
        wanted = select(TaskInstance).where(TaskInstance.run_id == run.run_id, TaskInstance.dag_id == "retried")
        instance = session.scalars(wanted).one()
        instance.state = TaskInstanceState.FAILED
        instance.prepare_db_for_next_try(session)
    path = f"api/dags/retried/artifacts?run_id={run.run_id.replace('+', '%2B')}"
    (item,) = viewer.json(path)["items"]
    assert (item["producer"]["state"], item["producer"]["is_latest_try"]) == ("failed", False)
