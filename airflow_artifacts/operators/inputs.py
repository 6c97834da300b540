"""The rows of other tasks, as inputs of a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_artifacts.rows import Rows, RowsRef


class TaskRows(Rows):
    """The rows that a task made, with its name."""

    @property
    def name(self) -> str:
        """The task's id."""
        return str(self.manifests[0].producer.get("task_id", "?"))


def find_refs(value: Any) -> list[RowsRef]:
    """Read the refs in what a template or an XCom gave: one, or a sequence of them; none of a skipped task.

    Raises:
        InvalidRefError: Something in it is not a ref of rows.
        UnsafeNameError: A ref leads out of the root.
    """
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [ref for item in value for ref in find_refs(item)]
    return [RowsRef.from_xcom(value)]
