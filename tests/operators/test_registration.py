"""The artifacts of a step get versions if, and only if, its rows are committed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from airflow.sdk import DAG, task

from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.operators import StepOperator
from airflow_artifacts.rows import RowsWriter
from airflow_artifacts.steps import GeneratorStep
from airflow_artifacts.tracking import load_artifact, save_artifact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow.models.dagrun import DagRun


@pytest.fixture
def client(root: Path) -> ArtifactClient:
    return ArtifactClient(root.as_uri())


@pytest.fixture
def failures() -> Iterator[list[str]]:
    """What the next attempts of the step fail with; empty for no failure."""
    Saves.failures = []
    yield Saves.failures
    assert Saves.failures == [], "all came"
    Saves.failures = []


def write(folder: Path, text: str) -> None:
    (folder / "f").write_text(text)


class Saves(GeneratorStep):
    """Saves two artifacts, one of them twice, loads one, and may fail at the end."""

    failures: ClassVar[list[str]] = []
    parent: str | None = None
    artifact: str = "index"

    def process(self, offset: int = 0) -> Iterator[Any]:
        if self.parent is not None:
            load_artifact(self.parent)
        for text in ("replaced", "kept"):
            self.save_artifact(self.artifact, partial(write, text=text), {"t": text})
        self.save_artifact("plots/loss", partial(write, text="p"))
        yield [{"n": 1}], False
        if self.failures and (problem := self.failures.pop(0)):
            raise RuntimeError(problem)
        yield [{"n": 2}], True


def make_dag(dag_id: str, step: Saves, **kwargs: Any) -> DAG:
    with DAG(dag_id, schedule=None) as dag:
        StepOperator(task_id="step", step=step, **kwargs)
    return dag


def test_versions_are_registered_with_the_rows(
    run_and_collect: Callable[..., Any], client: ArtifactClient
) -> None:
    dag = make_dag("registered", Saves(name="saver"))
    for number in (1, 2):
        results = run_and_collect(dag)
        refs = results.xcom("step", "artifacts")
        assert [(ref["name"], ref["version"]) for ref in refs] == [("index", number), ("plots/loss", number)]
        version = client.get_artifact_version("index")
        assert version.to_ref() == refs[0]
        assert (version.step, version.kind, version.metadata) == (
            "saver",
            "folder",
            {"t": "kept", "files": 1, "size": 4},
        )
        assert version.producer is not None
        assert version.producer.run_id == results.run.run_id
        assert (version.load() / "f").read_text() == "kept"
        run = f"run://registered/{results.run.run_id}/step"
        assert [each.uri for each in client.list_artifacts(run)] == [ref["uri"] for ref in refs]


def test_a_step_that_raises_after_saving_registers_nothing(
    run_and_collect: Callable[..., Any], client: ArtifactClient, failures: list[str]
) -> None:
    failures.append("gone")
    results = run_and_collect(make_dag("raised", Saves()))
    assert results.states == {"step": "failed"}
    assert (client.list_artifacts(), results.xcom("step", "artifacts")) == ([], None)


def test_a_retry_that_commits_makes_one_version(
    run_and_collect: Callable[..., Any], client: ArtifactClient, failures: list[str]
) -> None:
    failures.extend(["first", "second", ""])
    results = run_and_collect(make_dag("step_retried", Saves(), retries=2, retry_delay=timedelta(0)))
    assert results.states == {"step": "success"}
    (version,) = client.list_artifact_versions("index")
    assert version.version == 1
    assert version.producer is not None
    assert version.producer.try_number == 3
    assert [ref["uri"] for ref in results.xcom("step", "artifacts")] == [
        "artifact://index@1",
        "artifact://plots/loss@1",
    ]


@pytest.mark.parametrize("moment", ["before the rows count", "after"])
def test_an_attempt_that_dies_around_the_commit(
    run_and_collect: Callable[..., Any], client: ArtifactClient, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Only the attempts that reach registration make versions; the next one makes the first."""
    commit, times = RowsWriter.commit, iter([1])

    def die(self: RowsWriter, **kwargs: Any) -> Any:
        if next(times, None) is None:
            return commit(self, **kwargs)
        if moment == "after":
            commit(self, **kwargs)
        raise StorageError("write", "x", "the network is down.")

    monkeypatch.setattr(RowsWriter, "commit", die)
    results = run_and_collect(make_dag(f"died_{moment[:5].strip()}", Saves(), retries=1, retry_delay=timedelta(0)))
    assert results.states == {"step": "success"}
    assert [version.version for version in client.list_artifact_versions("index")] == [1]


def run_again(dag: DAG, run: DagRun) -> None:
    """Clear the only task of a run, and run it again."""
    from airflow.models.taskinstance import clear_task_instances
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils.session import create_session

    with create_session() as session:
        clear_task_instances(run.get_task_instances(session=session), session)
    with create_session() as session:
        (instance,) = run.get_task_instances(session=session)
        assert instance.state is None, "it is cleared"
        instance.try_number += 1
        session.commit()
        _run_task(ti=instance, task=dag.get_task("step"))


def test_a_cleared_task_makes_the_next_version(run_dag: Callable[..., DagRun], client: ArtifactClient) -> None:
    dag = make_dag("cleared", Saves())
    run = run_dag(dag)
    run_again(dag, run)
    versions = client.list_artifact_versions("index", run_id=run.run_id)
    assert [version.version for version in versions] == [1, 2]
    assert [version.producer.try_number for version in versions if version.producer is not None] == [1, 2]
    found = client.repository.find(f"run://cleared/{run.run_id}/step/index")
    assert found.version == versions[1], "the newest attempt's"


def test_what_a_step_loaded_are_the_parents(run_and_collect: Callable[..., Any], client: ArtifactClient) -> None:
    with DAG("step_parents", schedule=None) as dag:

        @task
        def before() -> None:
            save_artifact("raw", 1)

        before() >> StepOperator(task_id="step", step=Saves(parent="raw"))
    assert set(run_and_collect(dag).states.values()) == {"success"}
    assert client.get_artifact_version("index").parents == ("artifact://raw@1",)


def test_a_name_that_no_asset_can_have_registers_nothing(
    run_and_collect: Callable[..., Any], client: ArtifactClient
) -> None:
    results = run_and_collect(make_dag("step_asset", Saves(artifact="context"), asset=True))
    assert results.states == {"step": "failed"}
    assert (client.list_artifacts(), results.xcom("step")) == ([], None)
    assert run_and_collect(make_dag("step_no_asset", Saves(artifact="context"))).states == {"step": "success"}


def test_a_step_without_artifacts_registers_none(run_and_collect: Callable[..., Any], root: Path) -> None:
    class Plain(GeneratorStep):
        def process(self, offset: int = 0) -> Iterator[Any]:
            yield [{"n": 1}], True

    with DAG("no_artifacts", schedule=None) as dag:
        StepOperator(task_id="step", step=Plain())
    assert run_and_collect(dag).xcom("step", "artifacts") == []
    assert not (root / "registry").exists()
