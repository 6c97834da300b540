"""What happens when a task ends: the local folders into which it downloaded artifacts are removed."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.listeners import hookimpl

logger = logging.getLogger(__name__)


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """Airflow calls this in the task's process."""
    _close(task_instance)


@hookimpl
def on_task_instance_failed(task_instance: Any) -> None:
    """Airflow calls this in the task's process, and where it finds a task dead."""
    _close(task_instance)


@hookimpl
def on_task_instance_skipped(task_instance: Any) -> None:
    """Airflow calls this in the process of a task that skips itself."""
    _close(task_instance)


def _close(task_instance: Any) -> None:
    attempt = sys.modules.get("airflow_artifacts.attempt")
    if attempt is None:  # nothing was saved or loaded in this process
        return
    try:
        attempt.close_attempt(str(task_instance.id))
    except Exception:
        logger.warning("What %s downloaded could not be removed", task_instance, exc_info=True)
