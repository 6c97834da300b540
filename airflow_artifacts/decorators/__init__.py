"""Task decorators: functions as steps."""

from airflow_artifacts.decorators.step import step_task

__all__ = ["step_task"]
