"""Artifacts: files under a name, with versions, metadata and checksums."""

from airflow_artifacts.artifacts.access import Access
from airflow_artifacts.artifacts.config import ArtifactConfig
from airflow_artifacts.artifacts.filters import VersionFilter
from airflow_artifacts.artifacts.records import (
    ArtifactRecord,
    ArtifactRef,
    FileRecord,
    find_records,
    is_ref,
    save_records,
)
from airflow_artifacts.artifacts.repository import ArtifactRepository, Found
from airflow_artifacts.artifacts.saving import (
    Draft,
    Origin,
    check_label,
    check_value,
    draft_file,
    draft_path,
    draft_value,
    register,
    save,
)
from airflow_artifacts.artifacts.sink import StoreArtifactSink
from airflow_artifacts.artifacts.uris import ArtifactUri, RunUri, parse_uri
from airflow_artifacts.artifacts.versions import ArtifactVersion
from airflow_artifacts.storage.metadata import METADATA_NAME

__all__ = [
    "METADATA_NAME",
    "Access",
    "ArtifactConfig",
    "ArtifactRecord",
    "ArtifactRef",
    "ArtifactRepository",
    "ArtifactUri",
    "ArtifactVersion",
    "Draft",
    "FileRecord",
    "Found",
    "Origin",
    "RunUri",
    "StoreArtifactSink",
    "VersionFilter",
    "check_label",
    "check_value",
    "draft_file",
    "draft_path",
    "draft_value",
    "find_records",
    "is_ref",
    "parse_uri",
    "register",
    "save",
    "save_records",
]
