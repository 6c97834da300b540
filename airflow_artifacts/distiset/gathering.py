"""Copying the artifacts of the upstream tasks out of the store, checked byte by byte."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts import METADATA_NAME
from airflow_artifacts.artifacts.sources import file_loader
from airflow_artifacts.distiset.manifest import SavedArtifact
from airflow_artifacts.distiset.model import ARTIFACTS_FOLDER
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.storage import check_artifact_name, check_relative_path
from airflow_artifacts.storage.secrets import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from airflow_artifacts.distiset.model import GatheredArtifact
    from airflow_artifacts.storage import ObjectStore


def place_artifacts(artifacts: Sequence[GatheredArtifact], part: str = "") -> list[str]:
    """Give the folder of each artifact: ``artifacts/<folder of its task>/<name>``; a part has its own.

    A task may save several versions of one name, and ``a`` may have a file where ``a/b`` has its folder. So
    for each task the first one has its name as folder, and one that would be the same folder as another, or lie
    in one, or hold one, gets ``-2``, ``-3`` ... behind the first segment of its name. Letters' case makes no
    difference, because to some disks it makes none. Only the order of the artifacts decides.

    Raises:
        UnsafeNameError: A folder or a name leads elsewhere.
        DistisetError: A task's folder is not one folder.
    """
    base = f"{ARTIFACTS_FOLDER}/{part}" if part else ARTIFACTS_FOLDER
    folders: list[str] = []
    taken: set[str] = set()
    above: set[str] = set()
    numbers: dict[str, int] = {}
    for artifact in artifacts:
        check_relative_path(artifact.folder, what="folder of a task")
        if "/" in artifact.folder:
            raise DistisetError(
                f"The folder {artifact.folder!r} for the artifacts of {artifact.step!r} has a slash, "
                "but has to be one folder. Give it another name."
            )
        first, slash, rest = check_artifact_name(artifact.record.name).partition("/")
        wanted = folder = f"{base}/{artifact.folder}/{first}{slash}{rest}"
        while folder.casefold() in taken or folder.casefold() in above or not taken.isdisjoint(_above(folder)):
            numbers[wanted] = numbers.get(wanted, 1) + 1
            folder = f"{base}/{artifact.folder}/{first}-{numbers[wanted]}{slash}{rest}"
        taken.add(folder.casefold())
        above.update(_above(folder))
        folders.append(folder)
    return folders


def artifact_paths(artifacts: Sequence[GatheredArtifact], part: str = "") -> set[str]:
    """Give the paths of all files that ``copy_artifacts`` makes, and perhaps of some more."""
    places = zip(artifacts, place_artifacts(artifacts, part), strict=True)
    return {
        f"{place}/{name}"
        for artifact, place in places
        for name in (METADATA_NAME, *(file.path for file in artifact.record.files or ()))
    }


def _above(folder: str) -> set[str]:
    return {str(parent) for parent in PurePosixPath(folder.casefold()).parents}


def copy_artifacts(
    artifacts: Sequence[GatheredArtifact],
    source: ObjectStore,
    folder: Path,
    keep: Callable[[str], None],
    part: str = "",
) -> tuple[SavedArtifact, ...]:
    """Copy artifacts below a local folder.

    Args:
        artifacts: The artifacts.
        source: The store that has them.
        folder: Where the files are made.
        keep: Called with the path of each file that is complete.
        part: The part of the rows that they are appended with, if any.

    Raises:
        DamagedObjectError: A file is not what was saved.
        ObjectNotFoundError: A file is gone.
    """
    saved = []
    for artifact, place in zip(artifacts, place_artifacts(artifacts, part), strict=True):
        record = artifact.record
        paths = _check_files(artifact)
        metadata = masked(dict(record.metadata))  # again: here other secrets may be known than where it was saved
        load = file_loader(source, record, artifact.open_source)
        for file in record.files or ():
            load(file, folder / place / file.path)
            keep(f"{place}/{file.path}")
        if METADATA_NAME not in paths:
            content = json.dumps(metadata, separators=(",", ":"), ensure_ascii=False)
            path = f"{place}/{METADATA_NAME}"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode(errors="surrogatepass"))
            keep(path)
        saved.append(SavedArtifact(artifact.step, record.name, artifact.version, place, paths, metadata, part))
    return tuple(saved)


def _check_files(artifact: GatheredArtifact) -> tuple[str, ...]:
    """Give the paths of an artifact's files, unless one leads elsewhere or two files would share one.

    A step cannot have a file where its metadata goes. What a task logs may be called anything: there the file
    stays, and only the manifest has the metadata.
    """
    record = artifact.record
    taken = set() if record.step is None else {METADATA_NAME}
    for file in record.files or ():
        check_relative_path(file.path, what="artifact file")
        if file.path in taken:
            raise DistisetError(
                f"The file {file.path!r} of artifact {record.name!r} of {artifact.step!r} cannot be kept: another "
                "file has its path. Save the artifact with another name for the file."
            )
        taken.add(file.path)
    return tuple(file.path for file in record.files or ())
