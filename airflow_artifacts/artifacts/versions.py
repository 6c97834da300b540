"""A version of an artifact, as it is found: to be looked at, loaded and downloaded."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.local_files import place_files
from airflow_artifacts.artifacts.records import ArtifactRecord, ArtifactRef, FileRecord
from airflow_artifacts.artifacts.registry import MetadataChange, Registry
from airflow_artifacts.artifacts.sources import file_loader
from airflow_artifacts.artifacts.uris import artifact_uri
from airflow_artifacts.artifacts.value_codecs import decode
from airflow_artifacts.exceptions import ArtifactNotFoundError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from airflow_artifacts.artifacts.access import Access
    from airflow_artifacts.storage import ObjectStore, Producer

_PATH_CODECS = frozenset({"file", "folder"})
"""Codecs whose value is where the files are, so that they have to stay there."""


class ArtifactVersion:
    """A version of an artifact.

    It is what was found at one moment: metadata that is added later is seen by looking again.

    Attributes:
        name: The artifact's name.
        version: Number of the version, from 1.
        metadata_history: Metadata that was added after saving, the oldest first.
    """

    def __init__(
        self,
        store: ObjectStore,
        version: int,
        record: ArtifactRecord,
        changes: Sequence[MetadataChange],
        access: Access,
    ) -> None:
        self.name = record.name
        self.version = version
        self.metadata_history = tuple(changes)
        self._store = store
        self._record = record
        self._access = access

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.uri} ({self.kind}, {self.size:,} bytes)>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArtifactVersion):
            return NotImplemented
        return (self.uri, self.path) == (other.uri, other.path)

    def __hash__(self) -> int:
        return hash((self.uri, self.path))

    @property
    def root(self) -> str:
        """URL of the root that it is kept below."""
        return self._store.root

    @property
    def record(self) -> ArtifactRecord:
        """What the registry keeps of it, perhaps without the files."""
        return self._record

    @property
    def uri(self) -> str:
        """``artifact://<name>@<number>``."""
        return artifact_uri(self.name, self.version)

    @property
    def label(self) -> str | None:
        """Label of the version, besides the number."""
        return self._record.label

    @property
    def kind(self) -> str:
        """What it is for people: ``table``, ``image``, ``folder`` ..."""
        return self._record.kind

    @property
    def codec(self) -> str:
        """Name of what turns the files into a value again."""
        return self._record.codec

    @property
    def media_type(self) -> str | None:
        """Media type of its only file, None for folders and where it is not known."""
        return self._record.media_type

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return self._record.size

    @property
    def path(self) -> str:
        """Key of its folder below the root."""
        return self._record.path

    @property
    def source(self) -> str | None:
        """URL of the file or folder that it refers to, None where its files are below the root."""
        return self._record.source

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find it by."""
        return self._record.tags

    @property
    def step(self) -> str | None:
        """Name of the step that saved it, None for what no step saved."""
        return self._record.step

    @property
    def producer(self) -> Producer | None:
        """The attempt of a task that saved it, None outside of tasks."""
        return self._record.producer

    @property
    def parents(self) -> tuple[str, ...]:
        """URIs of the versions that the producer had loaded before it saved this one."""
        return tuple(artifact_uri(name, number) for name, number in self._record.parents)

    @property
    def created_at(self) -> datetime:
        """When it was saved, in UTC."""
        return datetime.fromisoformat(self._record.created_at)

    @property
    def metadata(self) -> dict[str, Any]:
        """What was found out about the value, overlaid with the metadata that was given, the newest last."""
        found = {"size": self.size, **self._record.facts, **self._record.metadata}
        for change in self.metadata_history:
            found.update(change.metadata)
        return found

    @property
    def run_metadata(self) -> dict[str, Any]:
        """The same as ``metadata``, as those who know ZenML call it."""
        return self.metadata

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """Its files, with sizes and checksums."""
        if self._record.files is None:  # listings leave them out
            self._record = Registry(self._store, self.name).record(self.version)
        return self._record.files or ()

    def to_ref(self) -> dict[str, Any]:
        """Give what goes into XCom."""
        return ArtifactRef(self.name, self.version, self.kind, self.path, self.metadata, self.label).to_xcom()

    def load(self, as_type: type | None = None) -> Any:
        """Give the value that was saved. Its files are checked against their checksums before anything is read.

        Args:
            as_type: The class of the value, where there is a choice: for tables pandas, polars or Arrow, for
                models the class that they are validated into. Without it, the library that was saved from, and
                for models a plain dictionary.

        Returns:
            The value. For files and folders the path of a local copy: one that a task removes when it ends, and
            a script when it exits.

        Raises:
            ArtifactLoadError: It cannot be loaded so.
            DamagedObjectError: A file is not what was saved.
        """
        if self.codec in _PATH_CODECS:
            return self._decode(self._access.new_folder(), as_type)
        with tempfile.TemporaryDirectory(prefix="airflow-artifacts-") as folder:
            return self._decode(Path(folder), as_type)

    def _decode(self, folder: Path, as_type: type | None) -> Any:
        self._copy(self.files, folder)
        return decode(self.codec, folder, name=self.name, as_type=as_type, allow_pickle=self._access.allow_pickle)

    def download(self, path: str | os.PathLike[str] | None = None, *, file: str | None = None) -> Path:
        """Copy the files to a local folder. They appear there when all are complete and checked.

        Args:
            path: The folder; it is made. Without it, one that a task removes when it ends, and a script when it
                exits.
            file: A file, or a folder with files, in the artifact, instead of all of it.

        Returns:
            The file, if the artifact is one file or ``file`` names one, else the folder.

        Raises:
            ArtifactNotFoundError: The artifact has no such file.
            DamagedObjectError: A file is not what was saved.
        """
        wanted, only = self._wanted(file)
        folder = self._access.new_folder() if path is None else Path(path).expanduser()
        self._copy(wanted, folder)
        if only or (file is None and self.kind != "folder" and len(wanted) == 1):
            return folder / wanted[0].path
        return folder / file if file else folder

    def _wanted(self, file: str | None) -> tuple[Sequence[FileRecord], bool]:
        if file is None:
            return self.files, False
        exact = [record for record in self.files if record.path == file]
        wanted = exact or [record for record in self.files if record.path.startswith(f"{file}/")]
        if not wanted:
            raise ArtifactNotFoundError(f"file {file!r} in {self.uri}", _names(self.files))
        return wanted, bool(exact)

    def _copy(self, records: Sequence[FileRecord], folder: Path) -> None:
        load = file_loader(self._store, replace(self._record, files=self.files), self._access.open_source)
        paths = [record.path for record in records]
        place_files(self.name, folder, paths, lambda number, target: load(records[number], target))
        self._access.on_read(self)


def _names(files: Sequence[FileRecord], limit: int = 8) -> str:
    shown = ", ".join(repr(file.path) for file in files[:limit])
    more = f" and {len(files) - limit} more" if len(files) > limit else ""
    return f"It has {shown}{more}."
