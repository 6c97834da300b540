"""The files of artifacts, into the store and out of it, checked byte by byte."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.records import FileRecord
from airflow_artifacts.exceptions import ArtifactError, DamagedObjectError, StorageError
from airflow_artifacts.storage import in_parallel, quote_segment
from airflow_artifacts.storage.objects import open_new

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore, Producer

# Files of this size and less, in bytes, are stored and read as one piece, which is one request.
_ONE_PIECE = 4 * 1024 * 1024
_CHUNK = 1024 * 1024


def new_folder(name: str, producer: Producer | None) -> str:
    """Give the key of a folder that no other artifact has: below the attempt, or outside of tasks ``saved``.

    Its last segment is a ``FOLDER_NAME``, which records are held to.
    """
    parent = "saved" if producer is None else f"{producer.prefix}/artifacts"
    return f"{parent}/{quote_segment(name)}-{uuid.uuid4().hex[:16]}"


def describe_files(name: str, files: Sequence[tuple[str, Path]]) -> tuple[FileRecord, ...]:
    """Measure and hash local files.

    Args:
        name: The artifact's name, for messages.
        files: Path within the artifact, and the local file, of each.

    Raises:
        ArtifactError: A file cannot be read.
    """
    try:
        return tuple(describe_file(path, source) for path, source in files)
    except OSError as error:
        raise ArtifactError(name, f"a file cannot be read: {error}.") from error


def describe_file(path: str, source: Path) -> FileRecord:
    """Measure and hash a local file, which is known under a path."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return FileRecord(path, size, digest.hexdigest())


def store_files(
    store: ObjectStore, name: str, folder: str, records: Sequence[FileRecord], files: Sequence[tuple[str, Path]]
) -> None:
    """Copy local files into an artifact's folder, several at a time.

    Raises:
        ArtifactError: A file changed since it was hashed, or is gone.
        StorageError: A file could not be stored.
    """

    def copy(pair: tuple[FileRecord, tuple[str, Path]]) -> None:
        record, (_, source) = pair
        key = f"{folder}/{record.path}"
        try:
            changed = not _store_file(store, key, record, source)
        except StorageError:
            raise
        except OSError as error:
            raise ArtifactError(name, f"a file cannot be read: {error}.") from error
        if changed:
            raise ArtifactError(
                name, f"the file {record.path!r} was written to meanwhile. Close it before saving."
            )

    in_parallel(copy, list(zip(records, files, strict=True)))


def _store_file(store: ObjectStore, key: str, record: FileRecord, source: Path) -> bool:
    """Copy a local file, and say whether it is what was hashed."""
    if record.size > _ONE_PIECE:
        return store.upload(source, key, hashed=True) == record.sha256
    data = source.read_bytes()
    same = hashlib.sha256(data).hexdigest() == record.sha256
    if same:
        store.write(key, data)
    return same


def load_file(store: ObjectStore, folder: str, record: FileRecord, target: Path) -> None:
    """Copy a file of an artifact to a new local file.

    Raises:
        DamagedObjectError: It is not what was saved. The local file is removed.
        ObjectNotFoundError: It is gone.
    """
    key = f"{folder}/{record.path}"
    if record.size <= _ONE_PIECE:
        data = store.read(key)
        _check(store.url(key), record, len(data), hashlib.sha256(data).hexdigest())
        with open_new(target, "xb") as writer:
            writer.write(data)
        return
    digest, size = hashlib.sha256(), 0
    with open_new(target, "xb") as writer:
        try:
            for part in recorded_parts(store, key, record.size):
                digest.update(part)
                size += len(part)
                writer.write(part)
            _check(store.url(key), record, size, digest.hexdigest())
        except BaseException:
            target.unlink()
            raise


def recorded_parts(store: ObjectStore, key: str, size: int) -> Iterator[Any]:
    """Give an object in parts, whose size is recorded; of one that is larger now, no more than shows it."""
    for part in store.stream(key):
        yield part
        size -= len(part)
        if size < 0:
            return


def or_more(size: int, recorded: int) -> str:
    """Say of the bytes that ``recorded_parts`` gave that there may be more, where it ended for their number."""
    return ", or even more" if size > recorded else ""


def _check(url: str, record: FileRecord, size: int, sha256: str) -> None:
    if size != record.size:
        raise DamagedObjectError(url, f"it has {size} bytes, not {record.size}{or_more(size, record.size)}")
    if sha256 != record.sha256:
        raise DamagedObjectError(url, "its SHA-256 is not the recorded one")
