"""The artifacts of the tasks before a task, with the versions that they were registered as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.xcom_arg import XComArg
from airflow.sdk.exceptions import XComNotFound

from airflow_artifacts.artifacts import find_records, is_ref
from airflow_artifacts.artifacts.marks import find_marks
from airflow_artifacts.attempt import ARTIFACTS_KEY
from airflow_artifacts.distiset import GatheredArtifact
from airflow_artifacts.storage import in_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import BaseOperator, Context
    from airflow.sdk.types import Operator

    from airflow_artifacts.artifacts import ArtifactRepository
    from airflow_artifacts.operators.inputs import TaskRows


def all_upstream_tasks(task: BaseOperator) -> list[Operator]:
    """List all tasks before a task, in the order in which the DAG file defines them."""
    wanted = task.get_flat_relative_ids(upstream=True)
    return [other for other in task.dag.tasks if other.task_id in wanted]


def find_artifacts(
    repository: ArtifactRepository, task: Operator, name: str, instances: Sequence[TaskRows], context: Context
) -> list[GatheredArtifact]:
    """List what a task saved: through its step, and by functions such as ``log_artifact``.

    Args:
        repository: The artifacts below the root.
        task: A task before the one that runs.
        name: Folder of its artifacts; a mapped task has one for each instance, ``<name>-<map index>``.
        instances: Its rows, where it runs a step.
        context: The context of the running task.

    Raises:
        ArtifactNotFoundError: A version was deleted.
        InvalidRefError: An XCom was edited, and no longer leads to what it names.
    """
    of_step = [artifact for rows in instances for artifact in _of_step(repository, rows, name)]
    known = {(artifact.record.name, artifact.version) for artifact in of_step}
    logged = in_parallel(lambda ref: _of_ref(repository, ref, name), list(_refs(_pull(task, context))))
    return of_step + [artifact for artifact in logged if (artifact.record.name, artifact.version) not in known]


def _of_step(repository: ArtifactRepository, rows: TaskRows, name: str) -> list[GatheredArtifact]:
    prefix = rows.refs[0].prefix
    folder = _folder(name, int(rows.manifests[0].producer["map_index"]))
    versions = {mark.record.path: mark.version for mark in find_marks(repository.store, prefix)}
    records = find_records(repository.store, prefix)
    return [GatheredArtifact(folder, record, versions.get(record.path)) for record in records]


def _of_ref(repository: ArtifactRepository, ref: object, name: str) -> GatheredArtifact:
    version = repository.find(ref).version
    record = repository.registry(version.name).record(version.version)
    map_index = -1 if version.producer is None else version.producer.map_index
    return GatheredArtifact(_folder(name, map_index), record, version.version)


def _folder(name: str, map_index: int) -> str:
    return name if map_index < 0 else f"{name}-{map_index}"


def _pull(task: Operator, context: Context) -> Any:
    try:
        return XComArg(task, ARTIFACTS_KEY).resolve(context)
    except XComNotFound:
        return None


def _refs(value: Any) -> Iterator[object]:
    """Give the refs in what was pulled: a list, of mapped tasks several, or what a task has there for itself."""
    if is_ref(value):
        yield value
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for item in value:
            yield from _refs(item)
