"""What the attempts of a DAG run registered, and where artifacts keep their files.

Nothing is written for it: an attempt keeps the files of what it saves below its own folder, and the registry says
which of these folders belong to a version.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts.records import FOLDER_NAME
from airflow_artifacts.artifacts.registry import Registry, find_name
from airflow_artifacts.storage import in_parallel

if TYPE_CHECKING:
    from airflow_artifacts.artifacts.records import ArtifactRecord
    from airflow_artifacts.storage import ObjectStore

_KEY = re.compile(rf"(?P<path>(?P<attempt>runs/[^/]+/[^/]+/[^/]+/-?\d+/\d+-[^/]+)/artifacts/{FOLDER_NAME})/")
_FOLDER = re.compile(rf"(?P<path>(?:runs/[^/]+/[^/]+/[^/]+/-?\d+/[^/]+/artifacts|saved)/{FOLDER_NAME})/")


@dataclass(frozen=True)
class Mark:
    """A version that an attempt registered: the attempt's prefix, the name, the number and the record."""

    attempt: str
    name: str
    version: int
    record: ArtifactRecord


@dataclass
class FileFolder:
    """A folder of an artifact's files: its key, the name as it is quoted there, and what is in it."""

    path: str
    quoted_name: str
    files: int = 0
    size: int = 0


def find_file_folders(store: ObjectStore) -> list[FileFolder]:
    """List the folders that hold files of artifacts, registered or not.

    Raises:
        StorageError: The store cannot be listed.
    """
    prefixes = ["saved", *(f"runs/{dag}" for dag in store.folders("runs"))]
    return [
        folder for folders in in_parallel(lambda prefix: _folders(store, prefix), prefixes) for folder in folders
    ]


def _folders(store: ObjectStore, prefix: str) -> list[FileFolder]:
    found: dict[str, FileFolder] = {}
    for info in store.list(prefix):
        if match := _FOLDER.match(info.key):
            folder = found.setdefault(match["path"], FileFolder(match["path"], match["name"]))
            folder.files += 1
            folder.size += info.size
    return list(found.values())


def find_marks(store: ObjectStore, prefix: str) -> list[Mark]:
    """List what the attempts below a prefix registered, in the order of the attempts, the names, the numbers.

    Deleted versions are among them, as long as their files are.

    Args:
        store: Where they are.
        prefix: Key of the folder of a run, a task, a task instance or an attempt.

    Raises:
        DamagedObjectError: A record is something else.
    """
    attempts: dict[str, str] = {}
    names: defaultdict[str, set[str]] = defaultdict(set)
    for match in filter(None, (_KEY.match(info.key) for info in store.list(prefix))):
        attempts[match["path"]] = match["attempt"]
        names[match["name"]].add(match["path"])

    def read(folder: str) -> list[Mark]:
        name = find_name(store, folder)
        records = [] if name is None else Registry(store, name).records()
        return [
            Mark(attempts[record.path], record.name, number, record)
            for number, record in enumerate(records, 1)
            if record.path in attempts
        ]

    found = [mark for marks in in_parallel(read, sorted(names)) for mark in marks]
    return sorted(found, key=lambda mark: (_order(mark.attempt), mark.name, mark.version))


def _order(attempt: str) -> tuple[list[str], int, int, str]:
    *ids, map_index, last = attempt.split("/")
    number, _, token = last.partition("-")
    return ids, int(map_index), int(number), token
