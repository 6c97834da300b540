"""Previews of files and rows, read from the store by ranges: never more than a small part of what is there."""

from airflow_artifacts.plugin.previews.files import preview_file
from airflow_artifacts.plugin.previews.first_rows import preview_rows

__all__ = ["preview_file", "preview_rows"]
