"""What is known of an artifact that a step saved, in the store and in XCom."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_artifacts.exceptions import DamagedObjectError, InvalidRefError, UnsafeNameError
from airflow_artifacts.storage import check_artifact_name, check_relative_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.storage import ObjectStore

REF_FORMAT = "airflow-artifacts/artifact/1"
LIST_FORMAT = "airflow-artifacts/artifacts/1"
LIST_NAME = "artifacts.json"


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
            ValueError: A value is of another type.
            KeyError: A value is missing.
        """
        return cls(
            name=check_artifact_name(value["name"]),
            step=_checked(value, "step", str),
            path=check_relative_path(value["path"], what="artifact path"),
            files=tuple(_read_file(file) for file in value["files"]),
            metadata=_checked(value, "metadata", dict),
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
            name, path = check_artifact_name(value["name"]), check_relative_path(value["path"])
            metadata = _checked(value, "metadata", dict)
        except UnsafeNameError:
            raise
        except (KeyError, ValueError) as error:
            raise InvalidRefError("an artifact", value, f"{error!r}.") from error
        if len(value) != len(("format", "name", "path", "metadata")):
            raise InvalidRefError("an artifact", value, "it has keys that no such ref has.")
        return cls(name, path, metadata)


_T = TypeVar("_T")


def _checked(value: Mapping[str, Any], key: str, kind: type[_T]) -> _T:
    """Give an item of a JSON object, if it is of the type."""
    item = value[key]
    if type(item) is not kind:
        raise ValueError(f"{key} is {item!r}")
    return item


def _read_file(value: Mapping[str, Any]) -> FileRecord:
    size, sha256 = _checked(value, "size", int), _checked(value, "sha256", str)
    if size < 0 or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"a file has the size {size} and the SHA-256 {sha256!r}")
    return FileRecord(check_relative_path(value["path"], what="artifact file"), size, sha256)


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
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedObjectError(store.url(key), f"it is not a list of artifacts ({error!r})") from error


def _read_list(content: Mapping[str, Any]) -> list[ArtifactRecord]:
    if content["format"] != LIST_FORMAT:
        raise ValueError(f"format {content['format']!r} instead of {LIST_FORMAT!r}")
    return [ArtifactRecord.from_json(record) for record in content["artifacts"]]
