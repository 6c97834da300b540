"""Opening a distiset that was saved: rows are streamed, artifacts are read when they are asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.copying import describe_file
from airflow_artifacts.distiset.generations import StoredCard, read_card
from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.distiset.model import MANIFEST_NAME
from airflow_artifacts.distiset.saving import open_place
from airflow_artifacts.exceptions import DamagedObjectError, DistisetError, ForeignFolderError, ObjectNotFoundError
from airflow_artifacts.storage import LocalObjectStore, check_relative_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa
    from fsspec import AbstractFileSystem

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.distiset.manifest import SavedArtifact, SavedSplit, SavedSubset
    from airflow_artifacts.storage import ObjectStore

_BATCH_ROWS = 1000


@dataclass(frozen=True)
class _Files:
    """The files of one distiset below a prefix of a store."""

    store: ObjectStore
    prefix: str
    records: Mapping[str, FileRecord]

    def key(self, path: str) -> str:
        return f"{self.prefix}{path}"

    def place(self, path: str) -> str:
        """Give the local path or the URL of a file."""
        if isinstance(self.store, LocalObjectStore):
            return str(self.store.folder / self.key(path))
        return self.store.url(self.key(path))

    def read(self, path: str) -> bytes:
        """Read a whole file, checked."""
        data = self.store.read(self.key(path))
        record = self.records.get(path)
        if record is not None and hashlib.sha256(data).hexdigest() != record.sha256:
            raise DamagedObjectError(self.place(path), "its SHA-256 is not the recorded one")
        return data


@dataclass(frozen=True)
class LoadedRows:
    """The rows of a split. Iterating gives them as dictionaries, a thousand at a time in memory."""

    columns: tuple[str, ...]
    _split: SavedSplit
    _files: _Files

    def __len__(self) -> int:
        return self._split.rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        from pyarrow import parquet

        for path in self._split.files:
            with self._files.store.open(self._files.key(path)) as file:
                for batch in parquet.ParquetFile(file).iter_batches(batch_size=_BATCH_ROWS):
                    yield from batch.to_pylist()

    @property
    def paths(self) -> tuple[str, ...]:
        """Local paths or URLs of the Parquet files."""
        return tuple(self._files.place(path) for path in self._split.files)

    def to_arrow(self) -> pa.Table:
        """Read all rows into one table."""
        import pyarrow as pa
        from pyarrow import parquet

        tables = []
        for path in self._split.files:
            with self._files.store.open(self._files.key(path)) as file:
                tables.append(parquet.ParquetFile(file).read())
        # Of what was appended, the first parts may lack a column.
        return pa.concat_tables(tables, promote_options="permissive")


@dataclass(frozen=True)
class LoadedArtifact:
    """An artifact of a distiset.

    Attributes:
        step: The step, or else the task, that saved it.
        name: Its name.
        version: Number of its version below the root that it comes from, None where that is not known.
        files: Its files, relative to its folder.
        metadata: The metadata that it was saved with.
    """

    step: str
    name: str
    version: int | None
    files: tuple[str, ...]
    metadata: Mapping[str, Any]
    _folder: str
    _files: _Files

    @property
    def path(self) -> str:
        """Local path or URL of its folder."""
        return self._files.place(self._folder)

    def read(self, file: str) -> bytes:
        """Read a file.

        Raises:
            DistisetError: The artifact has no such file.
            DamagedObjectError: The file is not what was saved.
        """
        if file not in self.files:
            raise DistisetError(f"Artifact {self.name!r} has no file {file!r}. It has: {', '.join(self.files)}.")
        return self._files.read(f"{self._folder}/{file}")

    def download(self, folder: Path) -> Path:
        """Copy all files into a local folder, and give the folder.

        Raises:
            DamagedObjectError: A file is not what was saved.
        """
        folder = Path(folder)
        for file in self.files:
            target = folder / check_relative_path(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._files.store.download(self._files.key(f"{self._folder}/{file}"), target)
            record = self._files.records.get(f"{self._folder}/{file}")
            if record is not None and describe_file(file, target).sha256 != record.sha256:
                target.unlink()
                raise DamagedObjectError(self._files.place(file), "its SHA-256 is not the recorded one")
        return folder


@dataclass(frozen=True)
class LoadedDistiset:
    """A distiset that was saved: ``distiset["subset"]["train"]`` are rows.

    Attributes:
        name: Its name.
        subsets: Subsets, splits, rows.
        artifacts: Its artifacts.
        manifest: Everything that ``distiset.json`` says.
    """

    name: str
    subsets: Mapping[str, Mapping[str, LoadedRows]]
    artifacts: tuple[LoadedArtifact, ...]
    manifest: Manifest
    _files: _Files

    def __getitem__(self, subset: str) -> Mapping[str, LoadedRows]:
        return self.subsets[subset]

    def __iter__(self) -> Iterator[str]:
        return iter(self.subsets)

    def __len__(self) -> int:
        return len(self.subsets)

    @property
    def card(self) -> str:
        """The card."""
        return self._files.store.read("README.md").decode("utf-8-sig")


def load_from_disk(path: str, filesystem: AbstractFileSystem | ObjectStore | None = None) -> LoadedDistiset:
    """Open the distiset in a local folder or below the URL of a store.

    Args:
        path: What it was saved to.
        filesystem: The file system for a URL, or its store, where the caller has credentials for it.

    Raises:
        DistisetError: There is none.
        DamagedObjectError: Its manifest cannot be read.
    """
    store = open_place(path, filesystem)
    found = find_manifest(store)
    if found is None:
        raise DistisetError(
            f"There is no distiset at {store.root}: it has no {MANIFEST_NAME}. Was it saved there by this package?"
        )
    manifest, prefix = found
    files = _Files(store, prefix, {file.path: file for file in manifest.files})
    return LoadedDistiset(
        name=manifest.name,
        subsets={subset.name: _splits(subset, files) for subset in manifest.subsets},
        artifacts=tuple(_artifact(artifact, files) for artifact in manifest.artifacts),
        manifest=manifest,
        _files=files,
    )


def find_manifest(store: ObjectStore) -> tuple[Manifest, str] | None:
    """Give the manifest of the distiset at the root of a store, and the prefix of its data; None where none is.

    Raises:
        DistisetError: The card cannot be read.
        DamagedObjectError: The manifest cannot be read, or is gone.
    """
    card = _read_card(store)
    while card is not None:
        try:
            return _read_manifest(store, f"{card.generation}/")
        except ObjectNotFoundError as error:
            newer = _read_card(store)  # a save may just have replaced it
            if newer is not None and newer.generation == card.generation:
                raise DamagedObjectError(error.url, "it is gone, and the card leads to it") from error
            card = newer
    try:
        return _read_manifest(store, "")
    except ObjectNotFoundError:
        return None


def _read_card(store: ObjectStore) -> StoredCard | None:
    if isinstance(store, LocalObjectStore):
        return None
    try:
        return read_card(store)
    except ForeignFolderError:  # perhaps a folder that was made on a disk and copied
        return None


def _read_manifest(store: ObjectStore, prefix: str) -> tuple[Manifest, str]:
    key = f"{prefix}{MANIFEST_NAME}"
    return Manifest.from_bytes(store.read(key), store.url(key)), prefix


def _splits(subset: SavedSubset, files: _Files) -> dict[str, LoadedRows]:
    columns = tuple(subset.arrow_schema.names)
    return {split.name: LoadedRows(columns, split, files) for split in subset.splits}


def _artifact(artifact: SavedArtifact, files: _Files) -> LoadedArtifact:
    return LoadedArtifact(
        step=artifact.step,
        name=artifact.name,
        version=artifact.version,
        files=artifact.files,
        metadata=artifact.metadata,
        _folder=artifact.folder,
        _files=files,
    )
