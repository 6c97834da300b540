"""What is known of an artifact that a step saved, in the store and in XCom."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import DamagedObjectError, InvalidRefError, UnsafeNameError
from airflow_artifacts.storage import check_artifact_name, check_relative_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.storage import ObjectStore

REF_FORMAT = "airflow-artifacts/artifact/1"
LIST_FORMAT = "airflow-artifacts/artifacts/1"
LIST_NAME = "artifacts.json"
METADATA_NAME = "metadata.json"


@dataclass(frozen=True)
class FileRecord:
    """A file of an artifact: path relative to the artifact's folder, size in bytes, SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ArtifactRecord:
    """An artifact that a step saved.

    Attributes:
        name: The artifact's name.
        step: Name of the step that saved it.
        path: Key of its folder, relative to the store's root. The folder holds the files and ``metadata.json``.
        files: Its files.
        metadata: The metadata that was given, as JSON values.
    """

    name: str
    step: str
    path: str
    files: tuple[FileRecord, ...]
    metadata: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Give the record as JSON values."""
        return {**asdict(self), "files": [asdict(file) for file in self.files]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ArtifactRecord:
        """Read a record, and check each name and path in it: a store may hold what a stranger wrote.

        Raises:
            UnsafeNameError: A name or a path in it leads out of its folder.
        """
        files = tuple(
            FileRecord(check_relative_path(file["path"], what="artifact file"), file["size"], file["sha256"])
            for file in value["files"]
        )
        return cls(
            name=check_artifact_name(value["name"]),
            step=value["step"],
            path=check_relative_path(value["path"], what="artifact path"),
            files=files,
            metadata=value["metadata"],
        )

    def to_ref(self) -> ArtifactRef:
        """Give what goes into XCom."""
        return ArtifactRef(self.name, self.path, self.metadata)


@dataclass(frozen=True)
class ArtifactRef:
    """What XCom carries of an artifact: name, key of its folder below the root, and metadata."""

    name: str
    path: str
    metadata: Mapping[str, Any]

    def to_xcom(self) -> dict[str, Any]:
        """Give the ref as a plain dictionary."""
        return {"format": REF_FORMAT, "name": self.name, "path": self.path, "metadata": dict(self.metadata)}

    @classmethod
    def from_xcom(cls, value: object) -> ArtifactRef:
        """Read a ref that came out of XCom, where people can edit it.

        Raises:
            InvalidRefError: The value is not a ref of an artifact.
            UnsafeNameError: Its name or path leads elsewhere.
        """
        if not isinstance(value, dict) or value.get("format") != REF_FORMAT:
            raise InvalidRefError("an artifact", value, f"its format is not {REF_FORMAT!r}.")
        try:
            return cls(
                check_artifact_name(value["name"]),
                check_relative_path(value["path"]),
                dict(value["metadata"]),
            )
        except (KeyError, TypeError) as error:
            raise InvalidRefError("an artifact", value, f"{error!r}") from error


def save_records(store: ObjectStore, prefix: str, records: Sequence[ArtifactRecord]) -> None:
    """Write the list of the artifacts of an attempt, once."""
    content = {"format": LIST_FORMAT, "artifacts": [record.to_json() for record in records]}
    store.create(f"{prefix}/{LIST_NAME}", json.dumps(content, indent=1, allow_nan=False).encode())


def find_records(store: ObjectStore, prefix: str) -> list[ArtifactRecord]:
    """List the artifacts that the attempt with this prefix saved.

    Raises:
        ObjectNotFoundError: The attempt did not commit.
        DamagedObjectError: The list cannot be read.
        UnsafeNameError: A name or path in the list leads elsewhere.
    """
    key = f"{prefix}/{LIST_NAME}"
    data = store.read(key)
    try:
        return _read_list(json.loads(data))
    except UnsafeNameError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedObjectError(store.url(key), f"it is not a list of artifacts ({error!r})") from error


def _read_list(content: Mapping[str, Any]) -> list[ArtifactRecord]:
    if content["format"] != LIST_FORMAT:
        raise ValueError(f"format {content['format']!r} instead of {LIST_FORMAT!r}")
    return [ArtifactRecord.from_json(record) for record in content["artifacts"]]
