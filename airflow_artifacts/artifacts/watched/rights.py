"""Who may see what a DAG made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

MayRead: TypeAlias = Callable[[str | None], bool]
"""Says whether a user may see what a DAG made, or, for None, what no DAG made."""


def once_per_dag(may_read: MayRead) -> MayRead:
    """Ask for each DAG once."""
    answers: dict[str | None, bool] = {}

    def may(dag_id: str | None) -> bool:
        if dag_id not in answers:
            answers[dag_id] = may_read(dag_id)
        return answers[dag_id]

    return may
