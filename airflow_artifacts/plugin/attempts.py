"""What the attempts of a task instance keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import find_records
from airflow_artifacts.exceptions import DamagedObjectError
from airflow_artifacts.rows import Manifest

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
    manifests = [info.key for info in store.list(producer.task_prefix) if info.key.endswith("/manifest.json")]
    depth = producer.prefix.count("/") + 1  # an artifact may have a file of that name, further down
    return [_describe(store, key) for key in reversed(manifests) if key.count("/") == depth]


def _describe(store: ObjectStore, key: str) -> dict[str, Any]:
    try:
        manifest = Manifest.from_bytes(store.read(key))
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedObjectError(store.url(key), f"it is not a manifest of rows ({error!r})") from error
    prefix = key.rpartition("/")[0]
    return {
        "try_number": manifest.producer.get("try_number"),
        "step": manifest.step,
        "rows": {"count": manifest.rows, "size": manifest.size, "columns": manifest.columns},
        "artifacts": [record.to_json() for record in find_records(store, prefix)],
    }
