"""Rows between tasks: parts on the object store, and a manifest that makes them count."""

from airflow_artifacts.rows.reading import Rows, read_rows
from airflow_artifacts.rows.refs import MANIFEST_NAME, Manifest, PartRecord, RowsRef, find_refs, load_manifest
from airflow_artifacts.rows.writing import RowsWriter

__all__ = [
    "MANIFEST_NAME",
    "Manifest",
    "PartRecord",
    "Rows",
    "RowsRef",
    "RowsWriter",
    "find_refs",
    "load_manifest",
    "read_rows",
]
