"""The plugin that the entry point ``airflow.plugins`` names."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_artifacts.links import APP_PREFIX
from airflow_artifacts.plugin import listener
from airflow_artifacts.plugin.bundle import get_bundle

# Of each place in Airflow's UI the last part of the URL, which may be there only once.
_ROUTES = {
    "nav": "artifacts",
    "dag": "dag-artifacts",
    "dag_run": "run-artifacts",
    "task": "task-artifacts",
    "task_instance": "task-instance-artifacts",
}


class ArtifactsPlugin(AirflowPlugin):
    """Registers the provider's part of the API server and of the UI, and what tidies up when a task ends."""

    name = "airflow_artifacts"
    listeners: list[Any] = [listener]  # noqa: RUF012 - Airflow has it as an attribute of instances

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The app, which only the API server asks for: workers load the plugin, and need no FastAPI."""
        from airflow_artifacts.plugin.app import create_app

        return [{"name": "Artifacts", "app": create_app(), "url_prefix": f"/{APP_PREFIX}"}]

    @cached_property
    def react_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The tabs, and the entry of the menu; one bundle, which is the same object in the browser."""
        app = {"name": "Artifacts", "bundle_url": f"{APP_PREFIX}/assets/{get_bundle().plugin}"}
        return [
            {**app, "destination": place, "url_route": route, **({"category": "browse"} if place == "nav" else {})}
            for place, route in _ROUTES.items()
        ]
