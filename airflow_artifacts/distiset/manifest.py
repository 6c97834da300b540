"""``distiset.json``: what was saved, file by file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import FileRecord
from airflow_artifacts.distiset.model import Origin, StepDescription
from airflow_artifacts.exceptions import DamagedObjectError, UnsafeNameError
from airflow_artifacts.storage import check_relative_path

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST_FORMAT = "airflow-artifacts/distiset/2"


@dataclass(frozen=True)
class SavedSplit:
    """A split: its rows, their size as Arrow tables, and its files."""

    name: str
    rows: int
    size: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class SavedSubset:
    """A subset: its columns and its splits."""

    name: str
    columns: tuple[str, ...]
    splits: tuple[SavedSplit, ...]

    @property
    def rows(self) -> int:
        """Number of rows of all splits."""
        return sum(split.rows for split in self.splits)


@dataclass(frozen=True)
class SavedArtifact:
    """An artifact: who made it, its version, its folder, and its files relative to the folder."""

    step: str
    name: str
    version: int | None
    folder: str
    files: tuple[str, ...]
    metadata: Mapping[str, Any]


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
            manifest = cls._from_json(content) if format_ == MANIFEST_FORMAT else None
        except (ValueError, KeyError, TypeError, AttributeError, UnsafeNameError) as error:
            raise DamagedObjectError(url, f"it is not the manifest of a distiset ({error!r})") from error
        if manifest is None:
            raise DamagedObjectError(url, f"its format is {format_!r}, not {MANIFEST_FORMAT!r}")
        return manifest

    @classmethod
    def _from_json(cls, content: Mapping[str, Any]) -> Manifest:
        return cls(
            name=content["name"],
            subsets=tuple(_subset(subset) for subset in content["subsets"]),
            artifacts=tuple(
                SavedArtifact(
                    step=artifact["step"],
                    name=artifact["name"],
                    version=_version(artifact["version"]),
                    folder=check_relative_path(artifact["folder"]),
                    files=_paths(artifact["files"]),
                    metadata=artifact["metadata"],
                )
                for artifact in content["artifacts"]
            ),
            steps=tuple(StepDescription(**step) for step in content["steps"]),
            origin=Origin(**content["origin"]) if content["origin"] else None,
            files=tuple(
                FileRecord(check_relative_path(file["path"]), file["size"], file["sha256"])
                for file in content["files"]
            ),
        )


def _subset(content: Mapping[str, Any]) -> SavedSubset:
    splits = tuple(
        SavedSplit(split["name"], split["rows"], split["size"], _paths(split["files"]))
        for split in content["splits"]
    )
    return SavedSubset(content["name"], tuple(content["columns"]), splits)


def _version(version: object) -> int | None:
    if version is None or type(version) is int:
        return version
    raise ValueError(f"a version is {version!r}")


def _paths(paths: list[str]) -> tuple[str, ...]:
    return tuple(check_relative_path(path) for path in paths)
