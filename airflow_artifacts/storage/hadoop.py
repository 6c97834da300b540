"""Objects below a folder of HDFS.

HDFS shows a file while it is being written. So each is written aside, under a name that listings here leave out,
and then renamed, which is one act: the rename fails, or replaces, when there is a file of the name. HDFS takes no
colon in a name either: it is written as ``%3A``, and ``%`` as ``%25``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from typing import TYPE_CHECKING, Any, BinaryIO

from airflow_artifacts.exceptions import ObjectNotFoundError, UrlError
from airflow_artifacts.storage.keys import TEMPORARY
from airflow_artifacts.storage.objects import ObjectStore
from airflow_artifacts.storage.transfers import PART, Progress, in_flight, read_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fsspec import AbstractFileSystem

_LISTINGS = frozenset({"use_listings_cache", "skip_instance_cache"})  # of which Hadoop's file system knows none
_BETWEEN = 0.05  # seconds in which a writer takes away the old file and gives the new one its name


class HadoopObjectStore(ObjectStore):
    """What the two ways to HDFS have in common: writing aside, and hiding what is written aside."""

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key), self._aside(key) as (aside, target):
            self._write(aside, data)
            self._place_new(aside, target)

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key), self._aside(key) as (aside, target):
            self._write(aside, data)
            self._place(aside, target)

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
        with source.open("rb") as file, self._errors("write", key), self._aside(key) as (aside, target):
            size = os.fstat(file.fileno()).st_size
            progress = Progress(f"Writing {self.url(key)}", size)
            with in_flight(min(PART, size), self.transfer_bytes):  # HDFS takes a file in order
                digest = self._write_file(aside, file, size, progress, hashed=hashed)
            self._place(aside, target)
            return digest

    def _write(self, path: str, data: bytes) -> None:
        """Write a new file."""
        raise NotImplementedError

    def _write_file(self, path: str, file: BinaryIO, size: int, progress: Progress, *, hashed: bool) -> str | None:
        """Write a new file with the bytes of a local one, and give their SHA-256 where it is wanted."""
        raise NotImplementedError

    def _place_new(self, aside: str, target: str) -> None:
        """Give a file its name, unless there is one with this name."""
        raise NotImplementedError

    def _place(self, aside: str, target: str) -> None:
        """Give a file its name, in the place of one that has it."""
        raise NotImplementedError

    def _remove(self, path: str) -> None:
        """Remove a file or a folder; one that is not there is no error."""
        raise NotImplementedError

    def _is_folder(self, path: str) -> bool:
        """Say whether there is a folder."""
        raise NotImplementedError

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        with self._errors("delete", prefix), contextlib.suppress(FileNotFoundError):
            if self._is_folder(path := self._path(prefix)):
                self._remove(path)

    def folders(self, prefix: str) -> Sequence[str]:
        """List the names of the folders directly below a prefix, sorted, without looking into them."""
        return sorted(_named(name) for name in super().folders(prefix))

    def _path(self, key: str) -> str:
        return super()._path(key).replace("%", "%25").replace(":", "%3A")

    def _key(self, path: str) -> str:
        return _named(super()._key(path))

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        return ((name, size) for name, size in super()._find(path) if not is_aside(name))

    @contextlib.contextmanager
    def _aside(self, key: str) -> Iterator[tuple[str, str]]:
        target = self._path(key)
        aside = f"{target.rpartition('/')[0]}/{TEMPORARY}{uuid.uuid4().hex}"
        try:
            yield aside, target
        except BaseException:
            with contextlib.suppress(Exception):  # the first error counts; nobody sees what is left
                self._remove(aside)
            raise


class LibhdfsObjectStore(HadoopObjectStore):
    """The objects below a folder of HDFS, through Hadoop's own library, which has no rename that replaces."""

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        try:
            return super().read(key)
        except ObjectNotFoundError:
            time.sleep(_BETWEEN)
            return super().read(key)

    def _write(self, path: str, data: bytes) -> None:
        self._make_folder(path)
        self._filesystem.pipe_file(path, data)

    def _write_file(self, path: str, file: BinaryIO, size: int, progress: Progress, *, hashed: bool) -> str | None:  # noqa: ARG002
        self._make_folder(path)
        digest = hashlib.sha256() if hashed else None
        with self._filesystem.open(path, "wb") as writer:
            for part in read_parts(file, PART, progress, digest):
                writer.write(part)
        return digest.hexdigest() if digest else None

    def _make_folder(self, path: str) -> None:
        self._filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)

    def _place_new(self, aside: str, target: str) -> None:
        if self._filesystem.isdir(target):  # where a rename would go into it
            raise IsADirectoryError(f"{target} is a folder")
        try:
            self._filesystem.mv(aside, target)
        except OSError as error:
            if self._filesystem.exists(target):
                raise FileExistsError(target) from error
            raise

    def _place(self, aside: str, target: str) -> None:
        while True:
            try:
                self._place_new(aside, target)
            except FileExistsError:
                with contextlib.suppress(FileNotFoundError):
                    self._filesystem.rm_file(target)
            else:
                return

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._filesystem.rm(path, recursive=True)

    def _is_folder(self, path: str) -> bool:
        return bool(self._filesystem.info(path)["type"] == "directory")


def open_libhdfs(url: str, options: dict[str, Any]) -> AbstractFileSystem:
    """Give the file system of an ``hdfs://`` URL.

    Raises:
        UrlError: Hadoop's library is not there, or cannot connect.
    """
    from fsspec.implementations.arrow import HadoopFileSystem

    from airflow_artifacts.storage.urls import scrub, split_connection, without_credentials

    authority = split_connection(url)[1].partition("://")[2].partition("/")[0]
    host, _, port = authority.partition(":")
    place = {"host": host or "default", "port": port or 0}
    found = {**place, **{name: value for name, value in options.items() if name not in _LISTINGS}}
    try:
        return HadoopFileSystem(**{**found, "port": int(found["port"])})
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(scrub(error).partition("\n")[0].split())
        problem = (
            f"Hadoop's library could not be used ({reason}). It needs Java and a Hadoop installation, "
            "with HADOOP_HOME, JAVA_HOME and CLASSPATH set. Without them, name the web address of the name "
            "node: webhdfs://host:9870/path."
        )
        raise UrlError(without_credentials(url), problem) from None


def _named(path: str) -> str:
    return path.replace("%3A", ":").replace("%25", "%")


def is_aside(path: str) -> bool:
    """Say whether a path is one of a file that is being written."""
    return path.rpartition("/")[2].startswith(TEMPORARY)
