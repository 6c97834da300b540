"""``distiset.json``: what was saved, file by file."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import METADATA_NAME, FileRecord
from airflow_artifacts.distiset.model import Origin, StepDescription
from airflow_artifacts.exceptions import DamagedObjectError, UnsafeNameError
from airflow_artifacts.storage import check_relative_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

MANIFEST_FORMAT = "airflow-artifacts/distiset/3"


@dataclass(frozen=True)
class SavedSplit:
    """A split, or the part of one that was appended at a time.

    Attributes:
        name: Its name.
        rows: Number of its rows.
        size: Their size in bytes as Arrow tables.
        files: Its files.
        part: Which part of the split this is, empty for what was not appended.
        schema: Schema of its files, as a subset has it; empty where it is the one of the subset.
    """

    name: str
    rows: int
    size: int
    files: tuple[str, ...]
    part: str = ""
    schema: str = ""


@dataclass(frozen=True)
class SavedSubset:
    """A subset.

    Attributes:
        name: Its name.
        schema: Its Arrow schema, serialized as in Arrow's IPC format and written as Base64.
        parts: Its splits, one or several parts of each.
    """

    name: str
    schema: str
    parts: tuple[SavedSplit, ...]

    @property
    def splits(self) -> tuple[SavedSplit, ...]:
        """The splits, each with all of its parts."""
        names = dict.fromkeys(part.name for part in self.parts)
        return tuple(_whole([part for part in self.parts if part.name == name]) for name in names)

    @property
    def rows(self) -> int:
        """Number of rows of all splits."""
        return sum(part.rows for part in self.parts)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of all splits."""
        return tuple(file for part in self.parts for file in part.files)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema.

        Raises:
            DamagedObjectError: It is none.
        """
        return _read_schema(self.schema, self.name)

    @property
    def part_schemas(self) -> tuple[pa.Schema, ...]:
        """The schemas of the files of each part.

        Raises:
            DamagedObjectError: One is none.
        """
        return tuple(_read_schema(part.schema or self.schema, self.name) for part in self.parts)


def _read_schema(text: str, subset: str) -> pa.Schema:
    import pyarrow as pa

    try:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text, validate=True)))
    except (ValueError, OSError, pa.ArrowException) as error:
        raise DamagedObjectError(f"the schema of subset {subset!r}", str(error)) from error


def schema_text(schema: pa.Schema) -> str:
    """Write a schema as a manifest has it."""
    return base64.b64encode(schema.serialize()).decode()


def _whole(parts: list[SavedSplit]) -> SavedSplit:
    return SavedSplit(
        parts[0].name,
        sum(part.rows for part in parts),
        sum(part.size for part in parts),
        tuple(file for part in parts for file in part.files),
    )


@dataclass(frozen=True)
class SavedArtifact:
    """An artifact: who made it, its version, its folder, and its files relative to the folder.

    The part is that of the rows which it was appended with.
    """

    step: str
    name: str
    version: int | None
    folder: str
    files: tuple[str, ...]
    metadata: Mapping[str, Any]
    part: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """All of its files, with the one that describes it, as the manifest has them."""
        return tuple(f"{self.folder}/{name}" for name in (METADATA_NAME, *self.files))


@dataclass(frozen=True)
class Manifest:
    """Everything that was saved. The files are all but ``distiset.json`` itself."""

    name: str
    subsets: tuple[SavedSubset, ...]
    artifacts: tuple[SavedArtifact, ...]
    steps: tuple[StepDescription, ...]
    origin: Origin | None
    files: tuple[FileRecord, ...]

    @property
    def rows(self) -> int:
        """Number of rows of all subsets."""
        return sum(subset.rows for subset in self.subsets)

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)

    def to_bytes(self) -> bytes:
        """Write the manifest as JSON."""
        content = {"format": MANIFEST_FORMAT, **asdict(self)}
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode(errors="surrogatepass")

    @classmethod
    def from_bytes(cls, data: bytes, url: str) -> Manifest:
        """Read a manifest, and check each path in it: it may come from a stranger.

        Raises:
            DamagedObjectError: It is not a manifest.
        """
        try:
            content = json.loads(data)
            format_ = content["format"]
            manifest = _checked(cls._from_json(content)) if format_ == MANIFEST_FORMAT else None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UnsafeNameError) as error:
            raise DamagedObjectError(url, f"it is not the manifest of a distiset ({error!r})") from error
        if manifest is None:
            raise DamagedObjectError(url, f"its format is {format_!r}, not {MANIFEST_FORMAT!r}")
        return manifest

    @classmethod
    def _from_json(cls, content: Mapping[str, Any]) -> Manifest:
        return cls(
            name=_text(content["name"]),
            subsets=tuple(_subset(subset) for subset in content["subsets"]),
            artifacts=tuple(
                SavedArtifact(
                    step=_text(artifact["step"]),
                    name=_text(artifact["name"]),
                    version=_version(artifact["version"]),
                    folder=check_relative_path(_text(artifact["folder"])),
                    files=_paths(artifact["files"]),
                    metadata=_mapping(artifact["metadata"]),
                    part=_text(artifact["part"]),
                )
                for artifact in content["artifacts"]
            ),
            steps=tuple(StepDescription(**step) for step in content["steps"]),
            origin=Origin(**content["origin"]) if content["origin"] else None,
            files=tuple(
                FileRecord(check_relative_path(_text(file["path"])), _count(file["size"]), _text(file["sha256"]))
                for file in content["files"]
            ),
        )


def _checked(manifest: Manifest) -> Manifest:
    """Make sure that each file of rows and artifacts has a record."""
    named = {file for subset in manifest.subsets for file in subset.files}
    named |= {path for artifact in manifest.artifacts for path in artifact.paths}
    if unknown := named - {file.path for file in manifest.files}:
        raise ValueError(f"it has no record of {min(unknown)!r}")
    return manifest


def _subset(content: Mapping[str, Any]) -> SavedSubset:
    parts = tuple(
        SavedSplit(
            _text(part["name"]),
            _count(part["rows"]),
            _count(part["size"]),
            _paths(part["files"]),
            _text(part["part"]),
            _text(part["schema"]),
        )
        for part in content["parts"]
    )
    return SavedSubset(_text(content["name"]), _text(content["schema"]), parts)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"a text is {value!r}")


def _count(value: object) -> int:
    if type(value) is int and value >= 0:
        return value
    raise TypeError(f"a number is {value!r}")


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise TypeError(f"an object is {value!r}")


def _version(version: object) -> int | None:
    if version is None or type(version) is int:
        return version
    raise ValueError(f"a version is {version!r}")


def _paths(paths: object) -> tuple[str, ...]:
    if isinstance(paths, list):
        return tuple(check_relative_path(_text(path)) for path in paths)
    raise TypeError(f"a list is {paths!r}")
