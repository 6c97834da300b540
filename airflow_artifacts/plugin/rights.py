"""Who may see what: everything belongs to the DAG that made it, and what none made to those who may read all."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, HTTPException

from airflow_artifacts.artifacts import ArtifactVersion
from airflow_artifacts.exceptions import DamagedObjectError, ObjectNotFoundError, UnsafeNameError
from airflow_artifacts.plugin.airflow_internals import GetUserDep, may_read_dag
from airflow_artifacts.plugin.served import get_served

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactRecord
    from airflow_artifacts.artifacts.registry import Registry
    from airflow_artifacts.artifacts.watched import MayRead

logger = logging.getLogger(__name__)

_FORBIDDEN, _NOT_FOUND, _BAD_GATEWAY = 403, 404, 502


def reader(user: Any) -> MayRead:
    """Give the function that says whether a user may see what a DAG made."""
    return lambda dag_id: may_read_dag(user, dag_id)


def readable_dag(dag_id: str, user: GetUserDep) -> None:
    """Let a user through who may see what a DAG made."""
    if not may_read_dag(user, dag_id):
        raise HTTPException(_FORBIDDEN, "Forbidden")


def readable_version(name: str, version: int, user: GetUserDep) -> ArtifactVersion:
    """Find the version that a URL names, for a user who may see it.

    Whoever may not see it does not learn more of it than that; nor what else there is of the name.
    """
    repository = get_served().repository
    registry = repository.registry(name)
    record = _record(registry, name, version)
    if not may_read_dag(user, None if record.producer is None else record.producer.dag_id):
        raise HTTPException(_FORBIDDEN, "Forbidden")
    changes = registry.changes()
    if version in changes.deleted:
        raise HTTPException(_NOT_FOUND, f"Version {version} of the artifact {name!r} is deleted.")
    return repository.version(version, record, changes.metadata.get(version, ()))


def _record(registry: Registry, name: str, version: int) -> ArtifactRecord:
    """Read a record, of which nothing is said to anybody before it is known whose it is."""
    try:
        return registry.record(version)
    except ObjectNotFoundError as error:
        raise HTTPException(_NOT_FOUND, f"There is no version {version} of an artifact {name!r}.") from error
    except (DamagedObjectError, UnsafeNameError) as error:
        logger.warning("A record cannot be read: %s", error)
        detail = f"The record of version {version} of the artifact {name!r} is damaged. The server's log says how."
        raise HTTPException(_BAD_GATEWAY, detail) from error


ReadableVersion = Annotated[ArtifactVersion, Depends(readable_version)]
