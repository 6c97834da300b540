"""Objects under one root: read, create once, replace, list, delete.

Nothing below the root is decided from a cached listing, and whatever becomes visible does so by one act: on a
local disk a file is written aside, flushed, and then linked or renamed into place; an object store makes an
object visible when its upload is complete.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError
from airflow_artifacts.storage.keys import check_relative_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem

_TEMPORARY = ".tmp-"


@dataclass(frozen=True)
class ObjectInfo:
    """Key, relative to the root, and size in bytes of an object."""

    key: str
    size: int


def open_store(url: str, filesystem: AbstractFileSystem | None = None) -> ObjectStore:
    """Open the store whose root is a URL or an absolute local path.

    Args:
        url: The root. What stands before an ``@`` in it is not looked at: see ``filesystem``.
        filesystem: The file system to use, where the caller has credentials for it. Without one, fsspec's for
            the URL's scheme, with credentials from the environment.
    """
    import fsspec

    scheme, _, rest = url.rpartition("://")
    if scheme in {"", "file", "local"}:
        return LocalObjectStore(local_path(url))
    if filesystem is None:
        filesystem, path = fsspec.core.url_to_fs(url)
    else:
        path = filesystem._strip_protocol(f"{scheme}://{rest.rpartition('@')[2]}")  # noqa: SLF001
    filesystem.use_listings_cache = False
    return ObjectStore(without_credentials(url), filesystem, str(path))


def local_path(url: str) -> Path:
    """Give the path of a ``file://`` or ``local://`` URL, or of a path that is given as one."""
    if not url.startswith(("file:", "local:")):
        return Path(url).expanduser().absolute()
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path) or "/").absolute()


def without_credentials(url: str) -> str:
    """Drop a password, a query and a fragment from a URL; a user name alone, such as a connection id, stays."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if ":" in user:
        user, at = "", ""
    return f"{scheme}://{user}{at}{host}{slash}{re.split(r'[?#]', path, maxsplit=1)[0]}"


class ObjectStore:
    """The objects below one root of an fsspec file system.

    Keys are relative to the root, their segments joined by ``/``. Every method raises StorageError for what the
    store refuses or fails at, and ObjectNotFoundError for a key that is not there.
    """

    def __init__(self, root: str, filesystem: AbstractFileSystem, path: str) -> None:
        self.root = root.rstrip("/")
        self._filesystem = filesystem
        self._base = path.rstrip("/")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def url(self, key: str) -> str:
        """Give the URL of a key, without credentials, for messages and links."""
        return f"{self.root}/{key}"

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        with self._errors("read", key):
            return cast("bytes", self._filesystem.cat_file(self._path(key)))

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key):
            self._filesystem.pipe_file(self._path(key), data, mode="create")

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key):
            self._filesystem.pipe_file(self._path(key), data)

    def upload(self, source: Path, key: str) -> None:
        """Copy a local file to a key that only this caller writes."""
        with self._errors("write", key):
            self._filesystem.put_file(str(source), self._path(key))

    def download(self, key: str, target: Path) -> None:
        """Copy an object to a local file."""
        with self._errors("read", key):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._filesystem.get_file(self._path(key), str(target))

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            return cast("BinaryIO", self._filesystem.open(self._path(key), "rb"))

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key, asking the store and no cache."""
        with self._errors("look at", key):
            self._filesystem.invalidate_cache()
            return bool(self._filesystem.exists(self._path(key)))

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        """List all objects below a prefix that ends at a segment, in the order of their keys."""
        with self._errors("list", prefix):
            self._filesystem.invalidate_cache()
            path = self._path(prefix) if prefix else self._base
            try:
                found = self._filesystem.find(path, detail=True)
            except FileNotFoundError:
                return []
            keys = {self._key(name): info for name, info in found.items()}
            return [ObjectInfo(key, int(keys[key]["size"] or 0)) for key in sorted(keys)]

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key), contextlib.suppress(FileNotFoundError):
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
        except FileNotFoundError as error:
            raise ObjectNotFoundError(self.url(key)) from error
        except OSError as error:
            raise StorageError(action, self.url(key), error) from error


class LocalObjectStore(ObjectStore):
    """The objects below a folder of a local or mounted disk, durable once a method returns."""

    def __init__(self, folder: Path) -> None:
        from fsspec.implementations.local import LocalFileSystem

        super().__init__(folder.as_uri(), LocalFileSystem(auto_mkdir=True, skip_instance_cache=True), str(folder))
        self.folder = folder

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key), self._aside(key) as (aside, target):
            _write_durably(aside, data)
            os.link(aside, target)  # unlike a rename, a link never replaces

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key), self._aside(key) as (aside, target):
            _write_durably(aside, data)
            aside.replace(target)

    def upload(self, source: Path, key: str) -> None:
        """Copy a local file to a key that only this caller writes."""
        with self._errors("write", key), self._aside(key) as (aside, target):
            with source.open("rb") as reader, aside.open("xb") as writer:
                shutil.copyfileobj(reader, writer, 1024 * 1024)
                writer.flush()
                os.fsync(writer.fileno())
            aside.replace(target)

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        """List all objects below a prefix that ends at a segment, in the order of their keys."""
        return [info for info in super().list(prefix) if f"/{_TEMPORARY}" not in f"/{info.key}"]

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        with self._errors("delete", prefix), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._path(prefix))

    @contextlib.contextmanager
    def _aside(self, key: str) -> Iterator[tuple[Path, Path]]:
        target = Path(self._path(key))
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.parent / f"{_TEMPORARY}{uuid.uuid4().hex}"
        try:
            yield aside, target
            sync_folder(target.parent)
        finally:
            aside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the platform can."""
    flags: Any = getattr(os, "O_DIRECTORY", None)
    if flags is None:  # pragma: no cover - not a POSIX system
        return
    descriptor = os.open(folder, os.O_RDONLY | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
