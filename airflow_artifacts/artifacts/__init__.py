"""Artifacts: files under a name, with metadata and checksums."""

from airflow_artifacts.artifacts.records import (
    ArtifactRecord,
    ArtifactRef,
    FileRecord,
    find_records,
    save_records,
)
from airflow_artifacts.artifacts.sink import StoreArtifactSink
from airflow_artifacts.storage.metadata import METADATA_NAME

__all__ = [
    "METADATA_NAME",
    "ArtifactRecord",
    "ArtifactRef",
    "FileRecord",
    "StoreArtifactSink",
    "find_records",
    "save_records",
]
