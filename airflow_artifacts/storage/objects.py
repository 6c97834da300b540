"""Objects under one root of any file system: read, create once, replace, list, delete.

Nothing below the root is decided from a cached listing, and whatever becomes visible does so by one act: an
object store makes an object visible when its upload is complete, and ``airflow_artifacts.storage.local``
when a file that was written aside gets its name.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from airflow_artifacts.exceptions import ArtifactsError, ObjectExistsError, ObjectNotFoundError, StorageError
from airflow_artifacts.storage.keys import check_relative_path
from airflow_artifacts.storage.transfers import (
    PART,
    TRANSFER_BYTES,
    Progress,
    RangeReader,
    fetch_parts,
    in_flight,
    part_size,
    sha256_of,
)
from airflow_artifacts.storage.urls import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fsspec import AbstractFileSystem

# What file systems say of an object that changes with its bytes; not the moment when it was last read.
_CHANGING = ("ETag", "etag", "generation", "LastModified", "last_modified", "modificationTime", "mtime", "created")


@dataclass(frozen=True)
class ObjectInfo:
    """Key, relative to the root, and size in bytes of an object."""

    key: str
    size: int


@dataclass(frozen=True)
class ObjectState:
    """Size in bytes of an object, and what is another text once it has other bytes."""

    size: int
    version: str


class ObjectStore:
    """The objects below one root of an fsspec file system.

    Keys are relative to the root, their segments joined by ``/``. Every method raises StorageError for what the
    store refuses or fails at, and ObjectNotFoundError for a key that is not there.
    """

    transfer_bytes = TRANSFER_BYTES  # what may be in flight of large files, in the process
    read_limit: int | None = None  # bytes of an object that is read whole, for who reads what strangers wrote

    def __init__(self, root: str, filesystem: AbstractFileSystem, path: str) -> None:
        self.root = root.rstrip("/")
        self._filesystem = filesystem
        self._base = path.rstrip("/")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def url(self, key: str) -> str:
        """Give the URL of a key, without credentials, for messages and links."""
        return f"{self.root}/{key}"

    def signed_url(self, key: str, seconds: int) -> str | None:
        """Sign a URL at which anyone can read an object for some seconds: treat it as a secret.

        Returns:
            The URL, whether or not there is such an object; None where the store cannot sign.

        Raises:
            StorageError: The credentials do not allow it, or the store, which some of them need for it, failed.
        """
        with self._errors("sign a URL of", key):
            return self._sign(self._path(key), seconds)

    def _sign(self, path: str, seconds: int) -> str | None:  # noqa: ARG002 - what can sign needs them
        return None

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        with self._errors("read", key):
            return bytes(self._read(self._path(key), self.read_limit))

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key):
            self._filesystem.pipe_file(self._path(key), data, mode="create")

    def create_own(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet, to a key or with bytes that nobody else writes.

        Raises:
            ObjectExistsError: The object exists, with other bytes.
        """
        try:
            self.create(key, data)
        except ObjectExistsError:
            # A store whose answer was lost is asked again, by its client too, and then finds what it did itself.
            if self.read(key) != data:
                raise

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key):
            self._filesystem.pipe_file(self._path(key), data)

    def write(self, key: str, data: bytes) -> None:
        """Write an object that nobody else writes, and that nobody reads before this returns.

        That is less than ``replace`` promises, and cheaper on a disk.
        """
        self.replace(key, data)

    def upload(self, source: Path, key: str, *, hashed: bool = False) -> str | None:
        """Copy a local file to a key that only this caller writes.

        Args:
            source: The local file.
            key: The key.
            hashed: Whether the SHA-256 is wanted.

        Returns:
            The SHA-256 of the bytes that were stored, where it is wanted.

        Raises:
            FileNotFoundError: There is no such local file.
        """
        with source.open("rb") as file, self._errors("write", key):
            self._send(file, os.fstat(file.fileno()).st_size, key)
            # fsspec reads the file itself, and does not say what it read.
            return sha256_of(file) if hashed else None

    def _send(self, file: BinaryIO, size: int, key: str) -> None:
        part = part_size(size)
        with in_flight(min(part, size), self.transfer_bytes):
            self._filesystem.put_file(file.name, self._path(key), chunksize=part)

    def download(self, key: str, target: Path) -> None:
        """Copy an object to a local file, which is removed where that fails."""
        with self._errors("read", key):
            parts = self.stream(key)
            first = next(parts, b"")  # before a file is there: there may be no such object
            with open_new(target, "wb") as file:
                try:
                    file.write(first)
                    for part in parts:
                        file.write(part)
                except BaseException:
                    target.unlink()
                    raise

    def stream(self, key: str) -> Iterator[Any]:
        """Give an object in parts, in order, of which several are fetched at once.

        The parts are bytes, or what takes their place where they are written and hashed. They are parts of one
        object: where it is replaced meanwhile, that is an error.

        Raises:
            StorageError: The object was replaced, or the store failed.
        """
        with self._errors("read", key):
            path = self._path(key)
            state, whole = self._begin(path)
            if whole is not None:
                yield whole
                return
            progress = Progress(f"Reading {self.url(key)}", state.size)
            count = 0
            for part in fetch_parts(
                lambda start, end: self._fetch(path, start, end), state.size, progress, self.transfer_bytes
            ):
                count += len(part)
                yield part
            if count != state.size or self._state(path) != state:
                raise StorageError("read", self.url(key), "it was replaced, or cut, while it was read.")

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            path = self._path(key)
            reader = RangeReader(lambda start, end: self._checked_fetch(key, start, end), self._state(path).size)
            return cast("BinaryIO", io.BufferedReader(reader))

    def _checked_fetch(self, key: str, start: int, end: int) -> Any:
        with self._errors("read", key):
            return self._fetch(self._path(key), start, end)

    def _read(self, path: str, limit: int | None = None) -> Any:
        if limit is not None:
            check_size(self._state(path).size, limit)
        return self._filesystem.cat_file(path)

    def _begin(self, path: str) -> tuple[ObjectState, Any | None]:
        """Ask for the state of an object, and for its bytes where they go in one request."""
        state = self._state(path)
        return state, self._read(path) if state.size <= PART else None

    def _fetch(self, path: str, start: int, end: int) -> Any:
        """Read the bytes from an offset to another one."""
        return self._filesystem.cat_file(path, start=start, end=end)

    def _state(self, path: str) -> ObjectState:
        """Ask for the size of an object, and for what changes with its bytes."""
        self._filesystem.invalidate_cache()
        info = self._filesystem.info(path)
        if info["type"] == "directory":
            raise FileNotFoundError(path)
        return ObjectState(int(info["size"]), str([info[name] for name in _CHANGING if name in info]))

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key, asking the store and no cache."""
        with self._errors("look at", key):
            self._filesystem.invalidate_cache()
            return bool(self._filesystem.exists(self._path(key)))

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        """List all objects below a prefix that ends at a segment, in the order of their keys."""
        with self._errors("list", prefix):
            path = self._path(prefix) if prefix else self._base
            found = {self._key(name): size for name, size in self._find(path)}
            below = f"{prefix}/" if prefix else ""
            return [ObjectInfo(key, found[key]) for key in sorted(found) if key.startswith(below)]

    def folders(self, prefix: str) -> Sequence[str]:
        """List the names of the folders directly below a prefix, sorted, without looking into them."""
        with self._errors("list", prefix):
            return sorted(self._find_folders(self._path(prefix)))

    def _find_folders(self, path: str) -> Iterator[str]:
        """Give the names of the folders directly below a path, from no cache."""
        self._filesystem.invalidate_cache()
        try:
            found = self._filesystem.ls(path, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return
        for info in found:
            if info["type"] == "directory" and info["name"].rstrip("/") != path.rstrip("/"):
                yield info["name"].rstrip("/").rpartition("/")[2]

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        """Give path and size of every file below a path, from no cache."""
        self._filesystem.invalidate_cache()
        try:
            found = self._filesystem.find(path, detail=True)
        except FileNotFoundError:
            return
        for name, info in found.items():
            yield name, int(info["size"] or 0)

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._filesystem.rm_file(self._path(key))

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        for info in self.list(check_relative_path(prefix, what="prefix")):
            self.delete(info.key)

    def _path(self, key: str) -> str:
        return f"{self._base}/{check_relative_path(key, what='key')}"

    def _key(self, path: str) -> str:
        return path.lstrip("/").removeprefix(self._base.lstrip("/")).lstrip("/")

    @contextlib.contextmanager
    def _errors(self, action: str, key: str) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise
        except FileExistsError as error:
            raise ObjectExistsError(self.url(key)) from error
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ObjectNotFoundError(self.url(key)) from error
        except ArtifactsError:
            raise
        except Exception as error:  # the clients of some stores have errors that are no OSError
            raise StorageError(action, self.url(key), scrub(error)) from error


def check_size(size: int, limit: int | None) -> None:
    """Refuse to read an object whole.

    Raises:
        ValueError: It has more bytes than the limit.
    """
    if limit is not None and size > limit:
        raise ValueError(f"it has {size:,} bytes, and is read whole only up to {limit:,}")


def open_new(path: Path, mode: str) -> BinaryIO:
    """Open a local file for writing, in a folder that is made if need be, which it seldom is."""
    try:
        return cast("BinaryIO", path.open(mode))
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return cast("BinaryIO", path.open(mode))


class MemoryObjectStore(ObjectStore):
    """The objects below a folder of fsspec's memory, for tests: it lives and dies with the process."""

    _creating = threading.Lock()  # fsspec looks first and writes then

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._creating:
            super().create(key, data)
