"""Where things are, relative to an Airflow: its own pages, and those and the routes of the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tests.ui.deployment import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

APP = "airflow-artifacts"


def airflow_page(dag_id: str, task_id: str = "", map_index: int = -1, run_id: str = RUN) -> str:
    """Give Airflow's page of a run, of a task instance or of a mapped one."""
    run = f"dags/{dag_id}/runs/{quote(run_id, safe='')}"
    task = f"{run}/tasks/{task_id}" if task_id else run
    return f"{task}/mapped/{map_index}" if map_index >= 0 else task


def plain_page(dag_id: str, task_id: str, map_index: int = -1, run_id: str = RUN) -> str:
    """Give the plugin's own page of a task instance."""
    query = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": map_index}
    return f"{APP}/view?{urlencode(query)}"


def list_route(parameters: Sequence[tuple[str, object]] = (), dag_id: str = "") -> str:
    scope = f"dags/{dag_id}/" if dag_id else ""
    return f"{APP}/api/{scope}artifacts?{urlencode(parameters)}"


def api_routes(name: str, version: int, file: str, dag_id: str, task_id: str) -> dict[str, str]:
    """Give every route that shows something of an artifact, or of the DAG that made it, by what it gives."""
    versioned = f"{name}@{version}"
    instance = urlencode({"run_id": RUN, "task_id": task_id, "map_index": -1})
    return {
        "detail": f"{APP}/api/artifacts/{versioned}",
        "preview": f"{APP}/api/artifacts/{versioned}/preview?{urlencode({'file': file})}",
        "file": file_route(name, version, file),
        "inline file": file_route(name, version, file, inline=True),
        "archive": f"{APP}/artifacts/{versioned}/archive",
        "artifacts of the DAG": f"{APP}/api/dags/{dag_id}/artifacts",
        "rows of the DAG": f"{APP}/api/dags/{dag_id}/rows?{instance}",
        "archive of the DAG": f"{APP}/dags/{dag_id}/archive?{instance}",
    }


def file_route(name: str, version: int, file: str, *, inline: bool = False) -> str:
    return f"{APP}/artifacts/{name}@{version}/files/{quote(file)}{'?inline=true' if inline else ''}"
