"""Keeps, shows and publishes the rows and artifacts that Airflow tasks make.

``import airflow`` imports this package in every process, so it imports nothing: each name below is looked up in
its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_artifacts.distiset import Distiset
    from airflow_artifacts.operators import DistisetPushOperator, StepOperator
    from airflow_artifacts.runtime import read_rows
    from airflow_artifacts.steps import run_step

__version__ = "0.1.0"

__all__ = ["Distiset", "DistisetPushOperator", "StepOperator", "read_rows", "run_step"]

_HOMES = {
    "Distiset": "airflow_artifacts.distiset",
    "DistisetPushOperator": "airflow_artifacts.operators",
    "StepOperator": "airflow_artifacts.operators",
    "read_rows": "airflow_artifacts.runtime",
    "run_step": "airflow_artifacts.steps",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
