"""The bytes of a stored file, in parts, in little memory, and compared with its record.

Files are read piece by piece, as the client takes them. A transfer of ``storage.transfers`` would be faster, and
would keep the memory that the process has for all of them for as long as a slow client likes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO

from airflow_artifacts.artifacts.copying import or_more, recorded_parts
from airflow_artifacts.exceptions import ArtifactsError, DamagedObjectError, StorageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.storage import ObjectStore

PART = 1024 * 1024  # bytes; a file that is not larger is read in one request
_REMEDY = "Clear the task that wrote it, or register what is there now as a new version."


def checked_parts(store: ObjectStore, key: str, file: FileRecord) -> Generator[bytes, None, None]:
    """Give a whole file; the last part once it is known that all of them are what was saved.

    Raises:
        DamagedObjectError: They are not.
        StorageError: The store failed, or has no such object.
    """
    digest, count, held = hashlib.sha256(), 0, b""
    with contextlib.closing(_parts(store, key, file)) as parts:
        for part in parts:
            if held:
                yield held
            digest.update(part)
            count += len(part)
            held = part
            if count >= file.size:
                break
    if count != file.size:
        raise _damaged(store, key, f"it has {count} bytes, not {file.size}{or_more(count, file.size)}")
    if digest.hexdigest() != file.sha256:
        raise _damaged(store, key, "its SHA-256 is not the recorded one")
    yield held


def span_parts(store: ObjectStore, key: str, file: FileRecord, span: range) -> Generator[bytes, None, None]:
    """Give some bytes of a file, of which only the size is compared.

    Raises:
        DamagedObjectError: It has another size.
        StorageError: The store failed, or has no such object.
    """
    with opened(store, key, file) as source:
        source.seek(span.start)
        left = len(span)
        while left:
            part = source.read(min(PART, left))
            if not part:
                raise _damaged(store, key, f"it was cut while it was read, {left} bytes too early")
            left -= len(part)
            yield part


@contextlib.contextmanager
def opened(store: ObjectStore, key: str, file: FileRecord) -> Iterator[BinaryIO]:
    """Open a stored file that has the size that was recorded.

    Raises:
        DamagedObjectError: It has another size.
        StorageError: The store failed, or has no such object.
    """
    try:
        with store.open(key) as source:
            size = source.seek(0, os.SEEK_END)
            if size != file.size:
                raise _damaged(store, key, f"it has {size} bytes, not {file.size}")
            source.seek(0)
            yield source
    except ArtifactsError:
        raise
    except OSError as error:  # of a disk
        raise StorageError("read", store.url(key), error) from error


def _parts(store: ObjectStore, key: str, file: FileRecord) -> Generator[bytes, None, None]:
    if file.size <= PART:
        yield b"".join(recorded_parts(store, key, file.size))
        return
    with opened(store, key, file) as source:
        while part := source.read(PART):
            yield part


def _damaged(store: ObjectStore, key: str, problem: str) -> DamagedObjectError:
    return DamagedObjectError(store.url(key), problem, _REMEDY)
