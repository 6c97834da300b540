"""What the tests of named artifacts share: a store of each kind, and saving in one call."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import ArtifactConfig, Origin, draft_value, save
from airflow_artifacts.storage import Producer, open_store

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactRepository, ArtifactVersion
    from airflow_artifacts.storage import ObjectStore

PRODUCER = Producer("d", "r", "t", attempt="x")


def new_store(kind: str, folder: Path) -> ObjectStore:
    """Open an empty store of a kind: ``local`` or ``memory``."""
    return open_store(str(folder / "root") if kind == "local" else f"memory://{uuid.uuid4().hex}")


def keys(store: ObjectStore) -> list[str]:
    return [info.key for info in store.list()]


def save_value(
    repository: ArtifactRepository,
    name: str,
    value: object = 1,
    producer: Producer | None = None,
    parents: tuple[tuple[str, int], ...] = (),
    **config: Any,
) -> ArtifactVersion:
    """Save a value as an attempt does, or a script."""
    checked = ArtifactConfig(name, **config).checked()
    with tempfile.TemporaryDirectory() as folder:
        draft = draft_value(checked, value, Path(folder), kind=None, allow_pickle=False)
        return save(repository, [draft], Origin(producer, parents))[0]
