"""Buttons on the page of a task instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

APP_PREFIX = "airflow-artifacts"
"""Where the plugin's app is, below Airflow."""


class ArtifactsLink(BaseOperatorLink):
    """Leads to the page with what a task instance keeps.

    It is a page of the plugin's own, because not every role may see the tabs of plugins.
    """

    @property
    def name(self) -> str:
        """What the button says."""
        return "Artifacts"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - of the same task
        """Give the URL. It is relative: Airflow's UI knows at which path it is served, and workers do not."""
        map_index = -1 if ti_key.map_index is None else ti_key.map_index
        return _page(dag_id=ti_key.dag_id, run_id=ti_key.run_id, task_id=ti_key.task_id, map_index=map_index)


class RunArtifactsLink(ArtifactsLink):
    """Leads to the page with what a whole DAG run keeps, for a task that gathers it."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - of the same task
        """Give the URL, a relative one."""
        return _page(dag_id=ti_key.dag_id, run_id=ti_key.run_id)


def _page(**scope: Any) -> str:
    return f"{APP_PREFIX}/view?{urlencode(scope)}"


class DatasetLink(BaseOperatorLink):
    """Leads to the data set on the Hub that a DistisetPushOperator pushed."""

    @property
    def name(self) -> str:
        """What the button says."""
        return "Dataset"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - of the same task
        """Give the URL, empty where nothing was pushed. Airflow asks in the task's process, when it has ended."""
        return str(getattr(operator, "dataset_url", ""))
