"""What others wrote to a store, kept in memory for lists and never believed.

A listing says what there is. Only what is new is read, many objects at a time, and each value of it is checked.
"""

from airflow_artifacts.artifacts.watched.checks import (
    TEXT_LIMIT,
    read_optional_text,
    read_producer,
    read_text,
    read_time,
    read_version,
    typed,
    utc_text,
)
from airflow_artifacts.artifacts.watched.reading import Reader, read_json
from airflow_artifacts.artifacts.watched.refreshing import Look, Refreshed
from airflow_artifacts.artifacts.watched.rights import MayRead, once_per_dag

__all__ = [
    "TEXT_LIMIT",
    "Look",
    "MayRead",
    "Reader",
    "Refreshed",
    "once_per_dag",
    "read_json",
    "read_optional_text",
    "read_producer",
    "read_text",
    "read_time",
    "read_version",
    "typed",
    "utc_text",
]
