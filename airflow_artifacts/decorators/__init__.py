"""Task decorators: functions as steps, and functions whose values are kept."""

from airflow_artifacts.decorators.artifact import artifact_task
from airflow_artifacts.decorators.step import step_task

__all__ = ["artifact_task", "step_task"]
