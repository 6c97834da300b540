"""Keeps, shows and publishes the rows and artifacts that Airflow tasks make.

``import airflow`` imports this package in every process, so it imports nothing: each name below is looked up in
its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactConfig, ArtifactVersion
    from airflow_artifacts.client import ArtifactClient
    from airflow_artifacts.distiset import Distiset
    from airflow_artifacts.operators import DistisetPushOperator, StepOperator
    from airflow_artifacts.runtime import read_rows
    from airflow_artifacts.step_context import get_step_context
    from airflow_artifacts.steps import run_step
    from airflow_artifacts.tracking import (
        download_artifacts,
        list_artifacts,
        load_artifact,
        load_dict,
        load_table,
        load_text,
        log_artifact,
        log_artifacts,
        log_dict,
        log_figure,
        log_image,
        log_metadata,
        log_stream,
        log_table,
        log_text,
        register_artifact,
        save_artifact,
    )

__version__ = "0.1.0"

__all__ = [
    "ArtifactClient",
    "ArtifactConfig",
    "ArtifactVersion",
    "Distiset",
    "DistisetPushOperator",
    "StepOperator",
    "download_artifacts",
    "get_step_context",
    "list_artifacts",
    "load_artifact",
    "load_dict",
    "load_table",
    "load_text",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_metadata",
    "log_stream",
    "log_table",
    "log_text",
    "read_rows",
    "register_artifact",
    "run_step",
    "save_artifact",
]

_HOMES = {
    "ArtifactClient": "airflow_artifacts.client",
    "ArtifactConfig": "airflow_artifacts.artifacts",
    "ArtifactVersion": "airflow_artifacts.artifacts",
    "Distiset": "airflow_artifacts.distiset",
    "DistisetPushOperator": "airflow_artifacts.operators",
    "StepOperator": "airflow_artifacts.operators",
    "download_artifacts": "airflow_artifacts.tracking",
    "get_step_context": "airflow_artifacts.step_context",
    "list_artifacts": "airflow_artifacts.tracking",
    "load_artifact": "airflow_artifacts.tracking",
    "load_dict": "airflow_artifacts.tracking",
    "load_table": "airflow_artifacts.tracking",
    "load_text": "airflow_artifacts.tracking",
    "log_artifact": "airflow_artifacts.tracking",
    "log_artifacts": "airflow_artifacts.tracking",
    "log_dict": "airflow_artifacts.tracking",
    "log_figure": "airflow_artifacts.tracking",
    "log_image": "airflow_artifacts.tracking",
    "log_metadata": "airflow_artifacts.tracking",
    "log_stream": "airflow_artifacts.tracking",
    "log_table": "airflow_artifacts.tracking",
    "log_text": "airflow_artifacts.tracking",
    "read_rows": "airflow_artifacts.runtime",
    "register_artifact": "airflow_artifacts.tracking",
    "run_step": "airflow_artifacts.steps",
    "save_artifact": "airflow_artifacts.tracking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
