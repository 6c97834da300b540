"""Copying the artifacts of the upstream steps out of the store, checked byte by byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts import METADATA_NAME
from airflow_artifacts.distiset.manifest import SavedArtifact
from airflow_artifacts.distiset.model import ARTIFACTS_FOLDER
from airflow_artifacts.exceptions import DamagedObjectError, DistisetError
from airflow_artifacts.storage import check_artifact_name, check_relative_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRecord, FileRecord
    from airflow_artifacts.distiset.model import GatheredArtifact
    from airflow_artifacts.storage import ObjectStore

_CHUNK = 1024 * 1024


def place_artifacts(artifacts: Sequence[GatheredArtifact]) -> list[str]:
    """Give the folder of each artifact: ``artifacts/<step folder>/<name>``.

    A step may save several artifacts under one name, and ``a`` may have a file where ``a/b`` has its folder. So
    in each step the first one has its name as folder, and one that would be the same folder as another, or lie
    in one, or hold one, gets ``-2``, ``-3`` ... behind the first segment of its name. Letters' case makes no
    difference, because to some disks it makes none. Only the order of the artifacts decides.

    Raises:
        UnsafeNameError: A folder or a name leads elsewhere.
        DistisetError: A step's folder is not one folder.
    """
    folders: list[str] = []
    taken: set[str] = set()
    above: set[str] = set()
    numbers: dict[str, int] = {}
    for artifact in artifacts:
        check_relative_path(artifact.folder, what="folder of a step")
        if "/" in artifact.folder:
            raise DistisetError(
                f"The folder {artifact.folder!r} for the artifacts of step {artifact.record.step!r} has a slash, "
                "but has to be one folder. Give it another name."
            )
        first, slash, rest = check_artifact_name(artifact.record.name).partition("/")
        wanted = folder = f"{ARTIFACTS_FOLDER}/{artifact.folder}/{first}{slash}{rest}"
        while folder.casefold() in taken or folder.casefold() in above or not taken.isdisjoint(_above(folder)):
            numbers[wanted] = numbers.get(wanted, 1) + 1
            folder = f"{ARTIFACTS_FOLDER}/{artifact.folder}/{first}-{numbers[wanted]}{slash}{rest}"
        taken.add(folder.casefold())
        above.update(_above(folder))
        folders.append(folder)
    return folders


def _above(folder: str) -> set[str]:
    return {str(parent) for parent in PurePosixPath(folder.casefold()).parents}


def copy_artifacts(
    artifacts: Sequence[GatheredArtifact], source: ObjectStore, folder: Path, keep: Callable[[str], None]
) -> tuple[SavedArtifact, ...]:
    """Copy artifacts below a local folder.

    Args:
        artifacts: The artifacts.
        source: The store that has them.
        folder: Where the files are made.
        keep: Called with the path of each file that is complete.

    Raises:
        DamagedObjectError: A file is not what was saved.
        ObjectNotFoundError: A file is gone.
    """
    saved = []
    for artifact, place in zip(artifacts, place_artifacts(artifacts), strict=True):
        record = artifact.record
        _check_files(record)
        for file in record.files:
            path = f"{place}/{file.path}"
            _copy(source, f"{record.path}/{file.path}", folder / path, file)
            keep(path)
        metadata = json.dumps(record.metadata, separators=(",", ":"), ensure_ascii=False)
        path = f"{place}/{METADATA_NAME}"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(metadata.encode(errors="surrogatepass"))
        keep(path)
        files = tuple(file.path for file in record.files)
        saved.append(SavedArtifact(record.step, record.name, place, files, dict(record.metadata)))
    return tuple(saved)


def _check_files(record: ArtifactRecord) -> None:
    """Refuse paths that lead elsewhere or that two files would share."""
    taken = {METADATA_NAME}
    for file in record.files:
        check_relative_path(file.path, what="artifact file")
        if file.path in taken:
            raise DistisetError(
                f"The file {file.path!r} of artifact {record.name!r} of step {record.step!r} cannot be kept: "
                "another file has its path. Save the artifact with another name for the file."
            )
        taken.add(file.path)


def _copy(source: ObjectStore, key: str, target: Path, expected: FileRecord) -> None:
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(key) as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            writer.write(chunk)
    if size != expected.size:
        raise DamagedObjectError(source.url(key), f"it has {size} bytes, not {expected.size}")
    if digest.hexdigest() != expected.sha256:
        raise DamagedObjectError(source.url(key), "its SHA-256 is not the recorded one")
