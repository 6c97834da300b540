"""Bytes under a root: keys, and the objects that have them."""

from airflow_artifacts.storage.keys import (
    Producer,
    check_artifact_name,
    check_relative_path,
    quote_segment,
)
from airflow_artifacts.storage.local import LocalObjectStore
from airflow_artifacts.storage.logs import Log
from airflow_artifacts.storage.objects import ObjectInfo, ObjectStore
from airflow_artifacts.storage.opening import Login, open_filesystem, open_store, path_on
from airflow_artifacts.storage.parallel import in_parallel
from airflow_artifacts.storage.placing import sync_folder
from airflow_artifacts.storage.urls import connection_of, local_path, split_connection, without_credentials

__all__ = [
    "LocalObjectStore",
    "Log",
    "Login",
    "ObjectInfo",
    "ObjectStore",
    "Producer",
    "check_artifact_name",
    "check_relative_path",
    "connection_of",
    "in_parallel",
    "local_path",
    "open_filesystem",
    "open_store",
    "path_on",
    "quote_segment",
    "split_connection",
    "sync_folder",
    "without_credentials",
]
