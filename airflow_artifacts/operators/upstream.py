"""The artifacts of the tasks before a task, with the versions that they were registered as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.xcom_arg import XComArg
from airflow.sdk.exceptions import XComNotFound

from airflow_artifacts.artifacts import ArtifactRef, find_records, is_ref
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
    of_step = _of_step(repository, name, instances) if instances else []
    known = {(artifact.record.name, artifact.version) for artifact in of_step}
    refs = [ArtifactRef.from_xcom(ref) for ref in _refs(_pull(task, context))]
    logged = [ref for ref in refs if (ref.name, ref.version) not in known]
    return of_step + in_parallel(lambda ref: _of_ref(repository, ref, name), logged)


def _of_step(repository: ArtifactRepository, name: str, instances: Sequence[TaskRows]) -> list[GatheredArtifact]:
    store = repository.store
    task_prefix = instances[0].refs[0].prefix.rsplit("/", 2)[0]  # without map index and attempt
    versions = {mark.record.path: mark.version for mark in find_marks(store, task_prefix)}

    def gather(rows: TaskRows) -> list[GatheredArtifact]:
        folder = _folder(name, int(rows.manifests[0].producer["map_index"]))
        records = find_records(store, rows.refs[0].prefix)
        return [GatheredArtifact(folder, record, versions.get(record.path)) for record in records]

    return [artifact for artifacts in in_parallel(gather, instances) for artifact in artifacts]


def _of_ref(repository: ArtifactRepository, ref: ArtifactRef, name: str) -> GatheredArtifact:
    version = repository.find(ref.to_xcom()).version
    record = repository.registry(version.name).record(version.version)
    map_index = -1 if version.producer is None else version.producer.map_index
    return GatheredArtifact(_folder(name, map_index), record, version.version, repository.access.open_source)


def _folder(name: str, map_index: int) -> str:
    return name if map_index < 0 else f"{name}-{map_index}"


def _pull(task: Operator, context: Context) -> Any:
    try:
        found = XComArg(task, ARTIFACTS_KEY).resolve(context)
    except XComNotFound:
        return None
    return found[:] if task.is_mapped else found  # of all instances with one request


def _refs(value: Any) -> Iterator[dict[str, Any]]:
    """Give the refs in what was pulled: a list, of mapped tasks several, or what a task has there for itself."""
    if is_ref(value):
        yield value
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for item in value:
            yield from _refs(item)
