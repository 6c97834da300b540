"""What a distiset is made of, and the way to save and load one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fsspec import AbstractFileSystem

    from airflow_artifacts.artifacts import ArtifactRecord
    from airflow_artifacts.distiset.loading import LoadedDistiset
    from airflow_artifacts.distiset.saving import SavedDistiset
    from airflow_artifacts.storage import ObjectStore

    Progress = Callable[[str, str, int, int], None]

SHARD_BYTES = 500 * 1024**2
ARTIFACTS_FOLDER = "artifacts"
CARD_NAME = "README.md"
MANIFEST_NAME = "distiset.json"

_SUBSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_SUBSET_LIMIT = 200  # characters; a file system's limit for a folder's name is 255 bytes
_RESERVED = frozenset({ARTIFACTS_FOLDER, CARD_NAME, MANIFEST_NAME})


class RowsSource(Protocol):
    """Rows that can be read from the beginning several times, the same ones in the same order each time."""

    def __len__(self) -> int: ...

    def batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """Give the rows in lists of at most ``size``."""
        ...


@dataclass(frozen=True)
class Subset:
    """The rows of one leaf step. The name becomes a folder and the name of a configuration."""

    name: str
    rows: RowsSource


@dataclass(frozen=True)
class StepDescription:
    """What the card says of a step.

    Attributes:
        name: The step.
        task_id: The Airflow task that ran it.
        class_name: The step's class.
        parameters: Its public parameters as JSON values, free of secrets.
        rows: Number of rows that it gave, None where it is not known.
        doc: What the step does, of which the card shows the first line.
    """

    name: str
    task_id: str
    class_name: str
    parameters: Mapping[str, Any]
    rows: int | None = None
    doc: str = ""


@dataclass(frozen=True)
class GatheredArtifact:
    """An artifact of an upstream task.

    Attributes:
        folder: The folder below ``artifacts/`` for the task ("count", "count-3").
        record: What is known of the artifact.
        version: Number of its version, None where it is not known.
        open_source: Opens the store at a URL, to read the files of an artifact by reference.
    """

    folder: str
    record: ArtifactRecord
    version: int | None = None
    open_source: Callable[[str], ObjectStore] = field(default=open_store, compare=False)

    @property
    def step(self) -> str:
        """Who made it: the step, or the task where no step did."""
        producer = self.record.producer
        return self.record.step or (producer.task_id if producer else self.folder)


@dataclass(frozen=True)
class Origin:
    """The DAG run that made the distiset, and the versions of what it ran on."""

    dag_id: str
    run_id: str
    logical_date: str | None
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Distiset:
    """The final product of a DAG run: one subset per leaf step, all artifacts, and a generated card."""

    name: str
    subsets: Sequence[Subset]
    artifacts: Sequence[GatheredArtifact] = ()
    steps: Sequence[StepDescription] = ()
    origin: Origin | None = None

    def save(  # noqa: PLR0913 - each is an option of its own, and named
        self,
        path: str,
        *,
        source: ObjectStore,
        filesystem: AbstractFileSystem | ObjectStore | None = None,
        train_size: float | None = None,
        seed: int = 42,
        shard_bytes: int = SHARD_BYTES,
        on_progress: Progress | None = None,
    ) -> SavedDistiset:
        """Save to a folder or below a store URL; what was saved there before is replaced in one act.

        Args:
            path: A local path, a ``file://`` URL, or any URL that fsspec opens.
            source: The store that the artifacts are read from.
            filesystem: The file system for a URL, or its store, where the caller has credentials for it.
            train_size: Share of the rows, between 0 and 1, for the split "train"; the others become "test".
                Without it all rows are "train".
            seed: Seed of the draw between the splits.
            shard_bytes: Estimated size, in bytes before compression, from which rows get another shard.
            on_progress: Called as ``on_progress(stage, subset, done, total)`` after each batch of rows; the
                stage is "schema" while the schema is found and "shards" while the shards are written.

        Raises:
            EmptySubsetError: A subset has no rows.
            SchemaError: A column holds types that one Parquet column cannot hold.
            ForeignFolderError: Something is at the path that this package did not save.
            DamagedObjectError: A file of an artifact is not what was saved.
            DistisetError: A name, a split or a value cannot be saved as asked.
            StorageError: The disk or the store failed.
        """
        from airflow_artifacts.distiset.building import Options
        from airflow_artifacts.distiset.saving import save

        options = Options(train_size, seed, shard_bytes, on_progress)
        return save(self, path, source=source, filesystem=filesystem, options=options)

    @staticmethod
    def load_from_disk(path: str, filesystem: AbstractFileSystem | ObjectStore | None = None) -> LoadedDistiset:
        """Open a distiset that was saved; see ``airflow_artifacts.distiset.load_from_disk``."""
        from airflow_artifacts.distiset.loading import load_from_disk

        return load_from_disk(path, filesystem)

    def check_subsets(self) -> None:
        """Refuse names that cannot be folders beside the others.

        Raises:
            DistisetError: There is no subset, or a name is malformed, reserved or there twice.
        """
        if not self.subsets:
            raise DistisetError(
                f"Distiset {self.name!r} has no subsets, so there is nothing to save. "
                "Give it the rows of at least one step."
            )
        seen = set()
        for subset in self.subsets:
            problem = _name_problem(subset.name)
            if not problem and subset.name in seen:
                problem = "another subset has this name. Rename one of the steps"
            if problem:
                raise DistisetError(f"The subset name {subset.name!r} cannot be used: {problem}.")
            seen.add(subset.name)


def _name_problem(name: str) -> str:
    if name in _RESERVED:
        return "a distiset keeps something else under it. Rename the step"
    if not _SUBSET_NAME.match(name) or name.endswith(".") or len(name) > _SUBSET_LIMIT:
        return (
            "it has to begin with a letter or a digit and to go on with letters, digits, '.', '_' or '-', without "
            f"a dot at the end, {_SUBSET_LIMIT} characters at most. Rename the step"
        )
    return ""
