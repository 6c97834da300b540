"""ArtifactClient: saving, finding and loading artifacts, in a task, a script or a notebook."""

from airflow_artifacts.client.client import ArtifactClient
from airflow_artifacts.client.options import Output, SaveOptions, VersionOptions

__all__ = ["ArtifactClient", "Output", "SaveOptions", "VersionOptions"]
