"""The app below ``/airflow-artifacts`` of the API server: what task instances keep, for those who may see it."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, FastAPI, HTTPException

from airflow_artifacts.exceptions import ArtifactsError
from airflow_artifacts.plugin.attempts import find_attempts
from airflow_artifacts.runtime import open_root
from airflow_artifacts.storage import Producer

# Every route belongs to a DAG, and is for those who may read the XComs of that DAG.
_router = APIRouter(dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.XCOM))])


@_router.get("/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/{map_index}")
def get_task_instance(dag_id: str, run_id: str, task_id: str, map_index: int) -> dict[str, Any]:
    """List the attempts of a task instance that committed, the newest first, with their rows and artifacts.

    The path is built from the ids in the URL, which the dependency has authorised, and never from an XCom.
    """
    producer = Producer(dag_id, run_id, task_id, map_index)
    try:
        attempts = find_attempts(open_root(), producer)
    except ArtifactsError as error:
        raise HTTPException(502, str(error)) from error
    return {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": map_index, "attempts": attempts}


def create_app() -> FastAPI:
    """Make the app, without the open pages on which FastAPI documents its routes."""
    app = FastAPI(title="Artifacts", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_router)
    return app
