"""What the attempts of a task instance keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import find_records
from airflow_artifacts.artifacts.marks import find_marks
from airflow_artifacts.rows import MANIFEST_NAME, load_manifest

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore, Producer


def find_attempts(store: ObjectStore, producer: Producer) -> list[dict[str, Any]]:
    """List the attempts that committed, the newest first.

    Args:
        store: Where rows and artifacts are kept.
        producer: Any attempt of the task instance.

    Raises:
        DamagedObjectError: A manifest cannot be read.
        StorageError: The store failed.
    """
    depth = producer.prefix.count("/") + 1  # an artifact may have a file of that name, further down
    keys = [info.key for info in store.list(producer.task_prefix) if info.key.count("/") == depth]
    prefixes = [prefix for prefix, _, name in (key.rpartition("/") for key in keys) if name == MANIFEST_NAME]
    return [_describe(store, prefix) for prefix in reversed(prefixes)]


def _describe(store: ObjectStore, prefix: str) -> dict[str, Any]:
    manifest = load_manifest(store, prefix)
    versions = {mark.name: mark.version for mark in find_marks(store, prefix)}
    return {
        "try_number": manifest.producer.get("try_number"),
        "step": manifest.step,
        "rows": {"count": manifest.rows, "size": manifest.size, "columns": manifest.columns},
        "artifacts": [
            {**record.to_json(), "version": versions.get(record.name)} for record in find_records(store, prefix)
        ],
    }
