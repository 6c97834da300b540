from __future__ import annotations

import io
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from airflow_artifacts.artifacts import ArtifactConfig, Origin
from airflow_artifacts.artifacts.saving import save_source
from airflow_artifacts.artifacts.sources import find_source
from airflow_artifacts.operators import StepOperator
from airflow_artifacts.plugin import attempts
from airflow_artifacts.rows import Manifest
from airflow_artifacts.steps import GeneratorStep
from airflow_artifacts.storage import open_store
from tests.artifacts.support import save_value
from tests.plugin.conftest import Client, made_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository
    from airflow_artifacts.steps import GeneratorStepOutput


class Makes(GeneratorStep):
    def process(self, offset: int = 0) -> GeneratorStepOutput:
        # A file of this name is no manifest of rows.
        self.save_artifact("note", lambda path: (path / "manifest.json").write_text("hello"), {"a": 1})
        yield [{"n": 1}, {"n": 2, "m": "three"}], True


@pytest.fixture
def ran(run_and_collect: Callable[..., Any]) -> Any:
    with DAG("shown", schedule=None) as dag:
        StepOperator(task_id="make", step=Makes())
    return run_and_collect(dag)


def _instance(ran: Any) -> str:
    return f"run_id={ran.run.run_id.replace('+', '%2B')}&task_id=make&map_index=-1"


def test_a_task_instance_shows_its_artifacts_and_rows(viewer: Client, ran: Any) -> None:
    (item,) = viewer.json(f"api/dags/shown/artifacts?{_instance(ran)}")["items"]
    assert (item["name"], item["step"]) == ("note", "make")
    assert (item["producer"]["state"], item["producer"]["is_latest_try"]) == ("success", True)
    rows = viewer.json(f"api/dags/shown/rows?{_instance(ran)}")
    assert (rows["next"], rows["problems"]) == (None, [])
    (made,) = rows["items"]
    assert (made["step"], made["count"]) == ("make", 2)
    assert made["columns"] == [{"name": "n", "rows": 2}, {"name": "m", "rows": 1}]
    assert made["producer"]["state"] == "success"


@pytest.mark.parametrize("scope", ["", "task_id=make", "run"])
def test_rows_are_found_from_each_level(viewer: Client, ran: Any, scope: str) -> None:
    query = _instance(ran).partition("&")[0] if scope == "run" else scope
    (made,) = viewer.json(f"api/dags/shown/rows?{query}")["items"]
    assert made["producer"]["run_id"] == ran.run.run_id


def test_the_first_rows_are_a_table(viewer: Client, ran: Any) -> None:
    (made,) = viewer.json(f"api/dags/shown/rows?{_instance(ran)}")["items"]
    attempt = {key: made["producer"][key] for key in ("run_id", "task_id", "map_index", "try_number", "attempt")}
    table = viewer.json("api/dags/shown/rows/first", **attempt)
    assert table["type"] == "table"
    assert [column["name"] for column in table["columns"]] == ["n", "m"]
    assert table["rows"] == [["1", None], ["2", "three"]]
    assert table["total_rows"] == 2
    assert viewer.get("api/dags/shown/rows/first", **(attempt | {"attempt": "../../x"})).status_code == 404


def test_rows_that_cannot_be_read_are_named_beside_the_others(
    viewer: Client, ran: Any, root: Path, repository: ArtifactRepository
) -> None:
    (manifest,) = root.rglob("make/-1/*/manifest.json")
    another = made_by("shown", "make", ran.run.run_id, try_number=2).prefix
    repository.store.create(f"{another}/manifest.json", b"{}")
    third = made_by("shown", "make", ran.run.run_id, try_number=3).prefix
    repository.store.create(f"{third}/manifest.json", manifest.read_bytes())  # another attempt's
    fourth = made_by("shown", "make", ran.run.run_id, try_number=4).prefix
    nobodys = Manifest(0, {}, (), {"dag_id": "shown"}, {}).to_bytes()
    repository.store.create(f"{fourth}/manifest.json", nobodys)
    rows = viewer.json(f"api/dags/shown/rows?{_instance(ran)}")
    assert len(rows["items"]) == 1
    assert ["is damaged" in problem for problem in rows["problems"]] == [True, True, True]
    assert "names no attempt" in rows["problems"][0]
    assert "another attempt" in rows["problems"][1]


@pytest.mark.parametrize("before", ["x", "-1 runs/a", "9" * 30 + " runs/a", "1 other"])
def test_a_place_to_go_on_that_no_answer_gave_is_refused(viewer: Client, root: object, before: str) -> None:
    answer = viewer.get(f"api/dags/shown/rows?before={before}")
    assert (answer.status_code, "before" in answer.json()["detail"]) == (400, True)


def _keep_rows(repository: ArtifactRepository, run_id: str, indexes: range) -> None:
    for index in indexes:
        producer = made_by("shown", "many", run_id, map_index=index)
        manifest = Manifest(0, {}, (), vars(producer), {"name": "many"})
        repository.store.create(f"{producer.prefix}/manifest.json", manifest.to_bytes())


