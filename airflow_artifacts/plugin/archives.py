"""What goes into archives: all files of a version, or of all that a DAG run or a task made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_artifacts.artifacts.records import now
from airflow_artifacts.exceptions import ArtifactNotFoundError
from airflow_artifacts.plugin.content import Member, Note
from airflow_artifacts.plugin.locating import ServedFiles, is_served
from airflow_artifacts.storage import in_parallel, quote_segment

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactVersion
    from airflow_artifacts.artifacts.catalogue import Entry, Query
    from airflow_artifacts.plugin.served import Served
    from airflow_artifacts.storage import ObjectStore

_NOTE = "NOT_INCLUDED.txt"


def version_members(store: ObjectStore, version: ArtifactVersion, prefix: str = "") -> list[Member]:
    """List the files of a version, with their paths in the archive below a prefix.

    Raises:
        ArtifactNotFoundError: They are kept where the API server may not read.
        DamagedObjectError: On a disk, a link leads out of the folder that is served.
    """
    created_at = version.record.created_at
    return [
        Member(f"{prefix}{each.file.path}", each.store, each.key, each.file, created_at)
        for each in ServedFiles(store, version)
    ]


def scope_members(served: Served, scope: Query) -> list[Member | Note]:
    """List the files of all that a DAG run, a task or a task instance made, each version in a folder of its own.

    Versions whose files the API server may not read are named in a note.

    Args:
        served: What is served.
        scope: Which DAG, run, task and task instance, and in which order.

    Raises:
        ArtifactNotFoundError: Nothing was made, or nothing of it can be read.
        DamagedObjectError: A record is damaged.
    """
    entries = served.catalogue.find_all(scope, lambda dag_id: dag_id == scope.dag_id)
    versions = in_parallel(lambda entry: _version(served, entry), entries)
    within = [version for version in versions if is_served(version.source)]
    members: list[Member | Note] = [
        member for version in within for member in version_members(served.store, version, _folder(version))
    ]
    if not members:
        existing = "Their files are kept elsewhere." if versions else "There is nothing to download."
        raise ArtifactNotFoundError(f"file of the run {scope.run_id!r} for an archive", existing)
    if len(within) < len(versions):
        lines = [f"{version.uri} is kept at {version.source}\n" for version in versions if version not in within]
        members.append(Note(_NOTE, "".join(lines).encode(), now()))
    return members


def _version(served: Served, entry: Entry) -> ArtifactVersion:
    return served.repository.version(entry.version, served.repository.registry(entry.name).record(entry.version))


def _folder(version: ArtifactVersion) -> str:
    """Name a folder after who made a version, in a way that no two versions share one."""
    producer = version.producer
    task = "" if producer is None else quote_segment(producer.task_id)
    index = "" if producer is None or producer.map_index < 0 else f"[{producer.map_index}]"
    return f"{task}{index}/{version.name}@{version.version}/"
