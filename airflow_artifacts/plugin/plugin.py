"""The plugin that the entry point ``airflow.plugins`` names."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_artifacts.plugin import listener

URL_PREFIX = "/airflow-artifacts"


class ArtifactsPlugin(AirflowPlugin):
    """Registers the provider's part of the API server, and what tidies up when a task ends."""

    name = "airflow_artifacts"
    listeners: list[Any] = [listener]  # noqa: RUF012 - Airflow has it as an attribute of instances

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The app, which only the API server asks for: workers load the plugin, and need no FastAPI."""
        from airflow_artifacts.plugin.app import create_app

        return [{"name": "Artifacts", "app": create_app(), "url_prefix": URL_PREFIX}]
