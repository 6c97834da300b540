"""The Airflow plugin: what the API server shows of rows and artifacts. It only reads."""

from airflow_artifacts.plugin.plugin import ArtifactsPlugin

__all__ = ["ArtifactsPlugin"]