def test_rows_of_many_attempts_come_in_pages(viewer: Client, repository: ArtifactRepository) -> None:
    _keep_rows(repository, "r", range(10, 160))
    first = viewer.json("api/dags/shown/rows?run_id=r")
    assert [item["producer"]["map_index"] for item in first["items"]] == list(range(10, 110))
    _keep_rows(repository, "r", range(10))  # while somebody reads
    second = viewer.json("api/dags/shown/rows", run_id="r", before=first["next"])
    assert [item["producer"]["map_index"] for item in second["items"]] == list(range(110, 160))
    assert second["next"] is None
    gone = viewer.json("api/dags/shown/rows", run_id="r", before="0 runs/gone")  # which somebody has deleted
    assert [item["producer"]["map_index"] for item in gone["items"]] == list(range(100))


def test_rows_are_found_by_names_whatever_is_in_them(viewer: Client, repository: ArtifactRepository) -> None:
    producer = made_by("täglich", "größe.x", "r")
    columns = {f"c{number}": 0 for number in range(300)}
    manifest = Manifest(0, columns, (), vars(producer), {"name": "s" * 300}).to_bytes()
    repository.store.create(f"{producer.prefix}/manifest.json", manifest)
    repository.store.create(f"{producer.prefix}/manifest.json.old", manifest)
    (item,) = viewer.json("api/dags/täglich/rows", run_id="r", task_id="größe.x")["items"]
    assert item["producer"]["task_id"] == "größe.x"
    assert (len(item["columns"]), item["total_columns"], len(item["step"])) == (200, 300, 200)
    assert viewer.json("api/dags/täglich/rows", run_id="r", task_id="../r/größe.x")["items"] == []


def test_rows_of_many_runs_come_in_pages_the_newest_first(
    viewer: Client,
    run_and_collect: Callable[..., Any],
    repository: ArtifactRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "_RUNS_AT_ONCE", 2)
    with DAG("often", schedule=None) as dag:
        StepOperator(task_id="make", step=Makes())
    runs = [run_and_collect(dag).run.run_id for _ in range(3)]
    for run_id in runs[:2]:
        for index in range(70):
            producer = made_by("often", "many", run_id, map_index=index)
            manifest = Manifest(0, {}, (), vars(producer), {"name": "many"})
            repository.store.create(f"{producer.prefix}/manifest.json", manifest.to_bytes())
    seen, before = [], None
    while True:
        page = viewer.json("api/dags/often/rows", before=before)
        seen.append([(item["producer"]["run_id"], item["producer"]["task_id"]) for item in page["items"]])
        if (before := page["next"]) is None:
            break
    assert list(map(len, seen)) == [100, 43]
    flat = [each for page in seen for each in page]
    assert flat[0] == (runs[2], "make")
    assert list(dict.fromkeys(run_id for run_id, _ in flat)) == runs[::-1]


def test_all_artifacts_of_a_run_come_as_one_archive(viewer: Client, repository: ArtifactRepository) -> None:
    save_value(repository, "plots/a", "one", producer=made_by("d"))
    save_value(repository, "plots/a", "two", producer=made_by("d"))
    save_value(repository, "model", "three", producer=made_by("d", "fit", map_index=4))
    save_value(repository, "other", "four", producer=made_by("d", run_id="another"))
    answer = viewer.get("dags/d/archive?run_id=run%2B1")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            "make/plots/a@1/a.txt": "one",
            "make/plots/a@2/a.txt": "two",
            "fit[4]/model@1/model.txt": "three",
        }
    answer = viewer.get("dags/d/archive?run_id=nothing")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "There is no file of the run 'nothing' for an archive. There is nothing to download.",
    )


def test_an_archive_names_what_is_kept_elsewhere(
    viewer: Client, repository: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.txt").write_text("there")
    source = find_source("model", str(tmp_path / "there.txt"), open_store)
    config = ArtifactConfig("model").checked()
    save_source(repository, config, source, Origin(made_by("d")), copy=False)
    assert viewer.get("dags/d/archive?run_id=run%2B1").status_code == 404
    save_value(repository, "text", "here", producer=made_by("d"))
    time.sleep(1.1)  # the catalogue looks once a second
    with zipfile.ZipFile(io.BytesIO(viewer.get("dags/d/archive?run_id=run%2B1").content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["make/text@1/text.txt", "NOT_INCLUDED.txt"]
        assert archive.read("NOT_INCLUDED.txt").decode().startswith("artifact://model@1 is kept at file:///")
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__SERVED_SOURCES", tmp_path.as_uri())
    # The root is below that folder too, and is served by its own rules only.
    with zipfile.ZipFile(io.BytesIO(viewer.get("dags/d/archive?run_id=run%2B1").content)) as archive:
        assert archive.namelist() == ["make/model@1/there.txt", "make/text@1/text.txt"]
