"""Keeps the artifacts of a step on the object store, below the attempt that makes them."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.copying import describe_files, new_folder, store_files
from airflow_artifacts.artifacts.records import ArtifactRecord, now, save_records
from airflow_artifacts.storage import check_artifact_name
from airflow_artifacts.storage.folders import scan_folder
from airflow_artifacts.storage.metadata import METADATA_NAME, normalise_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

    from airflow_artifacts.storage import ObjectStore, Producer

logger = logging.getLogger(__name__)


class StoreArtifactSink:
    """Takes the artifacts that a step saves; ``commit`` writes the list of them, without which none counts.

    They get their versions when the step's rows are committed (``airflow_artifacts.artifacts.register``).

    Use it as a context manager: leaving it removes the local folders in which the step wrote.

    Args:
        store: Where to.
        producer: The attempt of the task that runs the step.
        step: Name of the step.
    """

    def __init__(self, store: ObjectStore, producer: Producer, step: str) -> None:
        self._store = store
        self._producer = producer
        self._step = step
        self._scratch = tempfile.TemporaryDirectory(prefix="airflow-artifacts-")
        self._records: dict[str, ArtifactRecord] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.cleanup()

    @property
    def records(self) -> list[ArtifactRecord]:
        """The artifacts, in the order in which their names were first saved."""
        return list(self._records.values())

    def prepare(self, name: str, metadata: Mapping[str, Any]) -> Path:
        """Check the name and the metadata, and give an empty local folder for the artifact's files.

        Raises:
            UnsafeNameError: The name is not an artifact's name.
            ArtifactError: The metadata cannot be kept as JSON.
        """
        check_artifact_name(name)
        normalise_metadata(name, metadata)
        return Path(tempfile.mkdtemp(dir=self._scratch.name))

    def save(self, name: str, folder: Path, metadata: Mapping[str, Any]) -> None:
        """Store the artifact whose files are in the folder; an earlier one of that name no longer counts.

        Raises:
            ArtifactError: The folder holds no file, or something that is not a file.
            StorageError: A file could not be stored.
        """
        path = new_folder(name, self._producer)
        scanned = scan_folder(folder, reserved={METADATA_NAME}, name=name)
        files = describe_files(name, scanned)
        store_files(self._store, name, path, files, scanned)
        earlier = self._records.get(name)
        record = ArtifactRecord(
            name=name,
            path=path,
            files=files,
            size=sum(file.size for file in files),
            created_at=now(),
            metadata=normalise_metadata(name, metadata),
            facts={"files": len(files)},
            step=self._step,
            producer=self._producer,
        )
        self._records[name] = record
        logger.info("Artifact %r: %d files, %s bytes", name, len(files), f"{record.size:,}")
        if earlier is not None:
            logger.info("Artifact %r was saved before in this run of the step, and is replaced", name)
            self._store.delete_prefix(earlier.path)

    def commit(self) -> None:
        """Write the list of the artifacts."""
        save_records(self._store, self._producer.prefix, self.records)
