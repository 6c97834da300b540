"""Routes of what a DAG made, for those who may read its XComs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from airflow_artifacts.artifacts.catalogue import Query as CatalogueQuery
from airflow_artifacts.plugin.airflow_internals import GetUserDep  # noqa: TC001 - FastAPI evaluates annotations
from airflow_artifacts.plugin.answers import Answer
from airflow_artifacts.plugin.archives import scope_members
from airflow_artifacts.plugin.attempts import Scope, find_rows
from airflow_artifacts.plugin.content import archive_response
from airflow_artifacts.plugin.previews import preview_rows
from airflow_artifacts.plugin.rights import readable_dag, reader
from airflow_artifacts.plugin.routes.lists import ListParameters  # noqa: TC001 - FastAPI evaluates annotations
from airflow_artifacts.plugin.served import get_served
from airflow_artifacts.plugin.shown import shown_page
from airflow_artifacts.storage import Producer

router = APIRouter(dependencies=[Depends(readable_dag)])


class RowsParameters(Scope):
    """Which rows are wanted, and where to go on, as the last answer said."""

    before: str | None = None


class Attempt(Scope):
    """An attempt of a task instance, in the query of a URL."""

    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int
    attempt: str


@router.get("/api/dags/{dag_id}/artifacts")
def find_artifacts(dag_id: str, user: GetUserDep, wanted: Annotated[ListParameters, Query()]) -> Any:
    """List versions that the DAG, a run, a task or a task instance of it made."""
    query = wanted.model_copy(update={"dag_id": dag_id}).to_query()
    return Answer(shown_page(get_served().catalogue.find(query, reader(user))))


@router.get("/api/dags/{dag_id}/rows")
def find_dag_rows(dag_id: str, wanted: Annotated[RowsParameters, Query()]) -> Any:
    """List the rows of step tasks, the newest runs first."""
    return Answer(find_rows(get_served().store, dag_id, wanted, wanted.before))


@router.get("/api/dags/{dag_id}/rows/first")
def get_first_rows(dag_id: str, attempt: Annotated[Attempt, Query()]) -> Any:
    """Show the first rows that an attempt made.

    The path is built from the ids in the URL, which the dependency has authorised, and never from an XCom.
    """
    producer = Producer(dag_id, **attempt.model_dump())
    return Answer(preview_rows(get_served().store, producer.prefix))


@router.get("/dags/{dag_id}/archive")
def get_archive(dag_id: str, run_id: str, task_id: str | None = None, map_index: int | None = None) -> Any:
    """Send all artifacts of a run, a task or a task instance as one zip."""
    scope = CatalogueQuery(dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index, sort="name")
    members = scope_members(get_served(), scope)
    return archive_response("-".join(filter(None, (dag_id, run_id, task_id))) + ".zip", members)
