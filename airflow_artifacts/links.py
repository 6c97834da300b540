"""Buttons on the page of a task instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class DatasetLink(BaseOperatorLink):
    """Leads to the data set on the Hub that a DistisetPushOperator pushed."""

    @property
    def name(self) -> str:
        """What the button says."""
        return "Dataset"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - of the same task
        """Give the URL, empty where nothing was pushed. Airflow asks in the task's process, when it has ended."""
        return str(getattr(operator, "dataset_url", ""))
