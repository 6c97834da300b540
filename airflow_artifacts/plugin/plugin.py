"""The plugin that the entry point ``airflow.plugins`` names."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

URL_PREFIX = "/airflow-artifacts"


class ArtifactsPlugin(AirflowPlugin):
    """Registers the provider's part of the API server."""

    name = "airflow_artifacts"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The app, which only the API server asks for: workers load the plugin, and need no FastAPI."""
        from airflow_artifacts.plugin.app import create_app

        return [{"name": "Artifacts", "app": create_app(), "url_prefix": URL_PREFIX}]
