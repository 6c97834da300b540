"""Bytes under a root: keys, and the objects that have them."""

from airflow_artifacts.storage.keys import (
    Producer,
    check_artifact_name,
    check_relative_path,
    quote_segment,
)
from airflow_artifacts.storage.objects import (
    LocalObjectStore,
    ObjectInfo,
    ObjectStore,
    local_path,
    open_store,
    without_credentials,
)
from airflow_artifacts.storage.placing import sync_folder

__all__ = [
    "LocalObjectStore",
    "ObjectInfo",
    "ObjectStore",
    "Producer",
    "check_artifact_name",
    "check_relative_path",
    "local_path",
    "open_store",
    "quote_segment",
    "sync_folder",
    "without_credentials",
]
