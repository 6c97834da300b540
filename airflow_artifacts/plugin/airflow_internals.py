"""All that the server side uses of Airflow's internals: users, their rights, and what became of tries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, get_user
from airflow.configuration import conf
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancehistory import TaskInstanceHistory
from airflow.utils.session import create_session
from sqlalchemy import select

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fastapi import Request
    from sqlalchemy.orm import Session

__all__ = [
    "GetUserDep",
    "Try",
    "airflow_path",
    "find_runs",
    "find_tries",
    "get_user",
    "login_url",
    "may_read_dag",
]

# What can be no DAG's id, so that nobody can be given it alone: who may read it may read every DAG. To ask without
# an id will not do, because some auth managers then say whether any DAG may be read.
_EVERY_DAG = "~"
_IDS_AT_ONCE = 500  # databases take only so many parameters in a query


@dataclass(frozen=True)
class Try:
    """What Airflow knows of an attempt.

    Attributes:
        state: Its state, None while it has none.
        is_latest: Whether it is the newest one of its task instance.
    """

    state: str | None
    is_latest: bool


def may_read_dag(user: Any, dag_id: str | None) -> bool:
    """Say whether a user may read the XComs, and so the artifacts, of a DAG; without one, those of every DAG.

    In a deployment with teams, what belongs to no team that is known, as what no DAG made or a DAG that was
    deleted, belongs to all of them.
    """
    if dag_id is None:
        details = DagDetails(id=_EVERY_DAG)
    elif dag_id in {"", _EVERY_DAG}:
        return False
    else:
        has_teams = conf.getboolean("core", "multi_team", fallback=False)  # else this is a query for each DAG
        details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id) if has_teams else None)
    return bool(
        get_auth_manager().is_authorized_dag(
            method="GET", access_entity=DagAccessEntity.XCOM, details=details, user=user
        )
    )


def find_tries(attempts: Iterable[str]) -> dict[str, Try]:
    """Find what Airflow knows of attempts, by their ids. Those it no longer knows are left out."""
    found: dict[str, Try] = {}
    ids = iter({UUID(attempt) for attempt in attempts if _is_id(attempt)})
    with create_session() as session:
        while some := list(islice(ids, _IDS_AT_ONCE)):
            found.update(_tries(session, some))
    return found


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _tries(session: Session, ids: Sequence[UUID]) -> Iterator[tuple[str, Try]]:
    tables = ((TaskInstanceHistory, TaskInstanceHistory.task_instance_id), (TaskInstance, TaskInstance.id))
    for table, column in tables:
        for attempt, state in session.execute(select(column, table.state).where(column.in_(ids))):
            yield str(attempt), Try(state, is_latest=table is TaskInstance)


def find_runs(dag_id: str, before: int | None, limit: int) -> list[tuple[int, str]]:
    """List the newest runs of a DAG, with a number of each to go on before.

    Args:
        dag_id: The DAG.
        before: Only runs with smaller numbers.
        limit: How many at most.
    """
    runs = select(DagRun.id, DagRun.run_id).where(DagRun.dag_id == dag_id)
    if before is not None:
        runs = runs.where(DagRun.id < before)
    with create_session() as session:
        return [
            (number, run_id) for number, run_id in session.execute(runs.order_by(DagRun.id.desc()).limit(limit))
        ]


def airflow_path(request: Request) -> str:
    """Give the path at which Airflow itself is served, with a slash at its end."""
    return request.base_url.path


def login_url(request: Request) -> str:
    """Give the path of Airflow's login, which leads back to what is asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{airflow_path(request)}api/v2/auth/login?{urlencode({'next': wanted})}"
