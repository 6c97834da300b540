"""Events and lineage in a real database, of tasks that really run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest
from airflow.sdk import DAG, Asset, AssetAlias, BaseOperator, task

from airflow_artifacts.assets import artifact_alias, declare, get_asset, with_alias
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import ArtifactError
from airflow_artifacts.tracking import load_artifact, log_text, save_artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def find_events(dag_id: str) -> list[tuple[str, str, dict[str, Any], int | None]]:
    """List the events that a DAG added: name and URI of the asset, extra, map index of the task."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        events = session.scalars(select(AssetEvent).filter_by(source_dag_id=dag_id).order_by(AssetEvent.id)).all()
        return [(each.asset.name, each.asset.uri, dict(each.extra), each.source_map_index) for each in events]


def find_queued() -> set[str]:
    """Give the DAGs that are to run because of an event."""
    from airflow.models.asset import AssetDagRunQueue
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return set(session.scalars(select(AssetDagRunQueue.target_dag_id)))


def test_each_version_of_an_artifact_task_is_an_event(run_and_collect: Callable[..., Any]) -> None:
    with DAG("events", schedule=None) as dag:

        @task.artifact(asset=True)
        def two() -> tuple[Annotated[int, "events/one"], Annotated[str, "events/two"]]:
            return 1, "x"

        @task.artifact(asset=True, outlets=[Asset("other")])
        def mapped(n: int) -> Annotated[list[int], "events/mapped"]:
            return [n]

        two.override(outlets=[Asset("other")])() >> mapped.expand(n=[4, 5])
    # The outlet is seen before the tasks run, and so in the graph of assets.
    for task_id in ("two", "mapped"):
        assert dag.get_task(task_id).outlets == [Asset("other"), artifact_alias()]
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    events = [event for event in find_events("events") if event[0] != "other"]
    refs = {ref["name"]: ref for ref in results.xcom("two")}
    for name, uri, extra, _ in events[:2]:
        metadata = refs[name]["metadata"]
        assert uri == name == Asset(name).uri
        assert extra == {"version": 1, "uri": f"artifact://{name}@1", "metadata": metadata}
        assert metadata["size"] > 0
    assert {name for name, *_ in events} == {"events/one", "events/two", "events/mapped"}
    assert sorted((extra["version"], index) for name, _, extra, index in events if name == "events/mapped") in [
        [(1, 0), (2, 1)],
        [(1, 1), (2, 0)],
    ]


def test_events_of_a_plain_task_that_declares_nothing(run_and_collect: Callable[..., Any]) -> None:
    with DAG("plain_consumer", schedule=[Asset("plain/data")], is_paused_upon_creation=False) as consumer:

        @task
        def consume() -> None: ...

        consume()
    with DAG("plain_events", schedule=None) as dag:

        @task
        def plain(n: int = -1) -> None:
            save_artifact("plain/data", [n], asset=True)
            save_artifact("plain/data", [n], {"n": n}, asset=True)
            log_text("hello", "plain/hello.txt", asset=True)
            log_text("hello", "plain/silent.txt")

        plain() >> plain.override(task_id="mapped").expand(n=[0])
    run_and_collect(consumer)
    run_and_collect(dag)
    events = find_events("plain_events")
    data = [(extra["version"], extra["metadata"].get("n")) for name, _, extra, _ in events if name == "plain/data"]
    assert data == [(1, None), (2, -1), (3, None), (4, 0)]
    assert {name for name, *_ in events} == {"plain/data", "plain/hello.txt"}
    assert "plain_consumer" in find_queued()


def test_a_task_that_fails_adds_no_events(run_and_collect: Callable[..., Any]) -> None:
    with DAG("failed_events", schedule=None) as dag:

        @task
        def fails() -> None:
            save_artifact("failed/data", 1, asset=True)
            raise ValueError("afterwards")

        fails()
    assert run_and_collect(dag).states == {"fails": "failed"}
    assert find_events("failed_events") == []


def test_names_that_no_asset_can_have_are_refused_before_saving(
    run_and_collect: Callable[..., Any], root: Path
) -> None:
    with pytest.raises(ArtifactError, match=r"'context' was not saved: with asset=True.*prohibited name"):
        get_asset("context")
    with DAG("prohibited", schedule=None) as dag:

        @task.artifact(asset=True)
        def saves() -> Annotated[int, "self"]:
            return 1

        saves()
    assert run_and_collect(dag).states == {"saves": "failed"}
    assert ArtifactClient(root.as_uri()).list_artifacts() == []


def test_alias_is_declared_once() -> None:
    operator = BaseOperator(task_id="x", outlets=[Asset("a"), AssetAlias("b")])
    declare(operator)
    declare(operator)
    assert operator.outlets == [Asset("a"), AssetAlias("b"), artifact_alias()]
    assert with_alias(None) == [artifact_alias()]
    assert with_alias(Asset("a")) == [Asset("a"), artifact_alias()]


@pytest.fixture
def lineage(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A collector of lineage, as Airflow has where a plugin reads it."""
    from airflow.sdk import lineage as module

    collector = module.HookLineageCollector()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(module, "get_hook_lineage_collector", lambda: collector)
    return collector


def test_lineage_of_what_is_loaded_and_saved(run_and_collect: Callable[..., Any], lineage: Any) -> None:
    with DAG("lineage", schedule=None) as dag:

        @task
        def first() -> None:
            save_artifact("lineage/raw", [1])

        @task.artifact(asset=True)
        def second() -> Annotated[list[int], "lineage/clean"]:
            for _ in range(2):
                values: list[int] = load_artifact("lineage/raw")
            return values

        first() >> second()
    run_and_collect(dag)
    collected = lineage.collected_assets

    def shown(infos: Any) -> list[tuple[Any, ...]]:
        return [(info.asset.name, info.asset.uri, info.asset.extra, info.count) for info in infos]

    raw, clean = (f"lineage/{name}" for name in ("raw", "clean"))
    assert shown(collected.inputs) == [(raw, raw, {"version": 1, "uri": f"artifact://{raw}@1"}, 1)]
    assert shown(collected.outputs) == [
        (name, name, {"version": 1, "uri": f"artifact://{name}@1"}, 1) for name in (raw, clean)
    ]


def test_lineage_that_goes_wrong_fails_no_task(
    run_and_collect: Callable[..., Any], lineage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "create_asset", None)
    with DAG("broken_lineage", schedule=None) as dag:

        @task
        def saves() -> None:
            save_artifact("broken_lineage", 1)
            load_artifact("broken_lineage")

        saves()
    assert run_and_collect(dag).states == {"saves": "success"}
    assert not lineage.has_collected
