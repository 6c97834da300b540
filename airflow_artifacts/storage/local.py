"""Objects below a folder of a local or mounted disk.

A file is written aside, flushed, and then linked or renamed into place, so that nobody sees half of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage.keys import TEMPORARY
from airflow_artifacts.storage.objects import ObjectStore, check_size
from airflow_artifacts.storage.placing import make_folder, place_new, sync_folder, write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator

_COPY_BYTES = 1024 * 1024


class LocalObjectStore(ObjectStore):
    """The objects below a folder of a local or mounted disk, durable once a method returns.

    Args:
        folder: The folder.
        is_confined: Whether no link below the folder is followed to read: others than the reader put them there.
    """

    def __init__(self, folder: Path, *, is_confined: bool = False) -> None:  # without fsspec, slow to import
        self.root = "file://" + folder.as_uri().removeprefix("file://").rstrip("/")
        self.folder = folder
        self.is_confined = is_confined
        self._base = str(folder).rstrip("/")

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        with self._errors("read", key), self._opened(key) as file:
            check_size(os.fstat(file.fileno()).st_size, self.read_limit)
            return file.read()

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            return self._opened(key)

    def _opened(self, key: str) -> BinaryIO:
        path = self._path(key)
        # A pipe that nobody writes to would be waited for.
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
        try:
            self._check_opened(file, key, path)
        except BaseException:
            file.close()
            raise
        return file

    def _check_opened(self, file: BinaryIO, key: str, path: str) -> None:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        if self.is_confined and _place(file, path) != f"{self._real_base}/{key}":
            raise ValueError("a link leads to it")

    @cached_property
    def _real_base(self) -> str:
        return os.path.realpath(self._base)

    def stream(self, key: str) -> Iterator[bytes]:
        """Give an object in parts, in order; a file that is replaced meanwhile goes on being the old one."""
        with self.open(key) as file, self._errors("read", key):
            while chunk := file.read(_COPY_BYTES):
                yield chunk

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key, asking the store and no cache."""
        return Path(self._path(key)).exists()

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            Path(self._path(key)).unlink()

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key), self._aside(key) as (aside, target):
            write_durably(aside, data)
            place_new(aside, target)

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key), self._aside(key) as (aside, target):
            write_durably(aside, data)
            aside.replace(target)

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
        with source.open("rb") as reader, self._errors("write", key), self._aside(key) as (aside, target):
            with aside.open("xb") as writer:
                digest = hashlib.sha256()
                while chunk := reader.read(_COPY_BYTES):
                    if hashed:
                        digest.update(chunk)
                    writer.write(chunk)
                writer.flush()
                os.fsync(writer.fileno())
            aside.replace(target)
            return digest.hexdigest() if hashed else None

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        with self._errors("delete", prefix):
            folder = Path(self._path(prefix))
            while folder.is_dir():
                with contextlib.suppress(FileNotFoundError):  # somebody else deletes here too: look again
                    shutil.rmtree(folder)

    def _find_folders(self, path: str) -> Iterator[str]:
        """Give the names of the folders directly below a path."""
        try:
            with os.scandir(path) as entries:
                yield from (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        """Give path and size of every file below a path, as far as they do not vanish meanwhile.

        fsspec's own ``find`` leaves out a whole folder when one file in it is deleted at the wrong moment.
        """
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        if entry.is_dir(follow_symlinks=False):
                            yield from self._find(entry.path)
                        elif entry.is_file() and not entry.name.startswith(TEMPORARY):
                            yield entry.path, entry.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return

    def write(self, key: str, data: bytes) -> None:
        """Write an object that nobody else writes, and that nobody reads before this returns."""
        with self._errors("write", key), self._folder(key) as target:
            write_durably(target, data)

    @contextlib.contextmanager
    def _aside(self, key: str) -> Iterator[tuple[Path, Path]]:
        with self._folder(key) as target:
            aside = target.parent / f"{TEMPORARY}{uuid.uuid4().hex}"
            try:
                yield aside, target
            finally:
                aside.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _folder(self, key: str) -> Iterator[Path]:
        """Make the folder for an object, and make it durable once the object is there."""
        target = Path(self._path(key))
        try:
            changed = make_folder(target.parent)
        except (FileExistsError, NotADirectoryError) as error:
            problem = "an object has a key that this one would need as a folder"
            raise StorageError("write", self.url(key), problem) from error
        yield target
        for folder in (target.parent, *changed):
            sync_folder(folder)


def _place(file: BinaryIO, path: str) -> str:
    """Give the path of an open file, without links in it."""
    try:
        return os.readlink(f"/proc/self/fd/{file.fileno()}")  # noqa: PTH115 - quickly, and of what was opened
    except OSError:  # where there is no such thing
        return os.path.realpath(path)
